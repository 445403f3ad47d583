"""Counting the values of large images: NumPy makes eight bytes of each pixel for it, so a part at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_PIXELS = 2**22  # at once: bounds the memory of intermediate arrays to some 32 MB


def stretches(pixels: int) -> Iterator[slice]:
    """Parts of a flat image, one after the other."""
    return (slice(start, min(start + _PIXELS, pixels)) for start in range(0, pixels, _PIXELS))


def occurrences(values: NDArray[np.unsignedinteger], count: int) -> NDArray[np.int64]:
    """How often each number below ``count`` occurs.

    Args:
        values: Unsigned integers of any shape, all below ``count``.
        count: Length of the answer.
    """
    flat = values.reshape(-1)
    found = np.zeros(count, np.int64)
    for part in stretches(flat.size):
        found += np.bincount(flat[part], minlength=count)
    return found
