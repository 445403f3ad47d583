"""What a training run has told so far, ready to be shown; no Qt."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from desktop_app.core.job import JobEvent, Metric, Note, Preview, Progress
from desktop_app.gui.jobs.remaining import RemainingTime, describe_seconds

GrowingCurve = list[tuple[int, float]]


@dataclass(slots=True)
class RunRecord:
    """Curves, pictures, log and progress of one run.

    Attributes:
        curves: Points (step, value) by metric name.
        previews: One picture per validation, oldest first; only the last few are kept.
        log: Sentences for the user.
        progress: The last progress.
        seconds_left: Estimated, None while unknown.
    """

    curves: dict[str, GrowingCurve] = field(default_factory=dict)
    previews: list[Preview] = field(default_factory=list)
    log: list[Note] = field(default_factory=list)
    progress: Progress | None = None
    seconds_left: float | None = None
    remaining: RemainingTime = field(default_factory=RemainingTime)
    kept_previews: int = 30  # of 1024 × 1024 pixels, at 9 bytes each, some 280 MB

    def add(self, event: JobEvent) -> None:
        """Take in one event."""
        if isinstance(event, Progress):
            self.progress = event
            self.seconds_left = self.remaining.update(event.fraction, time.monotonic())
        elif isinstance(event, Metric):
            self.curves.setdefault(event.name, []).append((event.step, event.value))
        elif isinstance(event, Preview):
            self.previews.append(event)
            del self.previews[: -self.kept_previews]
        elif isinstance(event, Note):
            self.log.append(event)

    def curve(self, prefix: str) -> dict[str, GrowingCurve]:
        """The curves whose names start with ``prefix``."""
        return {name: points for name, points in self.curves.items() if name.startswith(prefix)}

    @property
    def has_validated(self) -> bool:
        """Whether there is already a state worth keeping."""
        return bool(self.curves.get("loss/validation")) or any(self.curve("score/").values())

    def status(self) -> str:
        """One line about where the run stands."""
        if self.progress is None:
            return "Waiting to start…"
        words = self.progress.message or f"{self.progress.fraction:.0%}"
        if self.seconds_left is not None:
            words += f" · about {describe_seconds(self.seconds_left)} left"
        return words[0].upper() + words[1:]
