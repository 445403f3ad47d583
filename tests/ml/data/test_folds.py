from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.config.dataset import DatasetConfig, DatasetSplitParameters, PairConfig
from desktop_app.core.errors import UserError
from desktop_app.core.project.model import Role
from desktop_app.ml.data.folds import folds_of, load_folds


def dataset(groups: list[str], folds: int = 3, roles: dict[int, Role] | None = None, **split: float) -> DatasetConfig:
    pairs = tuple(
        PairConfig(name=f"{place}", image="i", labels="l", group=group, role=(roles or {}).get(place, "auto"))
        for place, group in enumerate(groups)
    )
    return DatasetConfig(pairs=pairs, split=DatasetSplitParameters.model_validate({"folds": folds, **split}))


@given(st.lists(st.sampled_from("abcdefgh"), min_size=2, max_size=30), st.integers(2, 8))
def test_each_group_is_kept_aside_once_and_whole(groups: list[str], folds: int) -> None:
    given_to = dataset(groups, folds)
    if len(set(groups)) == 1:
        groups = [str(place) for place in range(len(groups))]  # of one specimen, images stand for themselves
    made = folds_of(given_to)
    assert made.count == min(folds, len(set(groups)))
    assert len({(group, part) for group, part in zip(groups, made.part_of, strict=True)}) == len(set(groups))
    aside = [0] * len(groups)
    for part in range(1, made.count + 1):
        roles = [pair.role for pair in made.kept_aside(given_to, part).pairs]
        assert {"train", "validation"} == set(roles)
        aside = [seen + (role == "validation") for seen, role in zip(aside, roles, strict=True)]
    assert set(aside) == {1}
    whole = made.whole(given_to)
    assert {pair.role for pair in whole.pairs} == {"train"}
    assert whole.split.kept_aside == 0


def test_parts_hold_about_as_many_images() -> None:
    made = folds_of(dataset(["a"] * 4 + ["b", "b", "c", "c", "d", "e", "f", "g"]))
    assert sorted(made.part_of.count(part) for part in (1, 2, 3)) == [4, 4, 4]


def test_what_the_user_said_of_images_stays() -> None:
    made = folds_of(dataset(list("abcdef"), 2, {0: "train", 1: "unused", 2: "test"}))
    assert made.part_of[:3] == (0, -2, -1)
    given_to = dataset(list("abcdef"), 2, {0: "train", 1: "unused", 2: "test"})
    assert [pair.role for pair in made.kept_aside(given_to, 1).pairs][:3] == ["train", "unused", "unused"]
    assert [pair.role for pair in made.whole(given_to).pairs][:3] == ["train", "unused", "test"]


def test_a_share_for_the_test_is_never_learned_from() -> None:
    given_to = dataset(list("abcdefghij"), 4, test=0.2)
    made = folds_of(given_to)
    assert made.part_of.count(-1) == 2
    assert made.count == 4


@pytest.mark.parametrize(
    ("groups", "roles", "said"),
    [("ab", {0: "validation"}, "set to be for validation"), ("a", {}, "two images or groups")],
)
def test_what_cannot_be_checked_in_turn_is_said(groups: str, roles: dict[int, Role], said: str) -> None:
    with pytest.raises(UserError, match=said):
        folds_of(dataset(list(groups), 2, roles))


def test_every_model_of_a_part_learns_every_class_that_several_images_have() -> None:
    unlike = 0
    for seed in range(20):
        given_to = dataset(list("abcdefgh"), 4, seed=seed)
        pairs = [pair.model_copy(update={"classes": (1, 2) if pair.group in "ab" else (1,)}) for pair in given_to.pairs]
        known = given_to.model_copy(update={"pairs": tuple(pairs), "kind": "classes", "class_values": (1, 2)})
        made, own = folds_of(known), folds_of(given_to)
        assert made.part_of[0] != made.part_of[1]
        assert sorted(made.part_of) == sorted(own.part_of)
        assert (made == own) == (own.part_of[0] != own.part_of[1])
        unlike += made != own
    assert unlike > 0


def test_a_run_keeps_to_its_parts_unless_they_are_of_other_images(tmp_path: Path) -> None:
    given_to = dataset(list("abc"))
    made = folds_of(given_to)
    made.save(tmp_path / "parts.json")
    assert load_folds(tmp_path / "parts.json", given_to.pairs) == made
    assert load_folds(tmp_path / "parts.json", given_to.pairs[:2]) is None
    assert load_folds(tmp_path / "none.json", given_to.pairs) is None
