from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from desktop_app.core.advice.start_fit import StartFit, StartLook, extent_of, size_to_try, times_larger
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.imaging import VoxelSize
from desktop_app.core.recipes.data_report import DataReport, DataRow
from desktop_app.core.recipes.registry import RECIPES
from tests.cards import panoptic_card, semantic_card

WIDE = DataReport(rows=(), object_size=(3.0, 60.0, 40.0))
KNOWN: dict[str, Any] = {"object_extent": {"px": 20.0}}
PANOPTIC = TrainingConfig(
    recipe="panoptic", network="panoptic_bifpn", patch_size=(1, 128, 128), recipe_parameters={"downsampling": 1}
)


def test_a_model_that_finds_next_to_nothing_does_not_fit() -> None:
    fit = StartFit(StartLook(f1=0.1, dice=0.7))
    assert fit.poor
    assert "finds 10% of the objects rightly. Training from scratch is better." in fit.poor_words
    assert "an overlap of 5%" in StartFit(StartLook(dice=0.05)).poor_words
    for good in (StartFit(), StartFit(StartLook(f1=0.4, dice=0.1)), StartFit(StartLook(dice=0.4))):
        assert not good.poor
        assert not good.poor_words


@pytest.mark.parametrize(("extent", "said"), [(20.0, False), (31.0, False), (33.0, True), (12.0, True), (0.0, False)])
def test_objects_of_another_size_are_told_where_nothing_can_be_done(extent: float, said: bool) -> None:
    fit = StartFit(model_extent=20.0, extent=extent, other_size="resample the image.")
    assert bool(fit.size_words) == said
    assert not said or fit.size_words.endswith("those that the model knows 20 px: resample the image.")


def test_a_model_that_finds_more_at_its_own_size_fits_so() -> None:
    fit = StartFit(StartLook(f1=0.1), StartLook(f1=0.7), {"shrink": 3.0}, "0.33 times the size", 20.0, 60.0)
    assert fit.better_sized
    assert not fit.poor
    assert fit.size_words == (
        "Your objects are 60 px wide, those that the model knows 20 px. Before learning, the start model finds 70% of "
        "the objects rightly at 0.33 times the size, and 10% of the objects rightly as the images are. So it learns at "
        "0.33 times the size."
    )


def test_a_little_more_is_chance() -> None:
    fit = StartFit(StartLook(f1=0.6), StartLook(f1=0.63), {"shrink": 3.0}, "0.33 times the size")
    assert not fit.better_sized
    assert fit.size_words.endswith(
        "as the images are. That is no clear difference, so it learns from them as they are, unless you choose "
        "otherwise."
    )
    worse = StartFit(StartLook(f1=0.6), StartLook(f1=0.2), {"shrink": 3.0}, "0.33 times the size")
    assert worse.size_words.endswith(
        "as the images are. So it learns from them as they are, unless you choose otherwise."
    )
    assert StartFit(StartLook(dice=0.1), StartLook(dice=0.8)).better_sized
    assert not StartFit(StartLook(), StartLook()).better_sized
    assert [look.known for look in (StartLook(), StartLook(0.0), StartLook(dice=0.0))] == [False, True, True]


def test_pictures_do_not_make_looks_unlike() -> None:
    assert StartLook(0.5, picture=np.zeros((2, 2, 3), np.uint8)) == StartLook(0.5)


def test_sizes_are_compared_as_the_model_saw_them() -> None:
    assert times_larger(semantic_card(training=KNOWN), WIDE) == 3
    assert times_larger(semantic_card(training=KNOWN, prediction={"shrink": 2.0}), WIDE) == 6
    assert times_larger(semantic_card(object_diameter=30.0), WIDE) == 2


def test_voxels_tell_where_objects_do_not() -> None:
    fine = VoxelSize(z=1, y=0.25, x=0.25, unit="µm")
    row = DataRow("a", shape=(5, 99, 99), voxel_size=fine)
    card = semantic_card(voxel_size=VoxelSize(z=1, y=0.5, x=0.5, unit="µm"))
    assert times_larger(card, DataReport(rows=(row,))) == 2
    assert times_larger(semantic_card(), DataReport(rows=(row,))) == 1


def test_a_method_that_shrinks_images_is_tried_at_the_scale_at_which_objects_look_alike() -> None:
    card = panoptic_card(training=KNOWN, recipe_parameters={"downsampling": 1})
    assert size_to_try(card, PANOPTIC, WIDE) == {"downsampling": 3}
    already = PANOPTIC.model_copy(update={"recipe_parameters": {"downsampling": 3}})
    assert size_to_try(card, already, WIDE) == {}
    assert RECIPES["panoptic"].sized_words({"downsampling": 3}) == "scale 3"


def test_other_methods_are_tried_at_any_size() -> None:
    card, row = semantic_card(training=KNOWN), DataRow("a", shape=(5, 99, 99), voxel_size=VoxelSize(z=2, y=1, x=1))
    assert size_to_try(card, TrainingConfig(), WIDE) == {"shrink": 3.0, "shrink_z": 3.0}
    thick = DataReport(rows=(row,), object_size=(3.0, 60.0, 40.0))
    cubes = semantic_card(training=KNOWN, voxel_size=VoxelSize(z=1, y=1, x=1))
    assert size_to_try(cubes, TrainingConfig(), thick) == {"shrink": 3.0, "shrink_z": 1.5}
    flat = semantic_card(training=KNOWN, network="unet2d", dimensions=2)
    assert size_to_try(flat, TrainingConfig(network="unet2d", patch_size=(1, 64, 64)), WIDE) == {"shrink": 3.0}
    assert size_to_try(semantic_card(training={"object_extent": {"px": 55.0}}), TrainingConfig(), WIDE) == {}
    assert RECIPES["semantic"].sized_words({"shrink": 3.0}) == "0.33 times the size"


@pytest.mark.parametrize("told", [{}, {"object_extent": 3}, {"object_extent": {"px": "wide"}}])
def test_a_card_that_does_not_tell_its_objects_size_says_nothing(told: dict[str, object]) -> None:
    card = semantic_card(training=told)
    assert extent_of(card) == 0
    assert size_to_try(card, TrainingConfig(), WIDE) == {}
