"""Steps as processes: their order, what a failure stops, and what is told of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from steps import LEFT_OUT, Outcome, Step, run_steps, table


def step(name: str, code: str, *after: str, **variables: str) -> Step:
    return Step(name, (sys.executable, "-c", code), after, variables)


def test_each_step_comes_after_what_it_needs_and_is_measured(tmp_path: Path) -> None:
    note = "import os, pathlib; p = pathlib.Path(os.environ['NOTE']); p.write_text(p.read_text() + os.environ['NAME'])"
    (tmp_path / "note").write_text("", encoding="ascii")
    wanted = {"last": ("second",), "second": ("first",), "first": ()}
    steps = [step(name, note, *after, NOTE=str(tmp_path / "note"), NAME=name) for name, after in wanted.items()]
    outcomes = run_steps(steps, 2, tmp_path / "logs", lambda _: None)
    assert (tmp_path / "note").read_text(encoding="ascii") == "firstsecondlast"
    assert [one.name for one in outcomes] == list(wanted)
    assert {one.result for one in outcomes} == {"OK"}
    assert all(one.seconds > 0 for one in outcomes)
    assert sys.platform == "win32" or all(one.processor > 0 for one in outcomes)


def test_a_failure_stops_what_needs_it_and_nothing_else(tmp_path: Path) -> None:
    told: list[str] = []
    steps = [
        step("bad", "print('why it failed'); raise SystemExit(3)"),
        step("needs it", "", "bad"),
        step("needs that", "", "needs it"),
        step("other", "print('done')"),
    ]
    outcomes = run_steps(steps, 1, tmp_path, told.append)
    assert [one.result for one in outcomes] == ["ended with 3", LEFT_OUT, LEFT_OUT, "OK"]
    assert "bad: why it failed" in told
    assert (tmp_path / "bad.log").read_text(encoding="utf-8") == "why it failed\n"
    assert (tmp_path / "other.log").read_text(encoding="utf-8") == "done\n"


def test_two_run_at_the_same_time(tmp_path: Path) -> None:
    """Each waits for the other's file: one after the other, neither would end."""
    code = (
        "import pathlib, sys, time\n"
        "pathlib.Path({own!r}).touch()\n"
        "end = time.monotonic() + 60\n"
        "while not pathlib.Path({other!r}).exists():\n"
        "    if time.monotonic() > end: sys.exit(1)\n"
        "    time.sleep(0.01)\n"
    )
    a, b = str(tmp_path / "a"), str(tmp_path / "b")
    steps = [step("one", code.format(own=a, other=b)), step("two", code.format(own=b, other=a))]
    assert {one.result for one in run_steps(steps, 2, tmp_path, lambda _: None)} == {"OK"}


def test_a_step_that_nobody_knows_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing"):
        run_steps([step("one", "", "nothing")], 1, tmp_path)


def test_the_table_says_minutes_and_the_sum() -> None:
    outcomes = [Outcome("base", "OK", 0.0, 90.0, 120.0), Outcome("program", LEFT_OUT)]
    rows = [line.split() for line in table(outcomes).splitlines()]
    assert rows[1] == ["base", "0.0", "1.5", "2.0", "OK"]
    assert rows[2] == ["program", "left", "out"]
    assert rows[3][:3] == ["all", "1.5", "2.0"]
