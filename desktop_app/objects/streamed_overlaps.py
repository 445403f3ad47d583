"""Agreement of two label volumes of any size: block by block, with memory for the objects and not for the voxels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.objects.agreement import Overlaps, VoxelScores
from desktop_app.objects.numbering import numbered

_DENSE_LIMIT = 20_000_000
"""Possible pairs up to which they are counted in a table of 8 bytes each (160 MB) instead of by sorting."""
_SHIFT = np.uint64(32)  # bits: both ids of a pair in one number


@dataclass(slots=True)
class OverlapCounter:
    """Counts pairs of objects; blocks may cut objects."""

    _pairs: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))
    _counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def add(self, first: NDArray[np.uint32], second: NDArray[np.uint32]) -> None:
        """Count one block of both; arrays of one shape.

        Raises:
            ValueError: If the shapes differ.
        """
        if first.shape != second.shape:
            raise ValueError(f"Expected two blocks of one shape, got {first.shape} and {second.shape}")
        pairs, counts = _counted(first, second)
        self._merge(np.concatenate([self._pairs, pairs]), np.concatenate([self._counts, counts]))

    def leave_out(self, ids: NDArray[np.integer[Any]]) -> None:
        """Count what belongs to these objects of the first volume as nothing (0)."""
        first, second = self._ids()
        first[np.isin(first, ids)] = 0
        self._merge(_paired(first, second), self._counts)

    def pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Both ids of every pair that shares voxels, nothing (0) among them, and how many."""
        return (*self._ids(), self._counts)

    def overlaps(self) -> Overlaps:
        """All pairs that share voxels, the first volume as the predicted one."""
        first, second = self._ids()
        left_ids, left = np.unique(first, return_inverse=True)
        right_ids, right = np.unique(second, return_inverse=True)
        left_sizes, right_sizes = np.bincount(left, self._counts), np.bincount(right, self._counts)
        pair = (first > 0) & (second > 0)
        shared = self._counts[pair]
        union = left_sizes[left[pair]] + right_sizes[right[pair]] - shared
        n_first, n_second = int(np.count_nonzero(left_ids)), int(np.count_nonzero(right_ids))
        return Overlaps(first[pair], second[pair], shared, shared / np.maximum(union, 1), n_first, n_second)

    def voxels(self, *, by_class: bool = False) -> VoxelScores:
        """Agreement of what is labelled; ``by_class`` counts voxels as common only where both labels are equal."""
        first, second = self._ids()
        common = (first > 0) & ((first == second) if by_class else (second > 0))
        both = int(self._counts[common].sum())
        total = int(self._counts[first > 0].sum()) + int(self._counts[second > 0].sum())
        return VoxelScores(2 * both / total if total else None, both / (total - both) if total else None)

    def of_class(self, value: int) -> VoxelScores:
        """Agreement of the voxels of one value."""
        first, second = self._ids()
        found, true = first == value, second == value
        both = int(self._counts[found & true].sum())
        total = int(self._counts[found].sum() + self._counts[true].sum())
        return VoxelScores(2 * both / total if total else None, both / (total - both) if total else None)

    def _merge(self, pairs: NDArray[np.uint64], counts: NDArray[np.int64]) -> None:
        self._pairs, places = np.unique(pairs, return_inverse=True)
        self._counts = np.zeros(len(self._pairs), np.int64)
        np.add.at(self._counts, places, counts)

    def _ids(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return (self._pairs >> _SHIFT).astype(np.int64), (self._pairs & np.uint64(2**32 - 1)).astype(np.int64)


def _counted(first: NDArray[np.uint32], second: NDArray[np.uint32]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Pairs of ids that share voxels, nothing (0) among them, and how many voxels each."""
    left, left_ids = numbered(first)
    right, right_ids = numbered(second)
    width = len(right_ids)
    keys = left.reshape(-1).astype(np.int64) * width + right.reshape(-1)
    if len(left_ids) * width <= _DENSE_LIMIT:
        counts = np.bincount(keys)
        found = np.flatnonzero(counts)
        counts = counts[found]
    else:
        found, counts = np.unique(keys, return_counts=True)
    return _paired(left_ids[found // width], right_ids[found % width]), counts


def _paired(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.uint64]:
    return (first.astype(np.uint64) << _SHIFT) | second.astype(np.uint64)
