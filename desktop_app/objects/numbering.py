"""Sequential numbers for any ids."""

from __future__ import annotations

from typing import Any

import fastremap
import numpy as np
from numpy.typing import NDArray


def numbered(labels: NDArray[Any]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Labels with the numbers 1, 2, 3 … in the order in which they first appear; 0 stays 0.

    Args:
        labels: Integers of any shape, none negative.

    Returns:
        The numbers, uint32 of the same shape, and the id behind each number (entry 0 is 0).
    """
    if labels.size == 0:
        return np.zeros(labels.shape, np.uint32), np.zeros(1, np.int64)
    numbers, names = fastremap.renumber(np.ascontiguousarray(labels), preserve_zero=True, in_place=False)
    originals = np.fromiter((int(k) for k in names), np.int64, len(names))
    positions = np.fromiter((int(v) for v in names.values()), np.int64, len(names))
    ids = np.zeros(int(positions.max(initial=0)) + 1, np.int64)
    ids[positions] = originals
    return numbers.astype(np.uint32, copy=False), ids
