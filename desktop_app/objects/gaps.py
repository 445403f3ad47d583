"""How far the surface of each object is from that of the nearest other one.

Voxels are boxes on one grid, so two objects are nearest to each other at corners of their voxels: distances between
corners are exact distances between surfaces.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3

MOST_CORNERS = 60_000_000
"""Of all surfaces together, at 12 bytes each, and 24 for those of an object that is looked at: some 0.7 GB."""
_FIRST_LOOK = 16  # objects nearest by their middle; as many touch a ball in a dense packing, and some more
_MORE = 4  # times as many, where that did not suffice
_LARGE = 8.0  # times the usual size: so few that each is compared with all others by their boxes


class GapMeter:
    """Takes labels in slabs of whole slices, from the first to the last.

    Args:
        shape: (Z, Y, X) of the labels.
        spacing: Edges of a voxel (z, y, x).
    """

    def __init__(self, shape: Index3, spacing: tuple[float, float, float]) -> None:
        self._shape, self._spacing = shape, spacing
        self._before = np.zeros((1, *shape[1:]), np.uint32)
        self._z = 0
        self._labels: list[NDArray[np.uint32]] = []
        self._corners: list[NDArray[np.int64]] = []
        self._touching: set[int] = set()
        self.too_many = False

    def add(self, labels: NDArray[np.uint32]) -> None:
        """Take in the next slab ``(Z, Y, X)``."""
        if not self.too_many:
            self._look(np.concatenate([self._before, labels]))
            self._before = labels[-1:].copy()
            self.too_many = sum(part.size for part in self._labels) > MOST_CORNERS

    def gaps(self, go_on: Callable[[float], None] = lambda _: None) -> dict[int, float]:
        """The distance of each object from the nearest other, 0 where they touch; nothing where there were too many.

        Args:
            go_on: Hears the share that is done, 0 to 1; raises to stop.
        """
        if self._shape[0] > 1 and not self.too_many:
            self._look(np.concatenate([self._before, np.zeros_like(self._before)]))
        if self.too_many or not self._labels:
            return {}
        surfaces = _Surfaces.of(np.concatenate(self._labels), np.concatenate(self._corners), self._shape, self._spacing)
        found = dict.fromkeys(self._touching, 0.0)
        if surfaces.ids.size < 2:
            return found
        finder = _Finder(surfaces)
        for row, number in enumerate(surfaces.ids.tolist()):
            go_on(row / surfaces.ids.size)
            if number not in found:
                found[number] = finder.gap_of(row)
        return found

    def _look(self, stack: NDArray[np.uint32]) -> None:
        """The corners between the slices of a stack at which not all eight voxels are of one object."""
        if not stack.any():
            self._z += len(stack) - 1
            return
        padded = np.pad(stack, ((0, 0), (1, 1), (1, 1)))
        depth, height, width = (n - 1 for n in padded.shape)
        around = [padded[z : z + depth, y : y + height, x : x + width] for z in (0, 1) for y in (0, 1) for x in (0, 1)]
        mixed = np.zeros((depth, height, width), bool)
        for other in around[1:]:
            mixed |= other != around[0]
        at = np.flatnonzero(mixed)
        voxels = np.sort(np.stack([part[mixed] for part in around], axis=1), axis=1)
        new = voxels > 0
        new[:, 1:] &= voxels[:, 1:] != voxels[:, :-1]
        shared = new.sum(axis=1) > 1
        self._touching |= set(np.unique(voxels[shared][new[shared]]).tolist())
        self._labels.append(voxels[new])
        self._corners.append(np.repeat(at, new.sum(axis=1)) + self._z * height * width)
        self._z += depth


@dataclass(frozen=True, slots=True, eq=False)
class _Surfaces:
    """Corners of objects, one object after the other.

    Attributes:
        ids: (N,) numbers.
        corners: (K,) places in the grid of corners.
        begins: (N + 1,) where the corners of each object begin.
        low: (N, 3) lowest corner in units.
        high: (N, 3) highest corner in units.
        grid: Shape of the grid.
        spacing: Its edges.
    """

    ids: NDArray[np.uint32]
    corners: NDArray[np.int64]
    begins: NDArray[np.intp]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    grid: Index3
    spacing: NDArray[np.float64]

    @classmethod
    def of(
        cls, labels: NDArray[np.uint32], corners: NDArray[np.int64], shape: Index3, spacing: tuple[float, float, float]
    ) -> _Surfaces:
        """From the label of each corner."""
        order = np.argsort(labels, kind="stable")
        ids, begins = np.unique(labels[order], return_index=True)
        grid, edges = (shape[0] + 1, shape[1] + 1, shape[2] + 1), np.asarray(spacing)
        sorted_corners = corners[order]
        low, high = np.zeros((ids.size, 3)), np.zeros((ids.size, 3))
        for axis, places in enumerate(np.unravel_index(sorted_corners, grid)):
            low[:, axis] = np.minimum.reduceat(places, begins) * edges[axis]
            high[:, axis] = np.maximum.reduceat(places, begins) * edges[axis]
        return cls(ids, sorted_corners, np.append(begins, labels.size), low, high, grid, edges)

    def points(self, row: int) -> NDArray[np.float64]:
        """The corners of an object (M, 3) in units."""
        places = np.unravel_index(self.corners[self.begins[row] : self.begins[row + 1]], self.grid)
        return np.stack(places, axis=1) * self.spacing


class _Finder:
    """Finds the nearest other surface."""

    def __init__(self, surfaces: _Surfaces) -> None:
        from scipy.spatial import cKDTree  # half a second of import that nothing else needs

        self._surfaces, self._tree_of = surfaces, cKDTree
        self._middles = (surfaces.low + surfaces.high) / 2
        self._radii = np.linalg.norm(surfaces.high - surfaces.low, axis=1) / 2
        large = self._radii > _LARGE * np.median(self._radii)
        self._large, self._usual = np.flatnonzero(large), np.flatnonzero(~large)
        self._tree = cKDTree(self._middles[self._usual])
        self._widest = float(self._radii[self._usual].max())

    def gap_of(self, row: int) -> float:
        """The distance of an object from the nearest other."""
        best = self._nearest(row, self._large, np.inf)
        seen, count = 0, _FIRST_LOOK
        while seen < self._usual.size:
            far, found = self._tree.query(self._middles[row], k=min(count, self._usual.size))
            far, found = np.atleast_1d(far), np.atleast_1d(found)
            best = self._nearest(row, self._usual[found[seen:]], best)
            if far[-1] - self._radii[row] - self._widest >= best:
                break
            seen, count = found.size, count * _MORE
        return best

    def _nearest(self, row: int, others: NDArray[np.intp], best: float) -> float:
        """The distance to the nearest of some objects, where it is below ``best``."""
        others = others[others != row]
        apart = _from_box(self._surfaces.low[others], self._surfaces.high[others], *self._box(row))
        order = np.argsort(apart)
        points = self._surfaces.points(row)
        for place in order.tolist():
            if apart[place] >= best:
                break
            best = min(best, self._between(points, row, int(others[place]), best))
        return best

    def _between(self, points: NDArray[np.float64], row: int, other: int, best: float) -> float:
        """The distance of two objects, or something above ``best``; only corners that may be nearest are compared."""
        theirs = self._surfaces.points(other)
        to_box = _from_box(points, points, *self._box(other))
        first = points[to_box.argmin()]
        best = min(best, float(np.linalg.norm(theirs - first, axis=1).min()))
        near, there = points[to_box <= best], theirs[_from_box(theirs, theirs, *self._box(row)) <= best]
        if not near.size or not there.size:
            return best
        distances, _ = self._tree_of(there).query(near)
        return min(best, float(distances.min()))

    def _box(self, row: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return self._surfaces.low[row], self._surfaces.high[row]


def _from_box(
    low: NDArray[np.float64], high: NDArray[np.float64], box_low: NDArray[np.float64], box_high: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Distances (N,) of boxes, or of points where both ends are one, from a box."""
    return np.asarray(np.linalg.norm(np.maximum(0.0, np.maximum(box_low - high, low - box_high)), axis=-1))
