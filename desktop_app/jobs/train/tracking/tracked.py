"""A training whose curves go to another program, too, where the user asked for that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop_app.core.config.tracking import TrackingParameters
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobCancelled, JobContext, JobEvent, Metric, Note
from desktop_app.io.atomic import write_json
from desktop_app.io.json_files import read_json
from desktop_app.jobs.train.tracking import TRACKERS
from desktop_app.jobs.train.tracking.base import Ended, TrackedRun, Tracker

FILE = "tracking.json"
_PRIVATE = {"dataset", "output", "start_from", "tracking", "schema_version"}
"""Of the configuration: paths and names of images, and what says nothing of the training."""


@contextmanager
def tracked(config: TrainingConfig, run: Path, ctx: JobContext) -> Iterator[JobContext]:
    """The context of a training, which also sends metrics on where that was asked for; else the same as before.

    What that program does wrong ends the sending, never the training.

    Raises:
        UserError: If the program is not installed, or cannot be reached at the begin.
    """
    if config.tracking.to == "none":
        yield ctx
        return
    sending = _Sending(ctx, _opened(config, run))
    how: Ended = "failed"
    try:
        yield sending
        how = "finished"
    except JobCancelled:
        how = "cancelled"
        raise
    finally:
        sending.end(how)


def _opened(config: TrainingConfig, run: Path) -> Tracker:
    wanted, known = config.tracking, _known_as(run, config.tracking)
    about = TrackedRun(config.name, run, dict(_flat(config.model_dump(mode="json", exclude=_PRIVATE))), known)
    try:
        tracker = TRACKERS[wanted.to](wanted, about)
    except UserError:
        raise
    except Exception as error:
        raise UserError(
            f"The run cannot be started in {wanted.to}: {error}",
            hint="Check its address and your login there, or set “Also send curves to” to “Nowhere”.",
            details=repr(error),
        ) from error
    write_json(run / FILE, {"to": wanted.to, "id": tracker.id})
    return tracker


def _known_as(run: Path, wanted: TrackingParameters) -> str:
    """As what that program knows a run that goes on; empty where it does not."""
    try:
        kept = read_json(run / FILE)
    except (OSError, ValueError):
        return ""
    return str(kept.get("id", "")) if isinstance(kept, dict) and kept.get("to") == wanted.to else ""


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Settings by their keys, such as ``optimisation.batch_size``."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


@dataclass(slots=True)
class _Sending:
    """Sends metrics on their way to whoever listens."""

    ctx: JobContext
    tracker: Tracker | None

    def report(self, event: JobEvent) -> None:
        """Pass on; points of curves are sent, too."""
        self.ctx.report(event)
        if isinstance(event, Metric) and self.tracker is not None:
            self._try(lambda tracker: tracker.log(event))

    def raise_if_cancelled(self) -> None:
        """Stop where the job is asked to stop."""
        self.ctx.raise_if_cancelled()

    def end(self, how: Ended) -> None:
        """Say there that the training has ended."""
        if self.tracker is not None:
            self._try(lambda tracker: tracker.end(how))

    def _try(self, what: Any) -> None:
        try:
            what(self.tracker)
        except Exception as error:  # noqa: BLE001 - a foreign program may raise anything, and must not end a training
            self.tracker = None
            text = f"Curves are not sent any more: {error}. The run's folder has all of them."
            self.ctx.report(Note("warning", text))
