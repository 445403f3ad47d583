"""Where a method without labels did poorly, told from what it found: by labels where there are some, else by looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop_app.objects.thresholds import otsu

_NEARLY_ALL, _NEXT_TO_NOTHING = 0.9, 0.001
"""Shares of an image above and below which what was found cannot be structures on a ground; by eye."""
_FAINT = 0.5
"""Standard deviations between the brightness of two groups that are called a medium effect (Cohen 1988)."""
_NOTICEABLE = 0.02
"""Difference of Dice that is said; smaller ones come and go by chance."""


@dataclass(frozen=True, slots=True)
class FoundKind:
    """What was found in one image.

    Attributes:
        name: Of the image.
        share: Of its voxels that objects were made of, 0 to 1.
        contrast: Standard deviations between the brightness of these and of the others; 0 where there are no others.
        agreed: Twice the voxels that are both found and labelled, and those found and those labelled together; both 0
            without labels.
        by_otsu: The same of what is brighter than Otsu's threshold.
    """

    name: str
    share: float
    contrast: float
    agreed: tuple[int, int] = (0, 0)
    by_otsu: tuple[int, int] = (0, 0)


def sight_of(
    name: str,
    grey: NDArray[np.generic],
    found: NDArray[np.bool_],
    truth: NDArray[np.bool_] | None = None,
    known: NDArray[np.bool_] | None = None,
) -> FoundKind:
    """What is to be seen in an image.

    Args:
        name: Of the image.
        grey: Its first channel ``(Z, Y, X)``.
        found: What objects were made of ``(Z, Y, X)``.
        truth: What is labelled ``(Z, Y, X)``; None without labels.
        known: Where the labels say something ``(Z, Y, X)``; None: everywhere.
    """
    values = np.nan_to_num(grey.astype(np.float32, copy=False))
    inside, outside = values[found], values[~found]
    contrast = 0.0
    if inside.size and outside.size:
        spread = np.sqrt((inside.var(dtype=float) + outside.var(dtype=float)) / 2)
        apart = abs(inside.mean(dtype=float) - outside.mean(dtype=float))
        contrast = float(apart / spread) if spread > 0 else float(np.inf if apart > 0 else 0)
    share = float(found.mean()) if found.size else 0.0
    if truth is None:
        return FoundKind(name, share, contrast)
    bright = values > otsu(lambda: (values,))
    where = np.ones(found.shape, bool) if known is None else known
    return FoundKind(name, share, contrast, _agreed(found, truth, where), _agreed(bright, truth, where))


def doubts_of(sights: Sequence[FoundKind]) -> tuple[str, ...]:
    """A sentence for each thing that is wrong with what was found, each with what to do; none where all is well."""
    said = []
    for sight in (s for s in sights if s.share > _NEARLY_ALL):
        said.append(
            f"Nearly all of {sight.name} came out as objects ({sight.share:.0%}): choose another kind that objects are "
            "made of, or train with one more kind of places."
        )
    for sight in (s for s in sights if s.share < _NEXT_TO_NOTHING):
        said.append(
            f"Next to nothing in {sight.name} came out as objects: lower the confidence threshold, or choose another "
            "kind that objects are made of."
        )
    faint = [s for s in sights if _NEXT_TO_NOTHING <= s.share <= _NEARLY_ALL and s.contrast < _FAINT]
    if faint:
        said.append(
            f"What was found in {faint[0].name} is hardly brighter or darker than the rest, and this method goes by "
            "brightness: label a few of the structures, and train a method that learns from labels."
        )
    model, threshold = _dice([s.agreed for s in sights]), _dice([s.by_otsu for s in sights])
    if model is not None and threshold is not None and threshold > model + _NOTICEABLE:
        said.append(
            f"Otsu's threshold alone finds more of what is labelled (Dice {threshold:.2f}) than the model "
            f"({model:.2f}): use the threshold of the utilities, train longer, or train a method that learns from the "
            "labels."
        )
    return tuple(dict.fromkeys(said))


def _agreed(found: NDArray[np.bool_], truth: NDArray[np.bool_], where: NDArray[np.bool_]) -> tuple[int, int]:
    count = np.count_nonzero
    return 2 * int(count(found & truth & where)), int(count(found & where)) + int(count(truth & where))


def _dice(counts: Sequence[tuple[int, int]]) -> float | None:
    """Of all images together; None where nothing is labelled or found."""
    whole = sum(both for _, both in counts)
    return sum(common for common, _ in counts) / whole if whole else None
