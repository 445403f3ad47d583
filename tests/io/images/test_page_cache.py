"""Decoded pieces are kept up to a budget, the last used longest."""

from __future__ import annotations

import numpy as np
import pytest

from desktop_app.io.images.page_cache import ArrayCache


def _loaded(budget: int, keys: str, count: int) -> list[str]:
    """The keys that had to be loaded when arrays of ``count`` bytes are asked for in turn."""
    cache, loaded = ArrayCache(budget), []
    for key in keys:
        cache.get(key, lambda key=key: (loaded.append(key), np.zeros(count, np.uint8))[1])
    return loaded


def test_what_was_used_last_stays() -> None:
    assert _loaded(100, "abacab", 40) == ["a", "b", "c", "b"]


@pytest.mark.parametrize("budget", [0, 1, 100])
def test_one_array_is_kept_however_large_it_is(budget: int) -> None:
    assert _loaded(budget, "aaba", 1000) == ["a", "b", "a"]
