"""Islands of touching voxels."""

from __future__ import annotations

from typing import Any, Literal

import cc3d
import numpy as np
from numpy.typing import NDArray


def connected_objects(mask: NDArray[Any], *, connectivity: Literal[6, 26] = 26) -> NDArray[np.uint32]:
    """Give each island of touching voxels its own number.

    Args:
        mask: ``(Z, Y, X)`` bool, or class numbers (unsigned): then voxels of different classes never share an island.
        connectivity: 26 (corners touch) or 6 (only faces touch). In a single slice these are 8 and 4.

    Returns:
        ``(Z, Y, X) uint32``, 0 outside, islands numbered from 1.
    """
    if connectivity not in (6, 26):
        raise ValueError(f"Expected connectivity 6 or 26, got {connectivity}")
    if mask.size == 0:
        return np.zeros(mask.shape, np.uint32)
    try:
        return _numbered(mask, connectivity)
    except RuntimeError:  # it expects fewer islands than fit into an odd number of voxels, where all are single ones
        even = np.pad(mask, [(0, length % 2) for length in mask.shape])
        return _numbered(even, connectivity)[tuple(slice(length) for length in mask.shape)]


def _numbered(mask: NDArray[Any], connectivity: Literal[6, 26]) -> NDArray[np.uint32]:  # neighbours
    islands = cc3d.connected_components(np.ascontiguousarray(mask), connectivity=connectivity, out_dtype=np.uint32)
    return islands.astype(np.uint32, copy=False)
