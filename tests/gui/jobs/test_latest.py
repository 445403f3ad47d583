from __future__ import annotations

import threading

from pytestqt.qtbot import QtBot

from desktop_app.core.job import JobContext, Progress
from desktop_app.gui.jobs.latest import LatestJob
from desktop_app.gui.jobs.runner import JobRunner


def test_only_the_latest_answer_counts(qtbot: QtBot, runner: JobRunner) -> None:
    latest, gate, answers = LatestJob(runner, "io"), threading.Event(), []

    def slow(ctx: JobContext) -> str:
        gate.wait(5)
        return "old"

    latest.start("Old", slow, answers.append)
    latest.start("New", lambda ctx: "new", answers.append)
    gate.set()
    qtbot.waitUntil(lambda: not runner.jobs())
    assert answers == ["new"]
    assert not latest.busy


def test_dropped_answers_and_errors_are_not_heard(qtbot: QtBot, runner: JobRunner) -> None:
    latest, gate, heard = LatestJob(runner, "io"), threading.Event(), []
    latest.failed.connect(heard.append)

    def fails(ctx: JobContext) -> None:
        gate.wait(5)
        raise ValueError("late")

    latest.start("Fails", fails, heard.append)
    latest.drop()
    gate.set()
    qtbot.waitUntil(lambda: not runner.jobs())
    assert heard == []


def test_progress_and_failure_are_told(qtbot: QtBot, runner: JobRunner) -> None:
    latest = LatestJob(runner, "io")

    def fails(ctx: JobContext) -> None:
        ctx.report(Progress(1, 2, "half"))
        raise ValueError("broken")

    with qtbot.waitSignals([latest.progressed, latest.failed]):
        latest.start("Fails", fails, print)
    assert not latest.busy
