"""The C library is told to keep freed memory while training, and told to stop afterwards."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

import pytest

from desktop_app.ml import malloc_tuning as allocation
from desktop_app.ml.malloc_tuning import freed_memory_kept, give_back_freed_memory


@dataclass
class FakeLibrary:
    """Remembers what it was told."""

    thresholds: dict[int, int] = field(default_factory=dict)
    trimmed: int = 0

    def mallopt(self, parameter: int, value: int) -> int:
        self.thresholds[parameter] = value
        return 1

    def malloc_trim(self, _pad: int) -> int:
        self.trimmed += 1
        return 1


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> FakeLibrary:
    fake = FakeLibrary()
    monkeypatch.setattr(allocation, "_glibc", lambda: fake)
    return fake


def test_large_blocks_are_kept_inside_only(library: FakeLibrary) -> None:
    with freed_memory_kept():
        inside = dict(library.thresholds)
        assert library.trimmed == 0
    assert min(inside.values()) >= 2**29
    assert max(library.thresholds.values()) <= 2**25
    assert library.thresholds.keys() == inside.keys() == {-1, -3}
    assert library.trimmed == 1


def test_the_usual_ways_return_after_an_error(library: FakeLibrary) -> None:
    with pytest.raises(ValueError, match="stop"), freed_memory_kept():
        raise ValueError("stop")
    assert max(library.thresholds.values()) <= 2**25
    assert library.trimmed == 1


def test_freed_memory_is_given_back_and_all_else_stays(library: FakeLibrary) -> None:
    give_back_freed_memory()
    assert library.trimmed == 1
    assert not library.thresholds


def test_nothing_happens_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    give_back_freed_memory()
    with freed_memory_kept():
        assert allocation._glibc() is None
