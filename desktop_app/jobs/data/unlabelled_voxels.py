"""Voxels of true labels of which nothing is known: how many there were, and a value that may mean them unsaid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.job import Note
from desktop_app.objects.streamed_overlaps import OverlapCounter

_USUAL = tuple(2**bits - 1 for bits in (8, 16, 32))
"""Values that mean “unlabelled” in many data sets: the highest of their type."""


@dataclass(frozen=True, slots=True)
class Unlabelled:
    """What did not count in a comparison.

    Attributes:
        value: That means unlabelled; None: every voxel counted.
        share: Of all voxels, 0 to 1.
        suspected: A value that counted as an object or a class, and may mean unlabelled; None: there is none.
        suspected_share: Of all voxels.
    """

    value: int | None = None
    share: float = 0.0
    suspected: int | None = None
    suspected_share: float = 0.0

    @property
    def sentence(self) -> str:
        """What to tell of it; nothing where all voxels counted, and rightly so."""
        if self.value is not None:
            return f"{_share(self.share)} of the true voxels are unlabelled (value {self.value}) and do not count."
        if self.suspected is None:
            return ""
        return (
            f"{_share(self.suspected_share)} of the true voxels have the value {self.suspected}, which is never found; "
            "they count as missed. If it means that nothing is known there, say so as the value of unlabelled voxels "
            f"(--unlabelled {self.suspected})."
        )

    def note(self, name: str) -> Note | None:
        """The same of one image; None where there is nothing to tell."""
        if not self.sentence:
            return None
        return Note("info" if self.suspected is None else "warning", f"{name}: {self.sentence}")


class UnlabelledCount:
    """Counts over slabs and images.

    Args:
        value: That means unlabelled; None where the user named none.
    """

    def __init__(self, value: int | None) -> None:
        self._value = value
        self._voxels = self._unlabelled = self._suspect = 0
        self._suspected: int | None = None

    def known(self, truth: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Which voxels of a slab of the true labels count; counted at once."""
        kept = np.ones(truth.shape, bool) if self._value is None else truth != self._value
        self._voxels += kept.size
        self._unlabelled += kept.size - int(np.count_nonzero(kept))
        return kept

    def suspect(self, counter: OverlapCounter) -> None:
        """Look for a value that may mean unlabelled: by far the highest of several, and never found."""
        if self._value is not None:
            return
        found, true, counts = counter.pairs()
        values = np.unique(true[true > 0])
        if len(values) < 2 or int(values[-1]) not in _USUAL or values[-2] == values[-1] - 1:
            return
        if not bool((found == values[-1]).any()):
            self._suspected = int(values[-1])
            self._suspect += int(counts[true == values[-1]].sum())

    def add(self, other: UnlabelledCount) -> None:
        """Count another image, too."""
        self._voxels += other._voxels
        self._unlabelled += other._unlabelled
        self._suspect += other._suspect
        self._suspected = self._suspected or other._suspected

    @property
    def total(self) -> Unlabelled:
        """What was counted."""
        voxels = max(1, self._voxels)
        return Unlabelled(self._value, self._unlabelled / voxels, self._suspected, self._suspect / voxels)


def _share(share: float) -> str:
    return f"{share:.1%}" if share == 0 or share >= 5e-4 else "Less than 0.1%"  # what rounds to 0.1 %
