"""Numbers for the pieces into which objects fall when their shape is changed, slab after slab."""

from __future__ import annotations

from dataclasses import dataclass

import cc3d
import numpy as np
from numpy.typing import NDArray

from desktop_app.objects.panoptic.runs import SliceRuns
from desktop_app.objects.panoptic.tables import Extent, Filter
from desktop_app.objects.stitching import BlockStitcher


@dataclass(frozen=True, slots=True)
class Pieces:
    """The objects after their shape was changed, numbered in the order of their first slabs.

    Attributes:
        lut: ``(numbers + 1,) uint32``, the object of each number that ``PieceNumbers.push`` gave; 0 where left out.
        source: ``(N + 1,) int64``, the object that each piece was a part of; entry 0 is 0.
        sizes: ``(N + 1,) int64`` voxels.
        boxes: ``(N + 1, 6) int64`` half-open: z, y, x first, then behind the last.
    """

    lut: NDArray[np.uint32]
    source: NDArray[np.int64]
    sizes: NDArray[np.int64]
    boxes: NDArray[np.int64]


class PieceNumbers:
    """Makes each connected piece of an object (corners touch) an object of its own.

    Slabs come in order along the first axis and do not overlap. Regions of stuff are never parted.

    Args:
        whole: ``(n + 1,) bool``, objects that stay one whatever their pieces, as regions of stuff do; None: none.
    """

    def __init__(self, whole: NDArray[np.bool_] | None = None) -> None:
        self._whole = np.zeros(1, bool) if whole is None else whole
        self._stitcher = BlockStitcher()
        self._last: tuple[NDArray[np.uint32], NDArray[np.uint32]] | None = None
        self._rows: list[NDArray[np.int64]] = []
        self._z = 0

    def push(self, labels: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """Take the next slab ``(Z, Y, X) uint32``; keep what it returns until ``finish`` says what its numbers mean."""
        block, known = labels, np.zeros(labels.shape, np.uint32)
        if self._last is not None:
            block = np.concatenate([self._last[0], labels])
            known = np.concatenate([self._last[1], known])
        pieces = cc3d.connected_components(np.ascontiguousarray(block), connectivity=26, out_dtype=np.uint32)
        numbers = self._stitcher.add(pieces.astype(np.uint32, copy=False), known)[-len(labels) :]
        self._remember(labels, numbers)
        self._last = (labels[-1:].copy(), numbers[-1:].copy())
        self._z += len(labels)
        return numbers

    def finish(self, min_size: int = 0, min_extent: Extent = 0) -> Pieces:
        """The objects, and what became of each number.

        Args:
            min_size: Pieces of fewer voxels are left out.
            min_extent: Pieces shorter than this along any axis are left out, or along each of the three.
        """
        rows = np.concatenate([np.zeros((0, 9), np.int64), *self._rows])
        group = self._groups(rows)
        total = int(group.max(initial=0)) + 1
        owner = group[rows[:, 0]]
        source, sizes = np.zeros(total, np.int64), np.zeros(total, np.int64)
        source[owner] = rows[:, 1]
        np.add.at(sizes, owner, rows[:, 2])
        boxes = np.zeros((total, 6), np.int64)
        boxes[1:, :3] = np.iinfo(np.int64).max
        np.minimum.at(boxes[:, :3], owner, rows[:, 3:6])
        np.maximum.at(boxes[:, 3:], owner, rows[:, 6:9])
        kept = Filter(min_size, min_extent).keep(sizes, boxes) | self._is_whole(source)
        kept[0] = False
        number = np.where(kept, np.cumsum(kept), 0).astype(np.uint32)
        kept[0] = True
        return Pieces(number[group], source[kept], sizes[kept], boxes[kept])

    def _groups(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The object of each number, those of a region that stays whole being one."""
        table = self._stitcher.table().astype(np.int64)
        whole = self._is_whole(rows[:, 1])
        names, place = np.unique(rows[whole, 1], return_inverse=True)
        lowest = np.full(names.size, np.iinfo(np.int64).max)
        np.minimum.at(lowest, place, table[rows[whole, 0]])
        table[rows[whole, 0]] = lowest[place]
        return np.unique(np.concatenate([[0], table]), return_inverse=True)[1][1:]

    def _is_whole(self, objects: NDArray[np.int64]) -> NDArray[np.bool_]:
        inside = objects < len(self._whole)
        return inside & self._whole[np.where(inside, objects, 0)]

    def _remember(self, labels: NDArray[np.uint32], numbers: NDArray[np.uint32]) -> None:
        """A row per number in this slab: number, object, voxels, box."""
        depth, height, width = numbers.shape
        runs = SliceRuns.encode(numbers.reshape(depth * height, width))
        if runs.ids.size == 0:
            return
        z, y = np.divmod(runs.rows.astype(np.int64), height)
        objects = labels.reshape(depth * height, width)[runs.rows, runs.starts]
        z += self._z
        columns = (runs.ids, objects, runs.lengths, z, y, runs.starts, z + 1, y + 1, runs.stops)
        rows = np.stack([np.asarray(c, np.int64) for c in columns], axis=1)
        rows = rows[np.argsort(rows[:, 0], kind="stable")]
        first = np.flatnonzero(np.diff(rows[:, 0], prepend=-1))
        table = rows[first]
        table[:, 2] = np.add.reduceat(rows[:, 2], first)
        table[:, 3:6] = np.minimum.reduceat(rows[:, 3:6], first)
        table[:, 6:9] = np.maximum.reduceat(rows[:, 6:9], first)
        self._rows.append(table)
