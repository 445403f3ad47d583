"""What is said of model, image and disk before anything is computed."""

from __future__ import annotations

import pytest

from desktop_app.core.job import Note, RecordingContext
from desktop_app.jobs.batch.checks import check_model
from tests.cards import semantic_card


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ({"f1": 0.0, "dice": 0.25}, "0% of the objects rightly"),
        ({"score/dice": 0.1}, "an overlap of 10%"),
        ({"f1": 0.6, "dice": 0.1}, ""),
        ({}, ""),
    ],
)
def test_a_model_that_found_next_to_nothing_in_its_own_check_is_told_of(scores: dict[str, float], said: str) -> None:
    ctx = RecordingContext()
    check_model(semantic_card(name="Balls", metrics=scores), ctx)
    notes = [note.text for note in ctx.of_kind(Note)]
    assert len(notes) == bool(said)
    assert all(said in note and "“Balls” found next to nothing" in note for note in notes)
