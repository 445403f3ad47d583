"""Sizes, boxes and grey values of many objects, as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import fastremap
import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3, Region
from desktop_app.objects.row_runs import RowRuns


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """One row for each object, by ascending number.

    Attributes:
        ids: (N,) uint32.
        voxels: (N,) int64.
        sums: (N, 3) int64, sums of the indices (z, y, x) of all voxels.
        low: (N, 3) int64, the lowest index in each direction.
        high: (N, 3) int64, one more than the highest.
        grey: (N,) float64, sum of the finite grey values.
        finite: (N,) int64, how many grey values are finite; 0 without an image.
    """

    ids: NDArray[np.uint32]
    voxels: NDArray[np.int64]
    sums: NDArray[np.int64]
    low: NDArray[np.int64]
    high: NDArray[np.int64]
    grey: NDArray[np.float64]
    finite: NDArray[np.int64]

    @classmethod
    def none(cls) -> Rows:
        """No object."""
        count, place = np.zeros(0, np.int64), np.zeros((0, 3), np.int64)
        return cls(np.zeros(0, np.uint32), count, place, place, place, np.zeros(0), count)

    @classmethod
    def measured(cls, start: Index3, labels: NDArray[np.uint32], grey: NDArray[Any] | None = None) -> Rows:
        """The objects in a box.

        Args:
            start: Where the box begins (z, y, x).
            labels: (Z, Y, X).
            grey: Of the same shape, or None.
        """
        runs, width = RowRuns.of(labels), labels.shape[2]
        found = np.flatnonzero(runs.values)
        if not found.size:
            return cls.none()
        ids, where = fastremap.unique(runs.values[found], return_inverse=True)
        order, begins = _groups(where, ids.size)
        found = found[order]
        row, x = np.divmod(runs.begins[found].astype(np.int32), np.int32(width))
        z, y = np.divmod(row, np.int32(labels.shape[1]))
        length = runs.lengths[found]
        sums = [np.add.reduceat((edge + start[axis]) * length, begins) for axis, edge in enumerate((z, y, x))]
        sums[2] += np.add.reduceat(length * (length - 1) // 2, begins)
        ends = np.append(begins[1:], found.size) - 1
        low = (z[begins], np.minimum.reduceat(y, begins), np.minimum.reduceat(x, begins))
        high = (z[ends], np.maximum.reduceat(y, begins), np.maximum.reduceat(x + length, begins) - 1)
        origin = np.asarray(start)
        return cls(
            np.asarray(ids, np.uint32),
            np.add.reduceat(length, begins),
            np.stack(sums, axis=1),
            np.stack(low, axis=1) + origin,
            np.stack(high, axis=1) + origin + 1,
            *_grey_sums(grey, runs, found, begins),
        )

    @classmethod
    def together(cls, parts: Sequence[Rows]) -> Rows:
        """The objects of all parts; what parts have in common is one object."""
        if not parts:
            return cls.none()
        whole = cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__slots__))
        if not whole.ids.size:
            return whole
        ids, where = fastremap.unique(whole.ids, return_inverse=True)
        return _grouped(whole, np.asarray(ids, np.uint32), where)

    def chosen(self, which: NDArray[Any]) -> Rows:
        """Some rows, by mask or by place."""
        return type(self)(*(getattr(self, name)[which] for name in self.__slots__))

    def places(self, ids: NDArray[np.uint32]) -> NDArray[np.intp]:
        """The rows of some objects; those that there are not are left out."""
        found = np.searchsorted(self.ids, ids)
        inside = found < self.ids.size
        found = found[inside]
        return found[self.ids[found] == np.asarray(ids)[inside]]

    def box(self, place: int) -> Region:
        """The box around the object of a row."""
        low, high = self.low[place].tolist(), self.high[place].tolist()
        return Region((low[0], low[1], low[2]), (high[0], high[1], high[2]))

    @property
    def means(self) -> NDArray[np.float64]:
        """(N,) mean grey values; NaN where there are none."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.finite > 0, self.grey / self.finite, np.nan)

    def touches_border(self, shape: Index3) -> NDArray[np.bool_]:
        """(N,) whether an object may go on outside of an image of ``shape``; z counts only in volumes."""
        axes = [1, 2] if shape[0] == 1 else [0, 1, 2]
        ends = np.asarray(shape)[axes]
        return np.asarray((self.low[:, axes] == 0).any(axis=1) | (self.high[:, axes] == ends).any(axis=1))


def _grouped(parts: Rows, ids: NDArray[np.uint32], where: NDArray[Any]) -> Rows:
    """One row for each of ``ids``; ``where`` says to which each row of ``parts`` belongs."""
    order, begins = _groups(where, ids.size)
    sums = {name: np.add.reduceat(getattr(parts, name)[order], begins, axis=0) for name in _ADDED}
    low = np.minimum.reduceat(parts.low[order], begins, axis=0)
    high = np.maximum.reduceat(parts.high[order], begins, axis=0)
    return Rows(ids, sums["voxels"], sums["sums"], low, high, sums["grey"], sums["finite"])


def _groups(where: NDArray[Any], count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The order that brings what belongs together side by side, and where each group begins in it."""
    narrow = where.astype(np.uint16 if count <= _MOST_OF_16_BITS else np.uint32)  # numbers of 16 bits sort by counting
    order = np.argsort(narrow, kind="stable")
    sizes = np.bincount(narrow, minlength=count)
    return order, np.cumsum(sizes) - sizes


_MOST_OF_16_BITS = 2**16  # different numbers
_ADDED = ("voxels", "sums", "grey", "finite")


def _grey_sums(
    grey: NDArray[Any] | None, runs: RowRuns, found: NDArray[np.intp], begins: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Sum and number of the finite grey values of each object; ``found`` are its runs, object by object."""
    if grey is None:
        return np.zeros(begins.size), np.zeros(begins.size, np.int64)
    totals, finite = _grey_of(grey, runs)
    return np.add.reduceat(totals[found], begins), np.add.reduceat(finite[found], begins)


def _grey_of(grey: NDArray[Any], runs: RowRuns) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Sum and number of the finite grey values of each run."""
    flat = np.ascontiguousarray(grey).reshape(-1).astype(np.float64)
    finite = np.isfinite(flat)
    if finite.all():
        return np.add.reduceat(flat, runs.begins), runs.lengths.astype(np.int64)
    sums = np.add.reduceat(np.where(finite, flat, 0.0), runs.begins)
    return sums, np.add.reduceat(finite.astype(np.int64), runs.begins)
