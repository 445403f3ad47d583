"""What a run has left behind: its curves and what it said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from desktop_app.core.job import Metric, Note
from desktop_app.core.tuning import heard
from desktop_app.io.training_curves import METRICS_FILE, read_points
from desktop_app.jobs.train.run import LOG_FILE

_LINE = re.compile(r"\d{4}-\d\d-\d\d \S+ (?P<level>INFO|WARNING|ERROR) (?P<text>.*)")
_LEVELS: dict[str, Literal["info", "warning", "error"]] = {"INFO": "info", "WARNING": "warning", "ERROR": "error"}


@dataclass(frozen=True, slots=True)
class RunHistory:
    """A training that has ended or was cut off.

    Attributes:
        metrics: All points of its curves, in the order in which they were written.
        notes: What it told the user.
    """

    metrics: tuple[Metric, ...]
    notes: tuple[Note, ...]


def read_history(run: Path, until: int | None = None) -> RunHistory:
    """Read curves and log of a run folder; either may be missing, as in a run that was stopped at its start.

    Args:
        run: The folder.
        until: The step from which the run goes on: what it learned after that is learned anew, and how objects were
            made of it is tried anew. None reads all.

    Raises:
        UnreadableFileError: If the curves are damaged.
    """
    metrics = tuple(read_points(run / METRICS_FILE))
    if until is not None:
        metrics = tuple(metric for metric in metrics if metric.step <= until and heard(metric) is None)
    return RunHistory(metrics, _notes(run / LOG_FILE))


def _notes(path: Path) -> tuple[Note, ...]:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    found = (_LINE.fullmatch(line) for line in lines)
    return tuple(Note(_LEVELS[line["level"]], line["text"]) for line in found if line is not None)
