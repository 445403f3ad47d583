"""What a job in a thread sees of the window."""

from __future__ import annotations

from threading import Event, Lock

from desktop_app.core.job import JobCancelled, JobEvent, Progress


class ThreadContext:
    """Collects events until the window fetches them; of several ``Progress`` only the latest is kept.

    ``report`` costs a lock and an append, whatever the window does, so a job may report as often as it likes.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._events: list[JobEvent] = []
        self._progress: Progress | None = None
        self._cancelled = Event()
        self._going_on = Event()
        self._going_on.set()

    def report(self, event: JobEvent) -> None:
        """Keep the event for the window."""
        with self._lock:
            if isinstance(event, Progress):
                self._progress = event
            else:
                self._events.append(event)

    def raise_if_cancelled(self) -> None:
        """Raise ``JobCancelled`` once asked to stop; wait while paused."""
        self._going_on.wait()
        if self._cancelled.is_set():
            raise JobCancelled

    def take(self) -> list[JobEvent]:
        """The events since the last call, the latest progress last."""
        with self._lock:
            events, self._events = self._events, []
            progress, self._progress = self._progress, None
        return [*events, progress] if progress is not None else events

    def cancel(self) -> None:
        """Ask the job to stop; also wakes a paused one."""
        self._cancelled.set()
        self._going_on.set()

    def pause(self) -> None:
        """Let the job wait at its next question."""
        if not self._cancelled.is_set():
            self._going_on.clear()

    def resume(self) -> None:
        """Let the job go on."""
        self._going_on.set()
