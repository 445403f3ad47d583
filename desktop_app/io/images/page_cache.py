"""Decoded pieces of an image file, kept while they are likely to be asked for again."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from cachetools import LRUCache
from numpy.typing import NDArray

from desktop_app.core.recently_used import bytes_of, recently_used

CACHE_BYTES = 128 * 2**20
"""Enough to read an image from front to back."""


def viewing_cache_bytes(memory_mb: int) -> int:
    """Memory for decoded pieces of what is looked at, of all that the user allows for images; the rest is slices."""
    return max(CACHE_BYTES // 2, memory_mb * 2**20 * 3 // 4)  # three fourths; see the slices of the viewer


class ArrayCache:
    """Least recently used arrays up to a budget in bytes. Not locked: its owner is.

    Args:
        budget_bytes: Arrays are dropped, oldest use first, once together they are larger. One array is always kept.
    """

    def __init__(self, budget_bytes: int) -> None:
        self._arrays: LRUCache[Hashable, NDArray[Any]] = recently_used(max(1, budget_bytes), bytes_of)

    def get(self, key: Hashable, load: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """The array of ``key``, from memory or from ``load``."""
        if key in self._arrays:
            return self._arrays[key]
        array = load()
        self._arrays[key] = array
        return array

    def __contains__(self, key: Hashable) -> bool:
        return key in self._arrays
