from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.config.dataset import DatasetSplitParameters, PairConfig
from desktop_app.core.imaging import Region
from desktop_app.ml.data.split import draw_images, split_by_image, split_by_space


def _pairs(count: int, **roles: str) -> list[PairConfig]:
    names = [f"n{i}" for i in range(count)]
    return [
        PairConfig.model_validate({"name": n, "image": n, "labels": n, "role": roles.get(n, "auto")}) for n in names
    ]


def test_shares_are_met_and_the_seed_decides() -> None:
    parts = split_by_image(_pairs(20), DatasetSplitParameters(validation=0.15, test=0.2, seed=3))
    assert (parts.count("train"), parts.count("validation"), parts.count("test")) == (13, 3, 4)
    assert parts == split_by_image(_pairs(20), DatasetSplitParameters(validation=0.15, test=0.2, seed=3))
    assert parts != split_by_image(_pairs(20), DatasetSplitParameters(validation=0.15, test=0.2, seed=4))


def test_roles_chosen_by_hand_stay() -> None:
    pairs = _pairs(6, n0="test", n1="validation", n2="unused")
    parts = split_by_image(pairs, DatasetSplitParameters(validation=0.2, test=0.2))
    assert parts[:3] == ["test", "validation", "unused"]
    assert parts[3:] == ["train"] * 3


def test_two_images_give_one_for_validation_and_one_stays_for_training() -> None:
    assert sorted(split_by_image(_pairs(2), DatasetSplitParameters(validation=0.1))) == ["train", "validation"]
    assert split_by_image(_pairs(1), DatasetSplitParameters(validation=0.5)) == ["train"]
    assert split_by_image(_pairs(3), DatasetSplitParameters(validation=0.0)) == ["train"] * 3


def test_order_of_the_pairs_does_not_matter() -> None:
    pairs = _pairs(9)
    split = DatasetSplitParameters(validation=0.3)
    forth = dict(zip((p.name for p in pairs), split_by_image(pairs, split), strict=True))
    back = dict(zip((p.name for p in pairs[::-1]), split_by_image(pairs[::-1], split), strict=True))
    assert forth == back


@given(
    shape=st.tuples(*(st.integers(1, 90) for _ in range(3))),
    patch=st.tuples(*(st.integers(1, 64) for _ in range(3))),
    share=st.floats(0.05, 0.6),
)
def test_parts_of_one_image_never_touch(shape: tuple[int, int, int], patch: tuple[int, int, int], share: float) -> None:
    cut = split_by_space(shape, patch, share)
    if cut is None:
        return
    whole = np.zeros(shape, np.uint8)
    whole[cut.train.slices] += 1
    whole[cut.validation.slices] += 2
    assert not cut.train.empty
    assert not cut.validation.empty
    assert set(np.unique(whole)) <= {0, 1, 2}
    assert cut.train.expand(1, shape).intersect(cut.validation).empty


def test_a_cut_is_placed_where_both_parts_hold_something() -> None:
    def holds(region: Region) -> bool:
        return region.start[2] < 20

    cut = split_by_space((1, 40, 200), (1, 32, 32), 0.25, holds)
    assert cut is not None
    assert holds(cut.train)
    assert holds(cut.validation)


def test_a_tiny_image_cannot_be_cut() -> None:
    assert split_by_space((1, 2, 2), (1, 32, 32), 0.25) is None
    assert split_by_space((10, 100, 100), (1, 32, 32), 0.0) is None


@given(st.sets(st.integers(0, 8)), st.integers(2, 9), st.integers(0, 5))
def test_images_with_labels_are_kept_aside_but_never_the_last_one(held: set[int], count: int, seed: int) -> None:
    pairs = _pairs(count)
    split = DatasetSplitParameters(validation=0.25, test=0.2, seed=seed)
    names = {f"n{i}" for i in held if i < count}
    parts = split_by_image(pairs, split, lambda pair: pair.name in names)
    assert sorted(parts) == sorted(split_by_image(pairs, split))
    aside = [pair.name in names for pair, part in zip(pairs, parts, strict=True) if part != "train"]
    learned = [pair.name in names for pair, part in zip(pairs, parts, strict=True) if part == "train"]
    assert sum(aside) == min(len(aside), max(0, len(names) - 1))
    assert any(learned) == bool(names)


@given(sizes=st.lists(st.integers(1, 6), min_size=2, max_size=8), share=st.floats(0.01, 0.6), seed=st.integers(0, 99))
def test_groups_are_never_on_both_sides(sizes: list[int], share: float, seed: int) -> None:
    pairs = [
        PairConfig(name=f"g{group}_{i}", image="x", group=f"g{group}")
        for group, size in enumerate(sizes)
        for i in range(size)
    ]
    parts = split_by_image(pairs, DatasetSplitParameters(validation=share, test=share / 2, seed=seed))
    sides = {
        pair.group: {part for other, part in zip(pairs, parts, strict=True) if other.group == pair.group}
        for pair in pairs
    }
    assert all(len(found) == 1 for found in sides.values())
    assert {"train", "validation"} <= set(parts)


def test_a_group_follows_the_image_whose_role_was_chosen() -> None:
    pairs = [PairConfig(name=f"{g}{i}", image="x", group=g) for g in "abc" for i in range(3)]
    pairs[4] = pairs[4].model_copy(update={"role": "test"})
    parts = split_by_image(pairs, DatasetSplitParameters(validation=0.3))
    assert parts[3:6] == ["test"] * 3
    assert parts.count("validation") == 3


def test_images_of_one_group_and_those_meant_singly_are_split_one_by_one() -> None:
    alike = [PairConfig(name=f"z{i}", image="x", group="one") for i in range(8)]
    assert split_by_image(alike, DatasetSplitParameters(validation=0.25)).count("validation") == 2
    two = [pair.model_copy(update={"group": f"g{i % 2}"}) for i, pair in enumerate(alike)]
    assert split_by_image(two, DatasetSplitParameters(validation=0.25)).count("validation") == 4
    assert split_by_image(two, DatasetSplitParameters(validation=0.25, by="image")).count("validation") == 2


@pytest.mark.parametrize(("groups", "kept"), [(5, 1), (6, 2), (9, 2)])
def test_with_six_groups_validation_has_two(groups: int, kept: int) -> None:
    pairs = [PairConfig(name=f"{g}_{n}", image="x", group=f"g{g}") for g in range(groups) for n in range(3)]
    parts = split_by_image(pairs, DatasetSplitParameters())
    checked = {pair.group for pair, part in zip(pairs, parts, strict=True) if part == "validation"}
    assert len(checked) == kept
    assert parts.count("validation") == 3 * kept
    assert "validation" not in split_by_image(pairs, DatasetSplitParameters(validation=0))


def _with_classes(classes: list[set[int]], size: int = 1) -> list[PairConfig]:
    """Pairs with class labels; of groups where there are several of a size."""
    return [
        PairConfig(name=f"n{n}_{i}", image="x", labels="x", group=f"g{n}" if size > 1 else "", classes=tuple(values))
        for n, values in enumerate(classes)
        for i in range(size)
    ]


@given(
    classes=st.lists(st.sets(st.integers(1, 4), max_size=3), min_size=3, max_size=14),
    size=st.integers(1, 2),
    share=st.floats(0.05, 0.5),
    seed=st.integers(0, 99),
)
def test_classes_change_only_a_draw_that_lacks_one(classes: list[set[int]], size: int, share: float, seed: int) -> None:
    pairs = _with_classes(classes, size)
    split = DatasetSplitParameters(validation=share, test=share / 2, seed=seed)
    own = split_by_image(pairs, split)
    drawn = draw_images(pairs, split, classes=(1, 2, 3, 4))

    def held(parts: list[str], part: str) -> set[int]:
        return {v for pair, each in zip(pairs, parts, strict=True) if each == part for v in pair.classes or ()}

    several = {v for v in range(1, 5) if sum(v in values for values in classes) > 1}
    unlearned = [set().union(*classes) - held(list(parts), "train") for parts in (own, drawn.parts)]
    unchecked = [several - held(list(parts), "validation") for parts in (own, drawn.parts)]
    assert sorted(drawn.parts) == sorted(own)
    assert (len(unlearned[1]), len(unchecked[1])) <= (len(unlearned[0]), len(unchecked[0]))
    if not unlearned[0] and not unchecked[0]:
        assert drawn.parts == own
    assert (drawn.parts == own) == drawn.classes.nothing


def test_a_rare_class_is_learned_and_checked_whatever_the_seed() -> None:
    pairs = _with_classes([{1}] * 10 + [{1, 2}, {1, 2}, {1, 3}])
    unlike = 0
    for seed in range(20):
        split = DatasetSplitParameters(validation=0.2, seed=seed)
        parts = split_by_image(pairs, split, classes=(1, 2, 3))
        assert {parts[10], parts[11]} == {"train", "validation"}
        assert parts[12] == "train"
        assert parts.count("validation") == 3
        unlike += parts != split_by_image(pairs, split)
        assert parts == split_by_image(pairs, split, classes=(1, 2, 3))
    assert 0 < unlike < 20


def test_the_seed_alone_draws_where_classes_are_not_known_or_not_wanted() -> None:
    pairs = _with_classes([{1}] * 5 + [{1, 2}, {1, 2}])
    for seed in range(10):
        split = DatasetSplitParameters(validation=0.3, seed=seed)
        own = split_by_image([pair.model_copy(update={"classes": None}) for pair in pairs], split)
        unknown = [*pairs[:-1], pairs[-1].model_copy(update={"classes": None})]
        assert split_by_image(unknown, split, classes=(1, 2)) == own
        off = split.model_copy(update={"every_class": False})
        assert split_by_image(pairs, off, classes=(1, 2)) == own
        assert split_by_image(pairs, split) == own
