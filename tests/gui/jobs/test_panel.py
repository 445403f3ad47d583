"""The job panel shows what runs and what became of it."""

from __future__ import annotations

import time

import pytest

from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext, Note, Progress
from desktop_app.gui.jobs.panel import JobPanel
from desktop_app.gui.jobs.remaining import RemainingTime, describe_seconds


@pytest.fixture
def panel(qtbot, runner):
    panel = JobPanel(runner)
    qtbot.addWidget(panel)
    return panel


def test_progress_message_and_log(qtbot, runner, panel):
    def job(ctx: JobContext) -> None:
        ctx.report(Note("info", "Reading <a.tif>"))
        ctx.report(Progress(1, 4, "image 1 of 4"))
        while True:
            ctx.raise_if_cancelled()
            time.sleep(0.005)

    handle = runner.start("Import", job)
    row = panel.rows()[0]
    qtbot.waitUntil(lambda: row.bar.value() == 250)
    assert row.message() == "image 1 of 4"
    assert "Reading <a.tif>" in panel.log_text()
    with qtbot.waitSignal(handle.cancelled):
        row.cancel_button.click()
    assert row.ended
    assert row.message().startswith("Stopped")


def test_failure_is_written_into_the_log_and_history_can_be_cleared(qtbot, runner, panel):
    def job(ctx: JobContext) -> None:
        raise UserError("The disk is full.", hint="Free some space.")

    with qtbot.waitSignal(runner.idle):
        runner.start("Export", job)
    assert "The disk is full. Free some space." in panel.log_text()
    assert panel.rows()[0].message().startswith("Failed")
    panel.clear_finished()
    assert panel.rows() == ()
    assert panel.log_text() == ""


def test_previews_do_not_crowd_the_list(qtbot, runner, panel):
    with qtbot.waitSignal(runner.idle):
        runner.start("Preview", lambda ctx: 1, lane="preview")
    assert panel.rows() == ()


def test_pause_button(qtbot, runner, panel):
    def job(ctx: JobContext) -> None:
        while True:
            ctx.raise_if_cancelled()
            time.sleep(0.005)

    handle = runner.start("Batch", job)
    row = panel.rows()[0]
    row.pause_button.click()
    assert handle.state == "paused"
    row.pause_button.click()
    assert handle.state == "running"


def test_remaining_time_follows_the_recent_speed():
    remaining = RemainingTime()
    assert remaining.update(0.0, 0.0) is None
    assert remaining.update(0.1, 1.0) is None
    assert remaining.update(0.2, 2.0) is None
    rest = remaining.update(0.3, 3.0)
    assert rest == pytest.approx(7.0)
    slower = remaining.update(0.35, 4.0)
    assert slower is not None
    assert slower > 6.5


def test_what_an_interrupted_job_finds_done_is_no_speed():
    remaining = RemainingTime()
    for fraction, now in ((0.0, 0.0), (0.0, 6.0), (0.3, 7.0), (0.6, 8.0), (0.61, 9.0)):
        remaining.update(fraction, now)
    assert remaining.update(0.62, 10.0) == pytest.approx(38.0)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "0 s"), (59, "59 s"), (61, "1 min"), (3600, "1 h"), (4800, "1 h 20 min")]
)
def test_durations_read_like_words(seconds, text):
    assert describe_seconds(seconds) == text
