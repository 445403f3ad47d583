"""How much more the voxels of small objects count, so that objects of all sizes are learned alike."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from desktop_app.core.imaging import Index3
from desktop_app.objects.numbering import numbered

MOST = 4.0
"""Times that a voxel counts at most: specks of a few voxels, often no objects at all, would outweigh all else."""


def size_weights(labels: NDArray[Any], balance: float, reach: Index3) -> NDArray[np.float32]:
    """Of the voxels of objects smaller than the usual one, ``(usual size / size) ** balance``; 1 everywhere else.

    A loss sums over voxels, so that an object counts as much as it is large, while scores count objects. The usual size
    is the median; larger objects keep the weight 1, since their rims are as hard to find.

    Args:
        labels: ``(Z, Y, X)`` object ids; 0 is none.
        balance: From 0, all voxels alike, to 1, small objects as much as the usual one.
        reach: Voxels along (z, y, x) around an object that count as its own do.

    Returns:
        ``(Z, Y, X) float32`` from 1 to ``MOST``.
    """
    numbers, _ = numbered(labels)
    sizes = np.bincount(numbers.reshape(-1))[1:]
    if sizes.size == 0 or balance == 0:
        return np.ones(labels.shape, np.float32)
    weights = np.ones(sizes.size + 1, np.float32)
    weights[1:] = np.clip((np.median(sizes) / sizes) ** balance, 1, MOST)
    spread: NDArray[np.float32] = maximum_filter(weights[numbers], [2 * edge + 1 for edge in reach], mode="nearest")
    return spread
