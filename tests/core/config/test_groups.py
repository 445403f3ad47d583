from __future__ import annotations

import pytest

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.config.groups import groups_in_words, on_both_sides_in_words, with_groups
from desktop_app.core.config.several_datasets import PairSource, combined
from desktop_app.core.errors import UserError


def _pairs(*names: str) -> tuple[PairConfig, ...]:
    return tuple(PairConfig(name=name, image=name) for name in names)


def test_groups_are_set_where_they_say_something() -> None:
    grouped = with_groups(_pairs("Emb01_t1", "Emb01_t2", "Emb02_t1"))
    assert [pair.group for pair in grouped] == ["Emb01", "Emb01", "Emb02"]
    assert "3 images belong to 2 groups (Emb01, Emb02)" in groups_in_words(grouped)
    for names in (("a1", "b2"), ("Emb01_t1", "Emb01_t2")):
        assert [pair.group for pair in with_groups(_pairs(*names))] == ["", ""]
        assert groups_in_words(_pairs(*names)) == ""


def test_a_pattern_decides_and_a_wrong_one_is_told() -> None:
    grouped = with_groups(_pairs("wt-3-left", "wt-3-right", "ko-1-left"), r"(\w+-\d)-")
    assert [pair.group for pair in grouped] == ["wt-3", "wt-3", "ko-1"]
    with pytest.raises(UserError, match="no pattern"):
        with_groups(_pairs("a"), "(")


def test_data_sets_are_named_apart_and_weighed() -> None:
    first, second = _pairs("a", "b"), _pairs("a")
    both = combined(
        [PairSource("one", first), PairSource("one", second, 0.5), PairSource("check", second, role="validation")]
    )
    assert [pair.name for pair in both] == ["one/a", "one/b", "one 2/a", "check/a"]
    assert [pair.weight for pair in both] == [1, 1, 0.5, 1]
    assert both[-1].role == "validation"
    assert combined([PairSource("one", first)]) == first


def test_a_specimen_that_is_learned_from_and_checked_with_is_named() -> None:
    learned, checked = _pairs("Emb01_t1", "Emb02_t5"), _pairs("Emb02_t8", "Emb03_t2")
    pairs = combined([PairSource("one", learned), PairSource("check", checked, role="validation")])
    text = on_both_sides_in_words(pairs, ("train", "train", "validation", "validation"))
    assert "learned from and checked with: Emb02. Scores" in text
    assert on_both_sides_in_words(pairs, ("train", "unused", "validation", "validation")) == ""
    assert on_both_sides_in_words(pairs[:2], ("train", "validation")) == ""
    assert on_both_sides_in_words(_pairs("Emb01_t1", "Emb01_t2"), ("train", "validation")) == ""
