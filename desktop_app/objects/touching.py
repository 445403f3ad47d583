"""Where objects touch, or nearly do."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter, minimum_filter

from desktop_app.core.imaging import Index3
from desktop_app.objects.numbering import numbered


def between_objects(labels: NDArray[Any], reach: Index3) -> NDArray[np.bool_]:
    """Voxels with two objects or more within reach, which the weights of Ronneberger et al. 2015 (arXiv 1505.04597) are
    about, but of one height.

    Args:
        labels: ``(Z, Y, X)`` object ids; 0 is none.
        reach: How far along (z, y, x), in voxels; 0 looks at each slice by itself.

    Returns:
        ``(Z, Y, X)`` bool.
    """
    numbers, ids = numbered(labels)
    if len(ids) < 3:  # the background and one object, which touches nothing
        return np.zeros(labels.shape, bool)
    size = [2 * edge + 1 for edge in reach]
    highest = maximum_filter(numbers, size, mode="nearest")
    none = np.iinfo(numbers.dtype).max
    lowest = minimum_filter(np.where(numbers == 0, none, numbers), size, mode="nearest")
    touching: NDArray[np.bool_] = (highest > 0) & (lowest < none) & (highest != lowest)
    return touching
