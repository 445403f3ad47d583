"""What a job says, on a terminal or as JSON lines, and Ctrl+C as a wish to stop."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, Protocol, Self, TypeVar

import numpy as np
from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from desktop_app.core.job import (
    CaseUpdate,
    FoundLabels,
    JobCancelled,
    JobContext,
    JobEvent,
    Metric,
    Note,
    Preview,
    Progress,
)
from desktop_app.core.score_rows import titled_scores
from desktop_app.core.shown_name import shown

R = TypeVar("R")
_LOG_SECONDS = 10.0  # s between lines where no terminal redraws them: a log of an hour stays readable
_STYLES = {"info": "", "warning": "yellow", "error": "red"}


class _Context(JobContext, Protocol):
    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


@contextlib.contextmanager
def stopping_on_ctrl_c() -> Iterator[threading.Event]:
    """Set an event on the first Ctrl+C (or a cluster's SIGTERM); a second one stops at once."""
    asked = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    numbers = (signal.SIGINT, signal.SIGTERM) if threading.current_thread() is threading.main_thread() else ()
    before = [(number, signal.signal(number, ask)) for number in numbers]
    try:
        yield asked
    finally:
        for number, handler in before:
            signal.signal(number, handler)


class ConsoleContext:
    """Shows progress and notes on the error stream, so that the output stream holds results alone.

    On a terminal progress is a bar; in a log file it is a line every ten seconds.
    """

    def __init__(self, asked_to_stop: threading.Event, clock: Callable[[], float] = time.monotonic) -> None:
        self._asked_to_stop = asked_to_stop
        self._clock = clock
        self._told = clock()
        self.console = Console(stderr=True, highlight=False)
        self._bar = Bar(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        self._task = self._bar.add_task("", total=None)
        self._loss = ""
        self._scores: dict[str, float] = {}
        self._step = 0

    def __enter__(self) -> Self:
        """Show the bar."""
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bar away."""
        self._show_scores()
        self._bar.stop()

    def raise_if_cancelled(self) -> None:
        """Raise ``JobCancelled`` after Ctrl+C."""
        if self._asked_to_stop.is_set():
            raise JobCancelled

    def report(self, event: JobEvent) -> None:
        """Show an event."""
        if not isinstance(event, Metric):
            self._show_scores()
        match event:
            case Progress():
                total = event.total if event.total > 0 else None
                text = f"{event.message} {self._loss}".strip()
                self._bar.update(self._task, completed=event.done, total=total, description=text)
                self._log_progress(text)
            case Metric(name, step, value):
                self._keep_metric(name, step, value)
            case Note(level, text):
                self.console.print(text, style=_STYLES[level], markup=False, soft_wrap=True)
            case CaseUpdate():
                self._show_case(event)
            case Preview() | FoundLabels():
                pass

    def _log_progress(self, text: str) -> None:
        if text and not self.console.is_terminal and self._clock() - self._told >= _LOG_SECONDS:
            self._told = self._clock()
            self.console.print(text, markup=False, soft_wrap=True)

    def _keep_metric(self, name: str, step: int, value: float) -> None:
        """The loss goes beside the bar; scores of one validation are gathered for one line."""
        if name == "loss/train":
            self._loss = f"(loss {value:.3f})"
        elif name.startswith("score/"):
            self._scores[name.removeprefix("score/")] = value
            self._step = step

    def _show_scores(self) -> None:
        if self._scores:
            titles = dict(titled_scores(self._scores))
            text = ", ".join(
                f"{title[:1].lower()}{title[1:]} {self._scores[name]:.3f}" for name, title in titles.items()
            )
            if text:
                self.console.print(f"Step {self._step}: {text}", markup=False, soft_wrap=True)
            self._scores = {}

    def _show_case(self, case: CaseUpdate) -> None:
        """What is done; of a failed image a note tells, and cancelling is said once for all."""
        if case.state in ("waiting", "running", "failed", "cancelled"):
            return
        found = "" if case.objects is None else f", {case.objects} objects"
        spent = "" if case.seconds is None else f", {case.seconds:.1f} s"
        self.console.print(f"{case.name}: {case.state}{found}{spent}", markup=False, soft_wrap=True)


class JsonContext:
    """Prints each event as one JSON object a line."""

    def __init__(self, asked_to_stop: threading.Event) -> None:
        self._asked_to_stop = asked_to_stop

    def __enter__(self) -> Self:
        """Nothing to open."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""

    def raise_if_cancelled(self) -> None:
        """Raise ``JobCancelled`` after Ctrl+C."""
        if self._asked_to_stop.is_set():
            raise JobCancelled

    def report(self, event: JobEvent) -> None:
        """Print the event, without its pictures."""
        print_json(_event_name(event), event)


def _event_name(event: JobEvent) -> str:
    return "case" if isinstance(event, CaseUpdate) else type(event).__name__.lower()


def print_json(kind: str, value: Any) -> None:
    """Print one line ``{"event": kind, …}`` with the fields of a record, a mapping, or ``{"value": …}``."""
    plain = _plain(value)
    fields = plain if isinstance(plain, dict) else {"value": plain}
    print(json.dumps({"event": kind, **fields}, ensure_ascii=False), flush=True)


def _plain(value: Any) -> Any:
    """Records, paths and NumPy scalars as JSON values; arrays are left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return {name: _plain(v) for name, v in fields.items() if not isinstance(v, np.ndarray)}
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    if isinstance(value, np.integer | np.bool_):
        return value.item()
    return str(value) if isinstance(value, Path) else value


def run_job(job: Callable[[JobContext], R], as_json: bool) -> R:
    """Run a job to its end on the console.

    Raises:
        JobCancelled: After Ctrl+C.
    """
    with stopping_on_ctrl_c() as asked:
        context: _Context = JsonContext(asked) if as_json else ConsoleContext(asked)
        with context:
            return job(context)


def show_result(result: Any, as_json: bool, *tables: Table | str) -> None:
    """Print the result: as one JSON line, or as tables and sentences."""
    if as_json:
        print_json("result", result)
        return
    console = Console(file=sys.stdout, highlight=False)
    for part in tables:
        if isinstance(part, str):
            console.print(shown(part), markup=False, soft_wrap=True)
        else:
            console.print(part)


def table_of(title: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Table:
    """A table with numbers to the right."""
    table = Table(title=title or None, title_justify="left")
    for place, column in enumerate(columns):
        numbers = bool(rows) and all(isinstance(row[place], int | float) or row[place] is None for row in rows)
        table.add_column(column, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    return table


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else shown(str(value)).replace("[", r"\[")
