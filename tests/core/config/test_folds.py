from __future__ import annotations

import pytest
from pydantic import ValidationError

from desktop_app.core.config.dataset import DatasetConfig, DatasetSplitParameters, PairConfig
from desktop_app.core.config.folds import suggested_parts, why_in_turn, why_not_in_turn


def dataset(groups: str, **split: object) -> DatasetConfig:
    pairs = tuple(
        PairConfig(name=f"{n}", image="i", labels="l", group=g.strip(".")) for n, g in enumerate(groups.split())
    )
    return DatasetConfig(pairs=pairs, split=DatasetSplitParameters.model_validate(split))


@pytest.mark.parametrize(
    ("groups", "parts"),
    [("a a b b", 2), ("a b c", 3), ("a b c d e f a", 5), ("a a a", 3), ("a", 0), ("a b c d e f g h i j k", 0)],
)
def test_few_groups_are_worth_checking_in_turn(groups: str, parts: int) -> None:
    assert suggested_parts(dataset(groups)) == parts
    assert bool(why_in_turn(dataset(groups))) == (parts > 0)


def test_it_is_not_suggested_where_it_is_chosen_or_cannot_be() -> None:
    given = dataset("a b c")
    assert suggested_parts(dataset("a b c", folds=3)) == 0
    assert suggested_parts(dataset("a b c", validation=0)) == 0
    fixed = given.pairs[0].model_copy(update={"role": "validation"})
    assert suggested_parts(given.model_copy(update={"pairs": (fixed, *given.pairs[1:])})) == 0
    bare = given.pairs[0].model_copy(update={"labels": None})
    assert suggested_parts(given.model_copy(update={"pairs": (bare, *given.pairs[1:])})) == 0


def test_why_images_cannot_be_checked_in_turn_is_said() -> None:
    given = dataset("a b c")
    assert why_not_in_turn(given) == ""
    assert "two images or groups" in why_not_in_turn(dataset("a"))
    fixed = tuple(pair.model_copy(update={"role": "train"}) for pair in given.pairs[:2])
    assert "free for it" in why_not_in_turn(given.model_copy(update={"pairs": (*fixed, given.pairs[2])}))
    aside = given.pairs[0].model_copy(update={"role": "validation"})
    assert "set to be for validation" in why_not_in_turn(given.model_copy(update={"pairs": (aside, *given.pairs[1:])}))
    bare = tuple(pair.model_copy(update={"labels": None}) for pair in given.pairs)
    assert "No image has labels" in why_not_in_turn(given.model_copy(update={"pairs": bare}))


def test_groups_are_named_where_there_are_some() -> None:
    assert why_in_turn(dataset("a a b")).startswith("With 2 groups")
    assert why_in_turn(dataset("a b c")).startswith("With 3 images")


def test_one_part_is_none() -> None:
    with pytest.raises(ValidationError, match="two parts"):
        DatasetSplitParameters(folds=1)
    assert DatasetSplitParameters(folds=2).kept_aside == 0
    assert DatasetSplitParameters().kept_aside == 0.15
