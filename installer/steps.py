"""Steps as processes of their own: some at the same time, each after what it needs, measured, and told line by line."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

LEFT_OUT = "left out"


@dataclass(frozen=True)
class Step:
    """One process.

    Attributes:
        name: In a word or two.
        command: To start.
        after: Names of steps that must have succeeded.
        variables: Of the environment, beside this process's own.
    """

    name: str
    command: tuple[str, ...]
    after: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of a step.

    Attributes:
        name: The step's.
        result: ``OK``, ``left out`` or what was wrong.
        began: Seconds after the first step's begin.
        seconds: By the clock.
        processor: Seconds of all cores together, with those of the processes that it started; 0 where that isn't known.
    """

    name: str
    result: str
    began: float = 0.0
    seconds: float = 0.0
    processor: float = 0.0


def run_steps(
    steps: Sequence[Step], at_once: int, logs: Path, tell: Callable[[str], None] | None = None
) -> tuple[Outcome, ...]:
    """Run all steps; one that fails stops those alone that need it.

    Args:
        steps: In the order in which they are begun where there is a choice.
        at_once: Most processes at the same time.
        logs: Folder for what each writes.
        tell: Hears each line that a step writes, behind its name; None prints them.

    Returns:
        What became of each, in the order of ``steps``.
    """
    tell = tell or (lambda line: print(line, flush=True))
    unknown = {name for step in steps for name in step.after} - {step.name for step in steps}
    if unknown:
        raise ValueError(f"Expected names of steps, got {sorted(unknown)}.")
    logs.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    known: dict[str, Outcome] = {}
    running: dict[Future[Outcome], str] = {}
    waiting = list(steps)
    with ThreadPoolExecutor(at_once) as pool:
        while waiting or running:
            while (groundless := _without_ground(waiting, known)) is not None:
                waiting.remove(groundless)
                known[groundless.name] = Outcome(groundless.name, LEFT_OUT)
            while len(running) < at_once and (ready := _next(waiting, known)) is not None:
                waiting.remove(ready)
                running[pool.submit(_run, ready, logs, tell, began)] = ready.name
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for one in done:
                known[running.pop(one)] = one.result()
    return tuple(known[step.name] for step in steps)


def _next(waiting: Sequence[Step], known: Mapping[str, Outcome]) -> Step | None:
    """The first step whose ground is laid."""
    return next((step for step in waiting if all(name in known for name in step.after)), None)


def _without_ground(waiting: Sequence[Step], known: Mapping[str, Outcome]) -> Step | None:
    """A step that needs one that failed or was left out."""
    bad = {name for name, outcome in known.items() if outcome.result != "OK"}
    return next((step for step in waiting if bad & set(step.after)), None)


def _run(step: Step, logs: Path, tell: Callable[[str], None], zero: float) -> Outcome:
    began = time.monotonic()
    tell(f"{step.name}: begun after {(began - zero) / 60:.1f} min")
    with (logs / f"{step.name.replace(' ', '-')}.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            step.command, env={**os.environ, **step.variables}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace",
        )  # fmt: skip
        assert process.stdout is not None
        for line in process.stdout:
            log.write(line)
            tell(f"{step.name}: {line.rstrip()}")
        status, processor = _ended(process)
        process.stdout.close()
    result = "OK" if status == 0 else f"ended with {status}"
    seconds = time.monotonic() - began
    tell(f"{step.name}: {result} after {seconds / 60:.1f} min")
    return Outcome(step.name, result, began - zero, seconds, processor)


def _ended(process: subprocess.Popen[str]) -> tuple[int, float]:
    """The exit status, and the seconds of processor of a process with its children."""
    if sys.platform == "win32":
        return process.wait(), 0.0
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, used.ru_utime + used.ru_stime


def table(outcomes: Sequence[Outcome]) -> str:
    """The steps with their minutes, a line each."""
    rows: list[tuple[str, ...]] = [("step", "begun", "clock", "processor", "result")]
    for one in outcomes:
        minutes = [f"{value / 60:.1f}" for value in (one.began, one.seconds, one.processor)]
        rows.append((one.name, *(minutes if one.seconds else ["", "", ""]), one.result))
    total = sum(one.processor for one in outcomes) / 60
    whole = max((one.began + one.seconds for one in outcomes), default=0.0) / 60
    rows.append(("all", "", f"{whole:.1f}", f"{total:.1f}", "in minutes"))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
