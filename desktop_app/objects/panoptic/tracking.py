"""Objects of a stack from the objects of its slices, on tables alone: memory follows the objects, not the pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from desktop_app.objects.panoptic.runs import SharedPixels, SliceRuns, areas_and_boxes, overlaps
from desktop_app.objects.panoptic.slices import PanopticSlice
from desktop_app.objects.panoptic.tables import Extent, Filter, first_seen


def match(
    table: SharedPixels,
    left_areas: NDArray[np.int64],
    right_areas: NDArray[np.int64],
    iou: float = 0.25,
    ioa: float = 0.25,
) -> NDArray[np.int64]:
    """The partner of each object.

    First one to one, so that the sum of the intersections over union is as large as possible (Hungarian method); pairs
    that reach ``iou`` count. Then each object left over joins the one that covers most of it, if that part reaches
    ``ioa``; so several may have the same partner.

    Args:
        table: Pixels shared by an object (left) and a candidate (right), a row per pair.
        left_areas: Pixels of the objects, by id.
        right_areas: Pixels of the candidates, by id.
        iou: Least intersection over union, 0 to 1.
        ioa: Least part of the object that its partner covers, 0 to 1.

    Returns:
        ``(len(left_areas),) int64`` id of the partner, -1 where there is none.
    """
    partner = np.full(len(left_areas), -1, np.int64)
    if table.left.size == 0:
        return partner
    union = left_areas[table.left] + right_areas[table.right] - table.shared
    agreement = table.shared / union
    chosen = _best_pairs(table.left, table.right, agreement)
    good = chosen[agreement[chosen] >= iou]
    partner[table.left[good]] = table.right[good]
    covered = table.shared / left_areas[table.left]
    rest = np.flatnonzero((partner[table.left] < 0) & (covered >= ioa))
    rest = rest[np.lexsort((table.right[rest], -covered[rest], table.left[rest]))]
    ids, first = np.unique(table.left[rest], return_index=True)
    partner[ids] = table.right[rest[first]]
    return partner


def _best_pairs(left: NDArray[np.int64], right: NDArray[np.int64], weight: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rows of a one-to-one choice of pairs with the largest total weight."""
    alone = (np.bincount(left)[left] == 1) & (np.bincount(right)[right] == 1)
    contested = np.flatnonzero(~alone)
    if contested.size == 0:
        return np.flatnonzero(alone)
    rows, row = np.unique(left[contested], return_inverse=True)
    columns, column = np.unique(right[contested], return_inverse=True)
    size = len(rows)
    own = np.arange(size)  # a column of its own for each row: to stay without a partner costs as much as no overlap
    costs = np.concatenate([2 - weight[contested], np.full(size, 2.0)])
    places = (np.concatenate([row, own]), np.concatenate([column, len(columns) + own]))
    graph = csr_array((costs, places), shape=(size, len(columns) + size))
    found_row, found_column = min_weight_full_bipartite_matching(graph)
    real = found_column < len(columns)
    keys = row * len(columns) + column
    wanted = found_row[real].astype(np.int64) * len(columns) + found_column[real]
    return np.concatenate([np.flatnonzero(alone), contested[np.isin(keys, wanted)]])


@dataclass(frozen=True, slots=True)
class TrackRules:
    """How objects of neighbouring slices become one.

    Attributes:
        iou: Least intersection over union of an object and its continuation, 0 to 1.
        ioa: Least part of a piece that lies on an object it joins, 0 to 1.
        min_size: Objects of fewer voxels are left out.
        min_extent: Objects shorter than this along any axis are left out, or along each of the three.
        stuff: Classes without objects: one region each through the whole stack, never left out.
    """

    iou: float = 0.25
    ioa: float = 0.25
    min_size: int = 0
    min_extent: Extent = 0
    stuff: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Tracks:
    """The objects of a stack.

    Attributes:
        luts: For each slice ``(n + 1,) uint32``, the object of each local id; 0 where it is left out.
        class_of: ``(N + 1,) uint8`` class number of each object; entry 0 is 0.
        sizes: ``(N + 1,) int64`` voxels.
        boxes: ``(N + 1, 6) int64`` half-open: first slice, row, column, then those behind the last.
    """

    luts: tuple[NDArray[np.uint32], ...]
    class_of: NDArray[np.uint8]
    sizes: NDArray[np.int64]
    boxes: NDArray[np.int64]

    @property
    def count(self) -> int:
        """Number of objects."""
        return len(self.class_of) - 1

    def lut(self, z: int) -> NDArray[np.uint32]:
        """The object of each local id of slice ``z``: ``lut(z)[labels]``."""
        return self.luts[z]


@dataclass(frozen=True, slots=True)
class _Page:
    """What is remembered of a slice."""

    class_of: NDArray[np.uint8]
    areas: NDArray[np.int64]
    boxes: NDArray[np.int64]
    names: NDArray[np.int64]  # track of each local id after the forward pass
    shared: SharedPixels  # this slice (left) with the slice before (right), local ids


class StackTracker:
    """Follows objects through a stack, slice after slice.

    Forward, each object takes the name of its partner in the slice before, or a new one. Backward, from the last slice
    to the first, it takes the name of its partner in the slice behind, so that branches that join later were one from
    the start. An empty slice ends all objects.
    """

    def __init__(self, rules: TrackRules | None = None) -> None:
        self._rules = rules or TrackRules()
        self._stuff = np.zeros(256, bool)
        self._stuff[list(self._rules.stuff)] = True
        self._region = np.zeros(256, np.int64)
        self._pages: list[_Page] = []
        self._before: SliceRuns | None = None
        self._next = 1

    def add(self, found: PanopticSlice) -> SliceRuns:
        """Take the next slice.

        Returns:
            Its runs with local ids: the caller keeps them, and paints them with ``Tracks.lut`` in the end.
        """
        runs = SliceRuns.encode(found.labels)
        self.add_runs(runs, found.class_of)
        return runs

    def add_runs(self, runs: SliceRuns, class_of: NDArray[np.uint8]) -> None:
        """Take the next slice as runs with local ids 1..n and the class of each."""
        if self._before is not None and self._before.shape != runs.shape:
            raise ValueError(f"Expected slices of {self._before.shape} pixels, got {runs.shape}")
        areas, boxes = areas_and_boxes(runs, len(class_of) - 1)
        empty = SliceRuns.encode(np.zeros(runs.shape, np.uint8))
        shared = overlaps(runs, self._before or empty)
        names = self._forward(class_of, areas, shared)
        self._pages.append(_Page(class_of, areas, boxes, names, shared))
        self._before = runs

    def finish(self) -> Tracks:
        """All objects of the stack, numbered 1, 2, 3 … in the order in which they first appear."""
        names = self._backward()
        every = np.concatenate([np.zeros(0, np.int64), *(n[1:] for n in names)])
        _, group = first_seen(every)
        total = int(group.max(initial=-1)) + 1
        class_of = np.zeros(total, np.uint8)
        class_of[group] = self._column([p.class_of[1:] for p in self._pages], np.zeros(0, np.uint8))
        areas = self._column([p.areas[1:] for p in self._pages], np.zeros(0, np.int64))
        sizes = np.bincount(group, weights=areas, minlength=total).astype(np.int64)
        boxes = self._boxes(group, total)
        kept = Filter(self._rules.min_size, self._rules.min_extent).keep(sizes, boxes) | self._stuff[class_of]
        number = np.where(kept, np.cumsum(kept), 0).astype(np.uint32)
        luts = self._luts(number[group])
        return Tracks(
            luts,
            _with_background_row(class_of[kept]),
            _with_background_row(sizes[kept]),
            _with_background_row(boxes[kept]),
        )

    def _forward(
        self, class_of: NDArray[np.uint8], areas: NDArray[np.int64], shared: SharedPixels
    ) -> NDArray[np.int64]:
        names = np.zeros(len(class_of), np.int64)
        if self._pages:
            page = self._pages[-1]
            names = self._continued(class_of, np.arange(len(class_of)), areas, shared, page, page.names)
        names = np.where(names > 0, names, self._region[class_of])
        fresh = np.flatnonzero(names == 0)
        fresh = fresh[fresh > 0]
        names[fresh] = self._next + np.arange(fresh.size)
        self._next += int(fresh.size)
        stuff = self._stuff[class_of]
        self._region[class_of[stuff]] = names[stuff]
        return names

    def _backward(self) -> list[NDArray[np.int64]]:
        names = [p.names for p in self._pages]
        for z in range(len(names) - 2, -1, -1):
            page, behind = self._pages[z], self._pages[z + 1]
            shared = SharedPixels(behind.shared.right, behind.shared.left, behind.shared.shared)
            found = self._continued(page.class_of, names[z], page.areas, shared, behind, names[z + 1])
            names[z] = np.where(found > 0, found, names[z])
        return names

    def _continued(
        self,
        class_of: NDArray[np.uint8],
        names: NDArray[np.int64],
        areas: NDArray[np.int64],
        shared: SharedPixels,
        page: _Page,
        page_names: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        """The name that each local id takes from the slice ``page``; 0 where it has no partner there."""
        same = (class_of[shared.left] == page.class_of[shared.right]) & ~self._stuff[class_of[shared.left]]
        _, mine = np.unique(names, return_inverse=True)
        known, theirs = np.unique(page_names, return_inverse=True)
        table = shared.select(same).renamed(mine, theirs)
        left, right = (np.bincount(g, weights=a).astype(np.int64) for g, a in ((mine, areas), (theirs, page.areas)))
        partner = match(table, left, right, self._rules.iou, self._rules.ioa)[mine]
        return np.where(partner >= 0, known[partner], 0)

    def _boxes(self, group: NDArray[np.int64], total: int) -> NDArray[np.int64]:
        flat = self._column([p.boxes[1:] for p in self._pages], np.zeros((0, 4), np.int64))
        z = np.repeat(np.arange(len(self._pages)), [len(p.class_of) - 1 for p in self._pages])
        boxes = np.zeros((total, 6), np.int64)
        boxes[:, :3] = np.iinfo(np.int64).max
        for axis, (low, high) in enumerate(((z, z + 1), (flat[:, 0], flat[:, 2]), (flat[:, 1], flat[:, 3]))):
            np.minimum.at(boxes[:, axis], group, low)
            np.maximum.at(boxes[:, 3 + axis], group, high)
        return boxes

    def _luts(self, numbers: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], ...]:
        ends = np.cumsum([len(p.class_of) - 1 for p in self._pages])
        return tuple(_with_background_row(part) for part in np.split(numbers, ends[:-1])) if self._pages else ()

    @staticmethod
    def _column(parts: list[NDArray], empty: NDArray) -> NDArray:
        return np.concatenate([empty, *parts])


def _with_background_row(values: NDArray) -> NDArray:
    """The table with an entry for id 0 before the first."""
    return np.concatenate([np.zeros((1, *values.shape[1:]), values.dtype), values])
