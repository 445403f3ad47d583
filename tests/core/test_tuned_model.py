from __future__ import annotations

import pytest

from desktop_app.core.errors import UserError
from desktop_app.core.tuned_model import (
    BEFORE,
    ScoredValues,
    TunedModel,
    swapped_card,
    values_before,
    values_fitted,
)
from tests.cards import semantic_card

CARD = semantic_card(decode={"threshold": 0.7})


def test_new_values_that_do_no_better_are_told() -> None:
    decode = {**TunedModel(CARD, {}, ScoredValues(), ScoredValues()).kept_card().decode, "threshold": 0.4}
    worse = TunedModel(CARD, decode, ScoredValues({"score": 0.6}), ScoredValues({"score": 0.5}))
    assert worse.changes == {"Confidence threshold": (0.7, 0.4)}
    assert "do no better" in worse.sentences[1]
    better = TunedModel(CARD, decode, ScoredValues({"score": 0.5}), ScoredValues({"score": 0.6}))
    assert not any("do no better" in text for text in better.sentences)


def test_a_gain_that_other_images_do_not_show_is_told() -> None:
    before, after = ScoredValues({"score": 0.8}), ScoredValues({"score": 0.9})
    chance = TunedModel(CARD, {"threshold": 0.4}, before, after, apart=ScoredValues({"score": 0.79}))
    assert "keep those, or label more" in chance.sentences[-1]
    real = TunedModel(CARD, {"threshold": 0.4}, before, after, apart=ScoredValues({"score": 0.85}))
    assert not any("no better" in text for text in real.sentences)


def test_the_first_values_stay_known_however_often_a_model_is_fitted() -> None:
    once = TunedModel(CARD, {"threshold": 0.4}, ScoredValues(), ScoredValues()).kept_card()
    twice = TunedModel(once, {"threshold": 0.3}, ScoredValues(), ScoredValues()).kept_card()
    assert twice.training[BEFORE] == {"threshold": 0.7}
    assert values_before(twice) == "Confidence threshold 0.7"
    assert values_before(CARD) == ""
    assert values_before(semantic_card(training={BEFORE: "nonsense"})) == ""


def test_values_from_before_are_brought_back_and_the_fitted_ones_again() -> None:
    fitted = TunedModel(CARD, {"threshold": 0.4}, ScoredValues(), ScoredValues()).kept_card()
    back = swapped_card(fitted)
    assert (back.decode, back.training.get(BEFORE)) == (CARD.decode, None)
    assert (values_before(back), values_fitted(back)) == ("", "Confidence threshold 0.4")
    assert swapped_card(back) == fitted
    anew = TunedModel(back, {"threshold": 0.3}, ScoredValues(), ScoredValues()).kept_card()
    assert (values_before(anew), values_fitted(anew)) == ("Confidence threshold 0.7", "")
    with pytest.raises(UserError, match="was not fitted to labels"):
        swapped_card(CARD)
