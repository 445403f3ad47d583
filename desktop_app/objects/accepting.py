"""Taking over labels of another layer: as changes, which the window makes one undoable edit of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.region import Region, slabs
from desktop_app.core.labelling.free_numbers import FreeNumbers
from desktop_app.core.labelling.layers import LabelReader
from desktop_app.objects.operations.base import Change, nothing_to_ask


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What of a layer is taken over, and how.

    Attributes:
        objects: Their labels in the layer; empty takes all.
        region: The box that is looked at; None for the whole.
        keep_existing: Whether voxels that are labelled already stay as they are.
        same_numbers: Whether labels keep their number (they name classes) instead of getting a free one.
        free: Numbers for the objects taken over.
    """

    objects: frozenset[int] = frozenset()
    region: Region | None = None
    keep_existing: bool = True
    same_numbers: bool = False
    free: FreeNumbers = field(default_factory=FreeNumbers)


def accepted_changes(
    labels: LabelReader, layer: LabelReader, what: Acceptance, go_on: Callable[[float], None] = nothing_to_ask
) -> Iterator[Change]:
    """What changes in ``labels``; some slices at a time, so that memory does not grow with the volume.

    An object that is met in several slices has one number in all of them.

    Args:
        labels: What is changed; only read here.
        layer: What is taken over, of the same shape.
        what: Which part of it.
        go_on: Hears the share that is done, 0 to 1; raises to stop.
    """
    numbers = _Numbers(what)
    region = what.region or Region.whole(labels.shape)
    pieces = [slab.intersect(region) for slab in slabs(labels.shape)]
    pieces = [piece for piece in pieces if not piece.empty]
    for done, piece in enumerate(pieces):
        go_on(done / len(pieces))
        theirs = layer.read(piece)
        if what.objects:
            theirs = np.where(np.isin(theirs, list(what.objects)), theirs, np.uint32(0))
        if not theirs.any():
            continue
        before = labels.read(piece)
        write = (theirs > 0) & (before == 0) if what.keep_existing else theirs > 0
        if write.any():
            taken = numbers.of(np.where(write, theirs, np.uint32(0)))  # no number for what comes nowhere
            yield Change.between(piece, before, np.where(write, taken, before))


def taken_from(changes: Iterable[Change], layer: LabelReader) -> dict[int, int]:
    """Which object of the layer each object was that is taken over: by new number, the old one."""
    found: dict[int, int] = {}
    for change in changes:
        theirs = layer.read(change.region)[change.chosen()]
        numbers, first = np.unique(change.after, return_index=True)
        found |= dict(zip(numbers.tolist(), theirs[first].tolist(), strict=True))
    return found


class _Numbers:
    """Numbers in the labels by numbers in the layer."""

    def __init__(self, what: Acceptance) -> None:
        self._known: dict[int, int] = {}
        self._free, self._same = what.free, what.same_numbers

    def of(self, theirs: NDArray[np.uint32]) -> NDArray[np.uint32]:
        if self._same:
            return theirs
        ids, places = np.unique(theirs, return_inverse=True)
        return np.array([self._number(int(i)) for i in ids], np.uint32)[places].reshape(theirs.shape)

    def _number(self, theirs: int) -> int:
        if theirs == 0:
            return 0
        if theirs not in self._known:
            (self._known[theirs],), self._free = self._free.take(1)
        return self._known[theirs]
