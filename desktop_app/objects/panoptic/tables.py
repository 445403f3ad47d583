"""Tables of objects that tracking and agreement have in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Filter:
    """Which objects are large enough.

    Attributes:
        min_size: Least voxels.
        min_extent: Least voxels along every axis.
    """

    min_size: int = 0
    min_extent: int = 0

    def keep(self, sizes: NDArray[np.int64], boxes: NDArray[np.int64]) -> NDArray[np.bool_]:
        """True for objects that stay.

        Args:
            sizes: ``(n,)`` voxels.
            boxes: ``(n, 6)`` half-open, the three firsts, then the three behind the last.
        """
        extents = (boxes[:, 3:] - boxes[:, :3]).min(axis=1, initial=np.iinfo(np.int64).max)
        return (sizes >= self.min_size) & (extents >= self.min_extent)


def first_seen(names: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Distinct names in the order in which they first appear, and the place of each entry among them."""
    distinct, first, inverse = np.unique(names, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return distinct[order], rank[inverse]
