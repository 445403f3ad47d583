"""Points in space, found by where they are without looking at the others."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

_MOST_CELLS_PER_POINT = 2.0  # more would be empty cells only, which cost memory
_SMALLEST_EDGE = 1.0  # px: finer than voxels lie, cells hold no less


class PointCells:
    """Points sorted into a grid of cells, so that those in a box are a few stretches of one array.

    Args:
        points: ``(n, D) float32``, n > 0.
        edges: Wished edges ``(D,)`` of a cell; cells are larger where there would be far more of them than points.
        low: Corner ``(D,)`` of the grid; what lies beyond it goes into the outermost cells.
        high: Opposite corner ``(D,)``.
    """

    def __init__(
        self,
        points: NDArray[np.float32],
        edges: NDArray[np.float64],
        low: NDArray[np.float64],
        high: NDArray[np.float64],
    ) -> None:
        self._low, self._edges = low, np.maximum(edges, _SMALLEST_EDGE)
        self._counts = self._grid(high)
        while np.prod(self._counts, dtype=np.float64) > _MOST_CELLS_PER_POINT * len(points) + 1:
            self._edges = self._edges * 2
            self._counts = self._grid(high)
        cells = np.ravel_multi_index(tuple(self._cell(points).T), tuple(self._counts))
        self.order: NDArray[np.int64] = np.argsort(cells, kind="stable")
        """Of the points, cell by cell; found places count in this order."""
        total = int(np.prod(self._counts))
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(cells, minlength=total))])

    def _grid(self, high: NDArray[np.float64]) -> NDArray[np.int64]:
        return np.maximum(1, np.ceil((high - self._low) / self._edges)).astype(np.int64)

    def _cell(self, points: NDArray[np.floating]) -> NDArray[np.int64]:
        cells = np.floor((points - self._low) / self._edges)
        inside: NDArray[np.int64] = np.clip(cells, 0, self._counts - 1).astype(np.int64)
        return inside

    def near(self, low: NDArray[np.floating], high: NDArray[np.floating]) -> NDArray[np.int64]:
        """Places, in the order of cells, of all points in a box, and of some around it."""
        first, last = self._cell(low).tolist(), self._cell(high).tolist()
        rows = product(*(range(a, b + 1) for a, b in zip(first[:-1], last[:-1], strict=True)))
        width, parts = int(self._counts[-1]), []
        heights = self._counts[:-1].tolist()
        for row in rows:
            number = 0
            for index, count in zip(row, heights, strict=True):
                number = number * count + index
            start, stop = self._starts[number * width + first[-1]], self._starts[number * width + last[-1] + 1]
            if stop > start:
                parts.append(np.arange(start, stop))
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)
