"""What a part of a job tells."""

from __future__ import annotations

import pytest

from desktop_app.core.job import JobCancelled, Note, Progress, QuietContext, RecordingContext


def test_a_quiet_part_tells_only_what_is_kept() -> None:
    context = RecordingContext()
    for quiet in (QuietContext(context), QuietContext(context, kept=(Note,))):
        quiet.report(Progress(1, 2, ""))
        quiet.report(Note("info", "said"))
    assert context.events == [Note("info", "said")]


def test_a_quiet_part_can_be_stopped() -> None:
    with pytest.raises(JobCancelled):
        QuietContext(RecordingContext(cancel_after=0)).raise_if_cancelled()
