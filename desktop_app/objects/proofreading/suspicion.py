"""Which objects look wrong, and why: what a reviewer should see first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3
from desktop_app.objects.proofreading.rows import Rows

# Median and median absolute deviation of the logarithm of sizes: sizes of cells are about log-normal, and neither
# figure minds the wrong ones. 1.4826 makes the deviation one standard deviation of a normal distribution; beyond 3
# of them lies one right object in 370. Leys et al., J. Exp. Soc. Psychol. 49, 764 (2013).
_TO_SIGMA = 1.4826
_FAR = 3.0  # standard deviations, see above
_LEAST_SIGMA = 0.2  # of the logarithm: objects within a factor of 1.8 of each other are never called odd
_FEW = 8  # objects; of fewer nobody can say what is usual
_SURE = 0.6  # of 0 to 1: below this the model hardly decided, 0.5 being the edge


@dataclass(frozen=True, slots=True, eq=False)
class Suspicions:
    """What looks wrong, row by row.

    Attributes:
        scores: (N,) float64; 0 where nothing looks wrong, more the worse it looks.
        reasons: (N,) uint8, bits in the order of ``REASONS``.
    """

    scores: NDArray[np.float64]
    reasons: NDArray[np.uint8]

    def words(self, place: int) -> str:
        """The reasons of one row, with commas."""
        bits = int(self.reasons[place])
        return ", ".join(word for bit, word in enumerate(REASONS) if bits >> bit & 1)


REASONS = ("very small", "very large", "in pieces", "model unsure", "at the border")
"""In the order of the bits."""
# How much each counts beside a size that is as odd as it may just be (1); a border is no mistake by itself.
_WEIGHTS = (1.0, 1.0, 1.5, 1.0, 0.25)


def suspicions(
    rows: Rows, pieces: NDArray[np.int32], shape: Index3, confidence: NDArray[np.float64] | None = None
) -> Suspicions:
    """What looks wrong about each object.

    Args:
        rows: The objects.
        pieces: (N,) number of pieces, negative where unknown.
        shape: Of the labels (Z, Y, X).
        confidence: (N,) of the model, 0 to 1, NaN where unknown.
    """
    count = rows.ids.size
    border = rows.touches_border(shape)
    odd = _oddness(rows.voxels, ~border)
    unsure = np.zeros(count, bool) if confidence is None else np.nan_to_num(confidence, nan=1.0) < _SURE
    found = (
        (odd < -_FAR) & ~border,  # cut by the border, an object is small for a good reason
        odd > _FAR,
        pieces > 1,
        unsure,
        border,
    )
    scores, reasons = np.zeros(count), np.zeros(count, np.uint8)
    for bit, (mask, weight) in enumerate(zip(found, _WEIGHTS, strict=True)):
        reasons |= mask.astype(np.uint8) << bit
        scores += mask * weight * (np.abs(odd) / _FAR if bit < 2 else 1.0)
    return Suspicions(scores, reasons)


def _oddness(voxels: NDArray[np.int64], whole: NDArray[np.bool_]) -> NDArray[np.float64]:
    """By how many standard deviations the logarithm of each size is off the middle of the ``whole`` objects."""
    if voxels.size < _FEW:
        return np.zeros(voxels.size)
    logs = np.log(voxels.astype(np.float64))
    usual = logs[whole] if int(whole.sum()) >= _FEW else logs
    middle = float(np.median(usual))
    sigma = max(_LEAST_SIGMA, _TO_SIGMA * float(np.median(np.abs(usual - middle))))
    return np.asarray((logs - middle) / sigma)
