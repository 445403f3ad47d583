"""Objects of volumes that are labelled piece by piece: one number per object, whatever it crosses."""

from __future__ import annotations

import fastremap
import numpy as np
from numpy.typing import NDArray

from desktop_app.objects.numbering import numbered


class BlockStitcher:
    """Joins pieces that were labelled independently and overlap.

    For each piece call ``add`` with its labels and with what is already known in the same box; keep what it returns,
    at least where the next pieces will overlap. In the end ``table`` turns the kept numbers into object numbers.
    Memory follows the number of objects, not of voxels.

    Args:
        min_share: Two labels are one object where they share at least this part of the smaller one, counted inside the
            overlap, 0 to 1. 0 joins all that share a voxel: right where pieces agree exactly, as connected islands do.
    """

    def __init__(self, min_share: float = 0.0) -> None:
        self._min_share = min_share
        self._count = 0
        self._left: list[NDArray[np.int64]] = []
        self._right: list[NDArray[np.int64]] = []

    @property
    def count(self) -> int:
        """Numbers given out so far."""
        return self._count

    def add(
        self, labels: NDArray[np.uint32], known: NDArray[np.uint32] | None = None, *, consecutive: bool = False
    ) -> NDArray[np.uint32]:
        """The labels of a piece in numbers that are unique over all pieces.

        Args:
            labels: ``(Z, Y, X) uint32``, numbered anyhow, 0 is the background.
            known: What earlier pieces gave for the same box, 0 where no piece has been yet.
            consecutive: Whether the labels are known to be numbered from 1 without gaps.

        Returns:
            ``(Z, Y, X) uint32``; an object that is already known keeps its number.
        """
        local = labels if consecutive else numbered(labels)[0]
        size = int(local.max(initial=0)) + 1
        numbers = np.zeros(size, np.int64)
        if known is not None:
            mine, theirs = self._pairs(local, known, size)
            numbers[mine[::-1]] = theirs[::-1]
            self._left.append(numbers[mine])
            self._right.append(theirs)
        fresh = np.flatnonzero(numbers[1:] == 0) + 1
        numbers[fresh] = np.arange(self._count + 1, self._count + 1 + fresh.size)
        self._count += int(fresh.size)
        return local if np.array_equal(numbers, np.arange(size)) else numbers.astype(np.uint32)[local]

    def table(self) -> NDArray[np.uint32]:
        """The object number (1, 2, 3 … without gaps) of each number given out; entry 0 is 0."""
        from scipy.sparse import coo_array  # what the window does without until something is measured
        from scipy.sparse.csgraph import connected_components

        size = self._count + 1
        left = np.concatenate([np.zeros(0, np.int64), *self._left])
        right = np.concatenate([np.zeros(0, np.int64), *self._right])
        graph = coo_array((np.ones(left.size, np.int8), (left, right)), shape=(size, size))
        _, group = connected_components(graph, directed=False)
        _, first, inverse = np.unique(group, return_index=True, return_inverse=True)
        rank = np.empty(first.size, np.uint32)
        rank[np.argsort(first)] = np.arange(first.size, dtype=np.uint32)
        return rank[inverse]

    def _pairs(
        self, local: NDArray[np.uint32], known: NDArray[np.uint32], size: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Labels and known numbers that are the same object."""
        at = np.flatnonzero((known.reshape(-1) > 0) & (local.reshape(-1) > 0))
        mine = local.reshape(-1)[at].astype(np.int64)
        theirs = known.reshape(-1)[at].astype(np.int64)
        keys, shared = fastremap.unique(theirs * size + mine, return_counts=True)
        pair_mine, pair_theirs = keys % size, keys // size
        if self._min_share > 0:
            covered = known.reshape(-1) > 0
            mine_size = np.bincount(local.reshape(-1)[covered], minlength=size)[pair_mine]
            names, sizes = fastremap.unique(known, return_counts=True)
            their_size = sizes[np.searchsorted(names, pair_theirs)]
            same = shared >= self._min_share * np.minimum(mine_size, their_size)
            pair_mine, pair_theirs = pair_mine[same], pair_theirs[same]
        return pair_mine, pair_theirs
