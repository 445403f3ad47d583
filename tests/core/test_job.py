"""What a part of a job tells."""

from __future__ import annotations

import pytest

from desktop_app.core.job import (
    ForwardContext,
    JobCancelled,
    Note,
    OnceContext,
    Progress,
    QuietContext,
    RecordingContext,
    SteadyContext,
    slice_in_words,
)


def test_a_quiet_part_tells_only_what_is_kept() -> None:
    context = RecordingContext()
    for quiet in (QuietContext(context), QuietContext(context, kept=(Note,))):
        quiet.report(Progress(1, 2, ""))
        quiet.report(Note("info", "said"))
    assert context.events == [Note("info", "said")]


def test_a_quiet_part_can_be_stopped() -> None:
    with pytest.raises(JobCancelled):
        QuietContext(RecordingContext(cancel_after=0)).raise_if_cancelled()


def test_getting_ready_shows_its_words_and_leaves_the_bar_where_it_is() -> None:
    context = RecordingContext()
    steady = SteadyContext(context)
    steady.beside.report(Progress(1, 2, "Preparing image 2 of 2"))
    steady.report(Progress(3, 4, "Step 3 of 4"))
    steady.report(Progress(0, 0, "Looking"))
    steady.beside.report(Progress(0, 1, "Preparing image 1 of 1"))
    steady.beside.report(Note("info", "said"))
    assert [event.fraction for event in context.of_kind(Progress) if event.total] == [0, 0.75, 0.75]
    assert context.events[-2:] == [Progress(0.75, 1.0, "Preparing image 1 of 1"), Note("info", "said")]


def test_getting_ready_can_be_stopped() -> None:
    with pytest.raises(JobCancelled):
        SteadyContext(RecordingContext(cancel_after=0)).beside.raise_if_cancelled()


def test_the_bar_of_a_job_that_does_a_part_again_waits_and_never_goes_back() -> None:
    context = RecordingContext()
    forward = ForwardContext(context)
    for event in (Progress(0, 0, "Looking"), Progress(3, 4), Progress(0, 0, "Again"), Progress(1, 2), Progress(4, 4)):
        forward.report(event)
    told = context.of_kind(Progress)
    assert [event.fraction for event in told] == [0, 0.75, 0.75, 0.75, 1]
    assert told[0].total == 0  # nothing is known yet
    assert told[2].message == "Again"
    with pytest.raises(JobCancelled):
        ForwardContext(RecordingContext(cancel_after=0)).raise_if_cancelled()


def test_a_sentence_is_told_once_and_all_else_as_often_as_it_comes() -> None:
    context = RecordingContext()
    once = OnceContext(context)
    for event in (Note("warning", "odd"), Progress(1, 2), Note("warning", "odd"), Progress(1, 2), Note("info", "even")):
        once.report(event)
    assert [event.text for event in context.of_kind(Note)] == ["odd", "even"]
    assert len(context.of_kind(Progress)) == 2
    with pytest.raises(JobCancelled):
        OnceContext(RecordingContext(cancel_after=0)).raise_if_cancelled()


def test_a_picture_has_no_slices_to_be_at() -> None:
    assert [slice_in_words(2, 9), slice_in_words(1, 1)] == ["slice 2 of 9", ""]
