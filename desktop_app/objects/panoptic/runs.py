"""Label images as runs: stretches of equal labels within a row. A run never goes on in the next row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop_app.objects.row_runs import RowRuns


@dataclass(frozen=True, slots=True)
class SliceRuns:
    """One slice of labels, in reading order; 16 bytes per run.

    Attributes:
        rows: ``(r,) int32``.
        starts: ``(r,) int32`` first column.
        stops: ``(r,) int32`` column behind the last.
        ids: ``(r,) uint32``, none is 0.
        shape: (H, W) of the slice.
    """

    rows: NDArray[np.int32]
    starts: NDArray[np.int32]
    stops: NDArray[np.int32]
    ids: NDArray[np.uint32]
    shape: tuple[int, int]

    @classmethod
    def encode(cls, labels: NDArray[np.unsignedinteger]) -> SliceRuns:
        """The runs of ``(H, W)`` labels; 0 is the background."""
        height, width = labels.shape
        runs = RowRuns.of(labels).solid()
        rows = runs.begins // max(1, width)
        starts = runs.begins - rows * width
        return cls(
            rows.astype(np.int32),
            starts.astype(np.int32),
            (starts + runs.lengths).astype(np.int32),
            runs.values.astype(np.uint32),
            (height, width),
        )

    def paint(
        self,
        lut: NDArray[np.unsignedinteger] | None = None,
        rows: slice | None = None,
        columns: slice | None = None,
    ) -> NDArray[np.uint32]:
        """The labels ``(H, W) uint32`` again.

        Args:
            lut: New number of each id; 0 leaves it out.
            rows: Only these rows, without a step.
            columns: Only these columns, without a step.
        """
        low, high, _ = (rows or slice(None)).indices(self.shape[0])
        left, right, _ = (columns or slice(None)).indices(self.shape[1])
        height, width = max(0, high - low), max(0, right - left)
        first, last = np.searchsorted(self.rows, [low, low + height])
        part = slice(int(first), int(last))
        ids = self.ids[part] if lut is None else lut[self.ids[part]]
        base = (self.rows[part].astype(np.int64) - low) * width
        edges = np.empty(2 * len(ids) + 2, np.int64)
        edges[0], edges[-1] = 0, height * width
        edges[1:-1:2] = base + np.clip(self.starts[part] - left, 0, width)
        edges[2:-1:2] = base + np.clip(self.stops[part] - left, 0, width)
        values = np.zeros(2 * len(ids) + 1, np.uint32)
        values[1::2] = ids
        return np.repeat(values, np.diff(edges)).reshape(height, width)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Pixels of each run."""
        return (self.stops - self.starts).astype(np.int64)

    @property
    def nbytes(self) -> int:
        """Memory of the runs in bytes."""
        return self.rows.nbytes + self.starts.nbytes + self.stops.nbytes + self.ids.nbytes

    def flat(self) -> NDArray[np.int64]:
        """``(r, 2)`` first pixel and pixel behind the last, counted row after row."""
        base = self.rows.astype(np.int64) * self.shape[1]
        return np.stack([base + self.starts, base + self.stops], axis=1)


@dataclass(frozen=True, slots=True)
class SharedPixels:
    """Pixels that two labelled images share, pair by pair.

    Attributes:
        left: ``(p,) int64`` ids in the one image.
        right: ``(p,) int64`` ids in the other.
        shared: ``(p,) int64`` pixels, 1 or more.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    shared: NDArray[np.int64]

    @classmethod
    def count(cls, left: NDArray[np.integer], right: NDArray[np.integer], weights: NDArray[np.integer]) -> SharedPixels:
        """One row per distinct pair, sorted by left then right; weights of the same pair are added."""
        left, right = left.astype(np.int64), right.astype(np.int64)
        width = int(right.max(initial=0)) + 1
        keys, inverse = np.unique(left * width + right, return_inverse=True)
        shared = np.bincount(inverse, weights=weights, minlength=len(keys)).astype(np.int64)
        return cls(keys // width, keys % width, shared)

    def renamed(self, left: NDArray[np.integer], right: NDArray[np.integer]) -> SharedPixels:
        """The same after the ids got new numbers; pairs that become one are added."""
        return SharedPixels.count(left[self.left], right[self.right], self.shared)

    def select(self, keep: NDArray[np.bool_]) -> SharedPixels:
        """Only some rows."""
        return SharedPixels(self.left[keep], self.right[keep], self.shared[keep])


def overlaps(left: SliceRuns, right: SliceRuns) -> SharedPixels:
    """Pixels that the labels of two slices of the same shape share; linear in their runs after a binary search."""
    mine, theirs = left.flat(), right.flat()
    first = np.searchsorted(theirs[:, 1], mine[:, 0], side="right")
    last = np.searchsorted(theirs[:, 0], mine[:, 1], side="left")
    counts = np.maximum(last - first, 0)
    a = np.repeat(np.arange(len(mine)), counts)
    b = np.arange(a.size) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(first, counts)
    shared = np.minimum(mine[a, 1], theirs[b, 1]) - np.maximum(mine[a, 0], theirs[b, 0])
    return SharedPixels.count(left.ids[a], right.ids[b], shared)


def areas_and_boxes(runs: SliceRuns, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pixels and box of each id 1..count.

    Returns:
        ``(count + 1,)`` pixels, and ``(count + 1, 4)`` boxes (first row, first column, row and column behind the last);
        the box of an id without pixels is all 0.
    """
    areas = np.bincount(runs.ids, weights=runs.lengths, minlength=count + 1).astype(np.int64)
    boxes = np.zeros((count + 1, 4), np.int64)
    boxes[:, :2] = max(runs.shape) + 1
    np.minimum.at(boxes[:, 0], runs.ids, runs.rows)
    np.minimum.at(boxes[:, 1], runs.ids, runs.starts)
    np.maximum.at(boxes[:, 2], runs.ids, runs.rows + 1)
    np.maximum.at(boxes[:, 3], runs.ids, runs.stops)
    boxes[areas == 0] = 0
    return areas, boxes
