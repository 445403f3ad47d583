from __future__ import annotations

import pytest

from desktop_app.core.advice.start_fit import StartFit, extent_of, fit_of
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.recipes.data_report import DataReport
from tests.cards import panoptic_card, semantic_card

WIDE = DataReport(rows=(), object_size=(3.0, 60.0, 40.0))


def test_a_model_that_finds_next_to_nothing_does_not_fit() -> None:
    fit = StartFit(f1=0.1, dice=0.7)
    assert fit.poor
    assert "finds 10% of the objects rightly. Training from scratch is better." in fit.poor_words
    assert "an overlap of 5%" in StartFit(dice=0.05).poor_words
    for good in (StartFit(), StartFit(f1=0.4, dice=0.1), StartFit(dice=0.4)):
        assert not good.poor
        assert not good.poor_words


@pytest.mark.parametrize(("extent", "said"), [(20.0, False), (31.0, False), (33.0, True), (12.0, True), (0.0, False)])
def test_objects_of_another_size_are_told(extent: float, said: bool) -> None:
    assert bool(StartFit(model_extent=20.0, extent=extent).size_words) == said


def test_a_method_that_shrinks_images_is_offered_the_scale_at_which_objects_look_alike() -> None:
    card = panoptic_card(training={"object_extent": {"px": 20.0}}, recipe_parameters={"downsampling": 1})
    config = TrainingConfig(
        recipe="panoptic", network="panoptic_bifpn", patch_size=(1, 128, 128), recipe_parameters={"downsampling": 1}
    )
    fit = fit_of({"f1": 0.5}, card, config, WIDE)
    assert (fit.scale, fit.model_extent, fit.extent) == (3, 20.0, 60.0)
    assert fit.size_words == "Your objects are 60 px wide, those that the model knows 20 px."
    already = config.model_copy(update={"recipe_parameters": {"downsampling": 3}})
    assert fit_of({"f1": 0.5}, card, already, WIDE).scale == 0


def test_other_methods_are_told_what_to_do() -> None:
    card = semantic_card(training={"object_extent": {"px": 20.0}})
    fit = fit_of({"f1": 0.5}, card, TrainingConfig(), WIDE)
    assert (fit.scale, "resample the image" in fit.size_words) == (0, True)


@pytest.mark.parametrize("told", [{}, {"object_extent": 3}, {"object_extent": {"px": "wide"}}])
def test_a_card_that_does_not_tell_its_objects_size_says_nothing(told: dict[str, object]) -> None:
    card = semantic_card(training=told)
    assert extent_of(card) == 0
    assert not fit_of({}, card, TrainingConfig(), WIDE).size_words
