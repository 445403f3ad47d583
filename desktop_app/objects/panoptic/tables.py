"""Tables of objects that tracking and agreement have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Extent: TypeAlias = int | tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which objects are large enough.

    Attributes:
        min_size: Least voxels.
        min_extent: Least voxels along every axis, or along each of the three.
    """

    min_size: int = 0
    min_extent: Extent = 0

    def keep(self, sizes: NDArray[np.int64], boxes: NDArray[np.int64]) -> NDArray[np.bool_]:
        """True for objects that stay.

        Args:
            sizes: ``(n,)`` voxels.
            boxes: ``(n, 6)`` half-open, the three firsts, then the three behind the last.
        """
        long_enough = (boxes[:, 3:] - boxes[:, :3] >= np.asarray(self.min_extent)).all(axis=1)
        return (sizes >= self.min_size) & long_enough


def least_extents(extent: int, edges: tuple[float, float, float], shape: tuple[int, int, int]) -> tuple[int, int, int]:
    """The least voxels of an object along each axis, for the same length along all of them.

    Along a thick axis fewer voxels make that length, but always one; along an axis on which the whole volume is
    shorter, no object is too short.

    Args:
        extent: In voxels of the finest axis.
        edges: Edge lengths of a voxel along the three axes.
        shape: Voxels of the volume along them.
    """
    finest = min(edges)
    wanted = (max(1, round(extent * finest / edge)) if extent else 0 for edge in edges)
    first, second, third = (n if n <= size else 0 for n, size in zip(wanted, shape, strict=True))
    return first, second, third


def first_seen(names: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Distinct names in the order in which they first appear, and the place of each entry among them."""
    distinct, first, inverse = np.unique(names, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return distinct[order], rank[inverse]
