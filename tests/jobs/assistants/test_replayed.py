from __future__ import annotations

import numpy as np
import pytest

from desktop_app.core.config.assistants import AssistantChoice
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Plane, Region, Volume
from desktop_app.core.job import JobCancelled, RecordingContext
from desktop_app.core.labelling.assisting import Answer, Asked, Prompt
from desktop_app.jobs.assistants.opening import open_assistant

SQUARES = np.full((5, 60, 80), 50, np.uint8)
SQUARES[1:4, 15:35, 10:30] = SQUARES[1:4, 15:35, 45:65] = 200


def whole(answer: Answer, shape: tuple[int, ...] = SQUARES.shape) -> np.ndarray:
    found = np.zeros(shape, bool)
    found[answer.region.slices] = answer.mask
    return found


def test_edges_propose_and_further_clicks_go_on() -> None:
    assistant = open_assistant(AssistantChoice(), Volume.from_array(SQUARES), 0)
    first = Asked((Prompt(((2, 25, 20),)),), Plane.XY)
    found = whole(assistant.answer(first, RecordingContext()))
    assert found[2, 15:35, 10:30].mean() > 0.9
    assert found.sum() == found[2, 13:37, 8:32].sum()
    both = Asked((*first.prompts, Prompt(((2, 25, 55),))), Plane.XY)
    assert whole(assistant.answer(both, RecordingContext()))[2, 15:35, 45:65].mean() > 0.9
    np.testing.assert_array_equal(whole(assistant.answer(first, RecordingContext())), found)
    less = Asked((*both.prompts, Prompt(((2, 25, 20),), adds=False)), Plane.XY)
    assert whole(assistant.answer(less, RecordingContext()))[2, 20:30, 15:25].mean() < 0.1


def test_a_box_and_an_object_through_the_slices() -> None:
    assistant = open_assistant(AssistantChoice(), Volume.from_array(SQUARES), 0)
    box = Asked((Prompt(((2, 13, 8), (2, 36, 31))),), Plane.XY)
    assert whole(assistant.answer(box, RecordingContext()))[2, 15:35, 10:30].mean() > 0.9
    through = Asked((Prompt(((2, 25, 20),)),), Plane.XY, through=True)
    found = whole(assistant.answer(through, RecordingContext()))
    assert found.any(axis=(1, 2)).tolist() == [False, True, True, True, False]


def test_nothing_is_an_answer_and_who_stops_gets_none() -> None:
    assistant = open_assistant(AssistantChoice(), Volume.from_array(SQUARES), 0)
    nothing = Asked((Prompt(((2, 25, 20),), adds=False),), Plane.XY)
    assert not assistant.answer(nothing, RecordingContext()).mask.any()
    with pytest.raises(JobCancelled):
        assistant.answer(Asked((Prompt(((2, 25, 20),)),), Plane.XY), RecordingContext(cancel_after=0))


@pytest.mark.parametrize("by", ["model", "file", "server"])
def test_what_is_not_named_is_asked_for(by: str) -> None:
    with pytest.raises(UserError, match=r"named|needs"):
        open_assistant(AssistantChoice.model_validate({"by": by}), Volume.from_array(SQUARES), 0)


def started(rows: slice, columns: slice) -> Answer:
    """A piece of slice 2 that somebody has labelled."""
    region = Region((2, rows.start, columns.start), (3, rows.stop, columns.stop))
    return Answer(region, np.ones(region.shape, bool))


def test_a_mask_of_any_origin_is_a_start_that_clicks_correct() -> None:
    assistant = open_assistant(AssistantChoice(), Volume.from_array(SQUARES), 0)
    both = started(slice(15, 35), slice(10, 65))  # somebody's: over the gap between the squares
    on_it, not_that = Prompt(((2, 25, 20),)), Prompt(((2, 25, 37),), adds=False)
    asked = Asked((on_it, not_that), Plane.XY, start=both)
    found = whole(assistant.answer(asked, RecordingContext()))
    assert found[2, 18:32, 12:28].all()
    assert not found[2, 18:32, 36:39].any()
    assert not found[2, :15].any()
    alone = whole(assistant.answer(Asked((on_it,), Plane.XY), RecordingContext()))
    assert alone[2, 15:35, 10:30].mean() > 0.9  # without it the click proposes from nothing
    assert not alone[2, 25, 37]
