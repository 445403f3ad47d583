"""How objects of slices get the numbers of the result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from desktop_app.ml.recipes.panoptic.decoding.run_store import Lookups
from desktop_app.objects.panoptic.runs import SliceRuns
from desktop_app.objects.panoptic.tracking import StackTracker, TrackRules


@dataclass(frozen=True, slots=True)
class Numbers:
    """The objects of a stack.

    Attributes:
        lookups: Final number of each local id, slice by slice.
        class_of: ``(N + 1,) uint8`` class number of each final number; entry 0 is 0.
    """

    lookups: Lookups
    class_of: NDArray[np.uint8]


class Numbering(Protocol):
    """Takes the slices one after the other and numbers their objects in the end."""

    def add(self, runs: SliceRuns, class_of: NDArray[np.uint8]) -> None:
        """The next slice, with local ids 1..n and the class of each."""

    def finish(self) -> Numbers:
        """The numbers."""


class Followed:
    """Objects are followed through the slices."""

    def __init__(self, rules: TrackRules) -> None:
        self._tracker = StackTracker(rules)

    def add(self, runs: SliceRuns, class_of: NDArray[np.uint8]) -> None:
        """The next slice."""
        self._tracker.add_runs(runs, class_of)

    def finish(self) -> Numbers:
        """The numbers."""
        tracks = self._tracker.finish()
        return Numbers(Lookups(tracks.luts), tracks.class_of)


class SliceBySlice:
    """Each slice stands for itself; numbers go on.

    Args:
        smallest: Objects of fewer pixels are left out.
        stuff: Classes that are never left out.
    """

    def __init__(self, smallest: int, stuff: tuple[int, ...]) -> None:
        self._smallest, self._stuff = smallest, stuff
        self._luts: list[NDArray[np.uint32]] = []
        self._kinds: list[NDArray[np.uint8]] = [np.zeros(1, np.uint8)]
        self._highest = 0

    def add(self, runs: SliceRuns, class_of: NDArray[np.uint8]) -> None:
        """The next slice."""
        sizes = np.bincount(runs.ids, weights=runs.lengths, minlength=len(class_of))
        kept = (sizes >= max(1, self._smallest)) | (np.isin(class_of, self._stuff) & (sizes > 0))
        kept[0] = False
        self._luts.append(np.where(kept, self._highest + np.cumsum(kept), 0).astype(np.uint32))
        self._kinds.append(class_of[kept])
        self._highest += int(kept.sum())

    def finish(self) -> Numbers:
        """The numbers."""
        return Numbers(Lookups(tuple(self._luts)), np.concatenate(self._kinds))


class ClassValues:
    """No objects: the local ids are class numbers, the final ones class values.

    Args:
        values: Value of each class, in their order.
    """

    def __init__(self, values: tuple[int, ...]) -> None:
        self._values = values

    def add(self, runs: SliceRuns, class_of: NDArray[np.uint8]) -> None:
        """Nothing needs to be known of a slice."""

    def finish(self) -> Numbers:
        """The values."""
        return Numbers(Lookups(np.array((0, *self._values), np.uint32)), np.zeros(1, np.uint8))
