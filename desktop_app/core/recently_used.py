"""What was used last stays in memory, within a budget."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from cachetools import LRUCache
from numpy.typing import NDArray

_Kept = TypeVar("_Kept")


def recently_used(budget: int, size_of: Callable[[_Kept], int], at_least: int = 1) -> LRUCache[Any, _Kept]:
    """A table that forgets what was used longest ago; not locked.

    Args:
        budget: Bytes for all that is kept.
        size_of: Bytes of one.
        at_least: How many are kept whatever their size: the one in use must not be read again and again.
    """
    return LRUCache(budget, lambda kept: min(size_of(kept), budget // at_least))


def bytes_of(array: NDArray[Any]) -> int:
    """Of an array in memory."""
    return array.nbytes
