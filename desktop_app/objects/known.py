"""Voxels of which nothing is known, in slabs: what was found there cannot be judged."""

from __future__ import annotations

import fastremap
import numpy as np
from numpy.typing import NDArray

from desktop_app.objects.agreement import MOSTLY


class UnknownShares:
    """Counts, slab by slab, how many voxels of each object are unknown; memory follows the objects."""

    def __init__(self) -> None:
        self._ids = np.zeros(0, np.uint32)
        self._counts = np.zeros((0, 2), np.int64)

    def add(self, labels: NDArray[np.uint32], known: NDArray[np.bool_]) -> None:
        """Take in one slab of objects, and which of its voxels are known; both (Z, Y, X)."""
        ids, places = fastremap.unique(labels, return_inverse=True)
        places = np.asarray(places).reshape(-1)
        counts = np.stack([np.bincount(places, minlength=len(ids)), np.bincount(places, ~known.reshape(-1))], axis=1)
        together, rows = np.unique(np.concatenate([self._ids, ids]), return_inverse=True)
        total = np.zeros((len(together), 2), np.int64)
        np.add.at(total, rows, np.concatenate([self._counts, counts.astype(np.int64)]))
        self._ids, self._counts = together.astype(np.uint32), total

    def mostly_unknown(self) -> NDArray[np.uint32]:
        """The objects that lie mostly in unknown voxels."""
        return self._ids[self._counts[:, 1] > MOSTLY * self._counts[:, 0]]
