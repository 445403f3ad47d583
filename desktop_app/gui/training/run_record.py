"""What a training run has told so far, ready to be shown; no Qt."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from desktop_app.core.job import JobEvent, Metric, Note, Preview, Progress

Curve = list[tuple[int, float]]


def in_words(seconds: float) -> str:
    """A duration for a person: ``40 seconds``, ``6 minutes``, ``1 h 20 min``."""
    if seconds < 1.5:
        return "1 second"
    if seconds < 90:
        return f"{round(seconds)} seconds"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} minutes"
    return f"{minutes // 60} h {minutes % 60:02d} min"


@dataclass(slots=True)
class RemainingTime:
    """Estimates the time left from the pace of the last reports.

    Attributes:
        clock: Seconds that only ever rise.
        memory: How many reports the pace is taken from.
    """

    clock: Callable[[], float] = time.monotonic
    memory: int = 40
    _seen: list[tuple[float, float]] = field(default_factory=list)

    def update(self, fraction: float) -> float | None:
        """Seconds left after a report of ``fraction`` (0 to 1); None while it cannot be told."""
        now = self.clock()
        if self._seen and fraction < self._seen[-1][1]:
            self._seen.clear()
        self._seen.append((now, fraction))
        del self._seen[: -self.memory]
        (first_time, first), (last_time, last) = self._seen[0], self._seen[-1]
        if last - first <= 0 or last_time - first_time < 1.0:
            return None
        return (1.0 - last) * (last_time - first_time) / (last - first)


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

    curves: dict[str, Curve] = field(default_factory=dict)
    previews: list[Preview] = field(default_factory=list)
    log: list[Note] = field(default_factory=list)
    progress: Progress | None = None
    seconds_left: float | None = None
    remaining: RemainingTime = field(default_factory=RemainingTime)
    kept_previews: int = 30

    def add(self, event: JobEvent) -> None:
        """Take in one event."""
        if isinstance(event, Progress):
            self.progress = event
            self.seconds_left = self.remaining.update(event.fraction)
        elif isinstance(event, Metric):
            self.curves.setdefault(event.name, []).append((event.step, event.value))
        elif isinstance(event, Preview):
            self.previews.append(event)
            del self.previews[: -self.kept_previews]
        elif isinstance(event, Note):
            self.log.append(event)

    def curve(self, prefix: str) -> dict[str, Curve]:
        """The curves whose names start with ``prefix``."""
        return {name: points for name, points in self.curves.items() if name.startswith(prefix)}

    @property
    def has_validated(self) -> bool:
        """Whether there is already a state worth keeping."""
        return bool(self.curves.get("loss/validation")) or any(self.curve("score/").values())

    def status(self) -> str:
        """One line about where the run stands."""
        if self.progress is None:
            return "Waiting to start …"
        words = self.progress.message or f"{self.progress.fraction:.0%}"
        if self.seconds_left is not None:
            words += f" · about {in_words(self.seconds_left)} left"
        return words[0].upper() + words[1:]
