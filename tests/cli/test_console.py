"""What a job says reaches the terminal or the JSON lines, and Ctrl+C is a wish to stop."""

from __future__ import annotations

import json
import os
import signal
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from desktop_app.cli.console import ConsoleContext, print_json, run_job, show_result, table_of
from desktop_app.core.job import CaseUpdate, JobCancelled, JobContext, Metric, Note, Preview, Progress

PICTURE = np.zeros((2, 2), np.uint8)
EVENTS = (
    Progress(1, 4, "step 1 of 4"),
    Metric("loss/train", 1, 0.5),
    Metric("score/f1", 1, float("nan")),
    Metric("score/dice", 1, 0.9),
    Note("warning", "Two images [of five] are dark."),
    Preview("embryo", 1, PICTURE, PICTURE.astype(np.uint32)),
    CaseUpdate(0, "a.tif", "done", 12, 3.2),
    CaseUpdate(1, "b.tif", "failed", error="Cannot open b.tif: it is empty."),
    CaseUpdate(2, "c.tif", "cancelled"),
)


def _report_all(ctx: JobContext) -> int:
    for event in EVENTS:
        ctx.report(event)
    return 7


def test_json_lines_carry_every_event_without_its_pictures(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_job(_report_all, as_json=True) == 7
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    kinds = [line["event"] for line in lines]
    assert kinds == ["progress", "metric", "metric", "metric", "note", "preview", "case", "case", "case"]
    assert lines[0] == {"event": "progress", "done": 1, "total": 4, "message": "step 1 of 4"}
    assert lines[2]["value"] is None
    assert set(lines[5]) == {"event", "title", "step", "truth"}
    assert lines[7]["error"] == "Cannot open b.tif: it is empty."


def test_terminal_shows_notes_scores_and_cases_on_the_error_stream(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_job(_report_all, as_json=False) == 7
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Two images [of five] are dark." in shown.err
    assert "a.tif: done, 12 objects, 3.2 s" in shown.err
    assert "b.tif" not in shown.err
    assert "c.tif" not in shown.err
    assert "Step 1: objects found rightly nan, overlap with the truth 0.900" in shown.err
    assert "loss/train" not in shown.err


def test_a_log_file_gets_a_line_every_ten_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    with ConsoleContext(threading.Event(), clock=lambda: now[0]) as context:
        for second in range(0, 60, 4):
            now[0] = float(second)
            context.report(Metric("loss/train", second, 0.5))
            context.report(Progress(second, 60, f"Step {second} of 60"))
    lines = capsys.readouterr().err.splitlines()
    assert lines == [f"Step {second} of 60 (loss 0.500)" for second in (12, 24, 36, 48)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("as_json", [True, False])
def test_a_signal_cancels_at_the_next_question(number: signal.Signals, as_json: bool) -> None:
    reached: list[str] = []

    def job(ctx: JobContext) -> None:
        ctx.raise_if_cancelled()
        os.kill(os.getpid(), number)
        reached.append("after the signal")
        ctx.raise_if_cancelled()
        reached.append("never")

    before = signal.getsignal(number)
    with pytest.raises(JobCancelled):
        run_job(job, as_json)
    assert reached == ["after the signal"]
    assert signal.getsignal(number) is before


def test_second_ctrl_c_stops_a_job_that_does_not_ask() -> None:
    def job(_: JobContext) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        threading.Event().wait(30)

    with pytest.raises(KeyboardInterrupt):
        run_job(job, as_json=True)


def test_jobs_run_outside_the_main_thread_too() -> None:
    results: list[int] = []
    thread = threading.Thread(target=lambda: results.append(run_job(lambda _: 3, as_json=True)))
    thread.start()
    thread.join(30)
    assert results == [3]


@dataclass(frozen=True, slots=True)
class _Result:
    table: Path
    score: np.float32
    count: np.int64
    names: tuple[str, ...]
    mask: np.ndarray


def test_results_become_plain_json(capsys: pytest.CaptureFixture[str]) -> None:
    print_json("result", _Result(Path("a/b.csv"), np.float32(0.5), np.int64(3), ("x", "µ"), PICTURE))
    assert json.loads(capsys.readouterr().out) == {
        "event": "result",
        "table": str(Path("a/b.csv")),
        "score": 0.5,
        "count": 3,
        "names": ["x", "µ"],
    }


def test_result_tables_go_to_the_output_stream(capsys: pytest.CaptureFixture[str]) -> None:
    table = table_of("Scores", ("Image", "Dice"), [("[a].tif", 0.91234), ("b.tif", None)])
    show_result({}, False, table, "Written: [x].csv")
    shown = capsys.readouterr().out
    assert "[a].tif" in shown
    assert "0.9123" in shown
    assert "Written: [x].csv" in shown


def test_progress_of_unknown_length_is_no_problem() -> None:
    with ConsoleContext(threading.Event()) as ctx:
        ctx.report(Progress(0, 0, "counting"))
        ctx.report(Progress(5, 0))
