"""Objects of class labels: each island of touching voxels of one class."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import fastremap
import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Region
from desktop_app.core.imaging.region import BoxReader
from desktop_app.objects.components import connected_objects
from desktop_app.objects.stitching import BlockStitcher

_SHIFT = np.uint64(32)  # bits: number and class of an object in one number


class ClassIslands:
    """Numbers the islands of class labels, slab by slab, with one number each whatever slabs they cross.

    Labels are read twice, and only one slab is in memory at a time.

    Args:
        read: Gives the labels of a box.
        slabs: Boxes of whole slices, from the first slice to the last.
        check: Called for each slab; may raise to stop.
        whole: Values of classes that are one object each, whatever islands they have.

    Attributes:
        class_of: Class value by the number of the object, when all slabs have been taken.
    """

    def __init__(
        self, read: BoxReader, slabs: Sequence[Region], check: Callable[[], None], whole: Sequence[int] = ()
    ) -> None:
        self._read, self._slabs, self._check = read, slabs, check
        self._whole = np.asarray(sorted(whole), np.uint32)
        self.class_of: dict[int, int] = {}

    def numbered(self) -> Iterator[NDArray[np.uint32]]:
        """``(Z, Y, X) uint32`` of each slab."""
        stitcher = BlockStitcher()
        for _ in self._pieces(stitcher):
            pass
        table = stitcher.table()
        islands = int(table.max(initial=0))
        for labels, numbers in self._pieces(BlockStitcher()):
            found = table[numbers]
            for place, value in enumerate(self._whole, start=1):
                found[labels == value] = islands + place
            self._remember(found, labels)
            yield found

    def _pieces(self, stitcher: BlockStitcher) -> Iterator[tuple[NDArray[np.uint32], NDArray[np.uint32]]]:
        """Labels and numbers of the stitcher, each slab joined to the one before through its last slice."""
        last_labels = last_numbers = np.zeros((0, 0, 0), np.uint32)
        for slab in self._slabs:
            self._check()
            labels = self._read(slab).astype(np.uint32)
            split = labels if not self._whole.size else np.where(np.isin(labels, self._whole), np.uint32(0), labels)
            seen, known = split, None
            if last_labels.size:
                seen = np.concatenate([last_labels, split])
                known = np.zeros(seen.shape, np.uint32)
                known[0] = last_numbers[0]
            numbers = stitcher.add(connected_objects(seen), known)[len(last_labels) :]
            last_labels, last_numbers = split[-1:], numbers[-1:]
            yield labels, numbers

    def _remember(self, numbers: NDArray[Any], labels: NDArray[np.uint32]) -> None:
        at = numbers > 0
        both = fastremap.unique((numbers[at].astype(np.uint64) << _SHIFT) | labels[at])
        self.class_of.update(
            (int(pair >> _SHIFT), int(pair & np.uint64(2**32 - 1))) for pair in np.asarray(both, np.uint64)
        )
