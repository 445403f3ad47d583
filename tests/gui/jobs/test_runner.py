"""Jobs in threads: outcomes, lanes, cancel, pause, and many events."""

from __future__ import annotations

import threading
import time
from collections import Counter

from shiboken6 import isValid

from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext, Metric, Note, Progress
from desktop_app.gui.jobs import JobHandle


def outcome(qtbot, handle: JobHandle, action=None) -> list[str]:
    seen: list[str] = []
    handle.succeeded.connect(lambda _: seen.append("succeeded"))
    handle.failed.connect(lambda _: seen.append("failed"))
    handle.cancelled.connect(lambda: seen.append("cancelled"))
    handle.finished.connect(lambda: seen.append("finished"))
    if handle.active:
        with qtbot.waitSignal(handle.finished, timeout=10_000):
            if action:
                action()
    return seen


def wait_for_cancel(ctx: JobContext) -> None:
    while True:
        ctx.raise_if_cancelled()
        time.sleep(0.005)


def test_success_hands_over_the_result_then_finishes(qtbot, runner):
    handle = runner.start("six", lambda ctx: 6)
    assert outcome(qtbot, handle) == ["succeeded", "finished"]
    assert handle.result == 6
    assert runner.jobs() == ()


def test_failure_hands_over_the_exception(qtbot, runner):
    def job(ctx: JobContext) -> None:
        raise UserError("No such file.")

    handle = runner.start("bad", job)
    assert outcome(qtbot, handle) == ["failed", "finished"]
    assert str(handle.error) == "No such file."


def test_cancel_while_running(qtbot, runner):
    handle = runner.start("long", wait_for_cancel)
    assert outcome(qtbot, handle, handle.cancel) == ["cancelled", "finished"]
    assert handle.state == "cancelled"


def test_a_paused_job_waits_and_can_be_cancelled(qtbot, runner):
    steps = Counter()

    def job(ctx: JobContext) -> None:
        while True:
            ctx.raise_if_cancelled()
            steps["n"] += 1
            time.sleep(0.002)

    handle = runner.start("long", job)
    qtbot.waitUntil(lambda: steps["n"] > 3)
    handle.pause()
    qtbot.wait(30)
    before = steps["n"]
    qtbot.wait(60)
    assert steps["n"] == before
    handle.resume()
    qtbot.waitUntil(lambda: steps["n"] > before)
    handle.pause()
    assert outcome(qtbot, handle, handle.cancel) == ["cancelled", "finished"]


def test_one_gpu_job_at_a_time_and_a_waiting_one_cancels_at_once(qtbot, runner):
    first = runner.start("first", wait_for_cancel, lane="gpu")
    second = runner.start("second", lambda ctx: 2, lane="gpu")
    third = runner.start("third", lambda ctx: 3, lane="gpu")
    beside = runner.start("preview", lambda ctx: 4, lane="preview")
    qtbot.waitUntil(lambda: beside.state == "succeeded")
    assert (first.state, second.state) == ("running", "waiting")
    second.cancel()
    assert second.state == "cancelled"
    with qtbot.waitSignal(third.succeeded, timeout=10_000):
        first.cancel()
    assert third.result == 3


def test_five_thousand_events_arrive_in_order_and_none_is_lost(qtbot, runner):
    def job(ctx: JobContext) -> bool:
        for step in range(5000):
            ctx.report(Metric("loss", step, 0.5))
            ctx.report(Progress(step, 5000))
            if step % 1000 == 0:
                ctx.report(Note("info", f"note {step}"))
        return True

    handle = runner.start("many", job)
    metrics, progress, notes = [], [], []
    sinks = {Metric: metrics, Progress: progress, Note: notes}
    handle.reported.connect(lambda event: sinks[type(event)].append(event))
    assert outcome(qtbot, handle) == ["succeeded", "finished"]
    assert [m.step for m in metrics] == list(range(5000))
    assert len(notes) == 5
    assert handle.log == notes
    assert progress[-1].done == 4999
    assert len(progress) < 1000


def test_events_and_outcome_reach_the_window_thread(qtbot, runner):
    threads = set()
    handle = runner.start("threads", lambda ctx: ctx.report(Note("info", threading.current_thread().name)))
    handle.reported.connect(lambda event: threads.add(threading.current_thread().name))
    handle.succeeded.connect(lambda _: threads.add(threading.current_thread().name))
    outcome(qtbot, handle)
    assert threads == {threading.current_thread().name}
    assert handle.log[0].text != threading.current_thread().name


def test_many_short_jobs_in_a_row(qtbot, runner):
    results = []
    for number in range(40):
        runner.start(str(number), lambda ctx, n=number: n).succeeded.connect(results.append)
    qtbot.waitUntil(lambda: len(results) == 40, timeout=10_000)
    assert sorted(results) == list(range(40))


def test_wait_all_ends_in_time(qtbot, runner):
    begun, stubborn = threading.Event(), threading.Event()
    runner.start("stubborn", lambda ctx: (begun.set(), stubborn.wait(10)))
    qtbot.waitUntil(begun.is_set)
    runner.cancel_all()
    assert not runner.wait_all(0.1)
    stubborn.set()
    assert runner.wait_all(60)


def test_nothing_waits_to_be_deleted_once_all_have_ended(qtbot, runner):
    """Whoever waited for all may let the runner go at once; a handle deleted in that moment ended the program."""
    handles = [runner.start("quick", lambda _ctx: None) for _ in range(3)]
    assert runner.wait_all(60)
    assert [isValid(handle) for handle in handles] == [False] * 3
