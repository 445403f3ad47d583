"""What was used last is kept."""

from __future__ import annotations

from desktop_app.core.recently_used import recently_used


def test_what_was_used_longest_ago_goes_first() -> None:
    kept = recently_used(10, len)
    kept["a"], kept["b"] = "1234", "12345"
    assert kept.get("a") == "1234"
    kept["c"] = "12345"
    assert list(kept) == ["a", "c"]


def test_what_is_larger_than_the_budget_is_kept_alone() -> None:
    kept = recently_used(10, len)
    kept["a"], kept["b"] = "1", "x" * 99
    assert list(kept) == ["b"]


def test_as_many_as_are_needed_at_once_are_kept() -> None:
    kept = recently_used(10, len, at_least=3)
    for name in "abcd":
        kept[name] = "x" * 99
    assert list(kept) == ["b", "c", "d"]
