"""One job as the window sees it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal, Slot

from desktop_app.core.job import JobCancelled, JobContext, JobEvent, Note, Progress
from desktop_app.gui.jobs.context import ThreadContext

JobState: TypeAlias = Literal["waiting", "running", "paused", "cancelling", "succeeded", "failed", "cancelled"]
ENDED: frozenset[JobState] = frozenset({"succeeded", "failed", "cancelled"})
_FETCH_MS = 50  # 20 reports a second look continuous and leave the window free


@dataclass(slots=True)
class _Outcome:
    result: Any = None
    error: BaseException | None = None


class _Worker(QObject):
    done = Signal()

    def __init__(self, function: Callable[[JobContext], Any], context: ThreadContext, outcome: _Outcome) -> None:
        super().__init__()
        self._function = function
        self._context = context
        self._outcome = outcome

    @Slot()
    def run(self) -> None:
        try:
            self._context.raise_if_cancelled()
            self._outcome.result = self._function(self._context)
        except BaseException as error:  # noqa: BLE001  the boundary: everything a job raises is shown
            self._outcome.error = error
        finally:
            self.done.emit()


class JobHandle(QObject):
    """Watches and steers one job. Exactly one of succeeded, failed and cancelled comes, then finished.

    Attributes:
        told_by_owner: Whether whoever started it says what it fails with, or has no use for it any more.

    Signals:
        reported: A ``JobEvent``; at most one ``Progress`` per 50 ms, every other event.
        succeeded: What the function returned.
        failed: The exception.
        cancelled: It stopped because it was asked to.
        finished: After one of these three; the thread has ended.
        state_changed: The new state.
    """

    reported = Signal(object)
    succeeded = Signal(object)
    failed = Signal(object)
    cancelled = Signal()
    finished = Signal()
    state_changed = Signal(str)

    def __init__(
        self, title: str, function: Callable[[JobContext], Any], parent: QObject | None = None, lane: str = "io"
    ) -> None:
        super().__init__(parent)
        self.title = title
        self.lane = lane
        self.told_by_owner = False
        self.state: JobState = "waiting"
        self.progress: Progress | None = None
        self.log: list[Note] = []
        self.error: BaseException | None = None
        self.result: Any = None
        self.started_at: float | None = None
        self.ended_at: float | None = None
        self._context = ThreadContext()
        self._outcome = _Outcome()
        self._worker: _Worker | None = _Worker(function, self._context, self._outcome)
        self._thread = QThread(self)
        self._timer = QTimer(self)
        self._timer.setInterval(_FETCH_MS)
        self._connect_signals(self._worker)

    def _connect_signals(self, worker: _Worker) -> None:
        worker.moveToThread(self._thread)
        self._thread.started.connect(worker.run)
        worker.done.connect(self._thread.quit, Qt.ConnectionType.DirectConnection)
        self._thread.finished.connect(self._on_thread_finished)
        self._timer.timeout.connect(self._fetch)

    @property
    def active(self) -> bool:
        """Whether it has not ended yet."""
        return self.state not in ENDED

    @property
    def seconds(self) -> float:
        """Wall-clock time since it began to run, until its end."""
        if self.started_at is None:
            return 0.0
        return (self.ended_at or time.monotonic()) - self.started_at

    def begin(self) -> None:
        """Start the thread; called by the runner when it is this job's turn."""
        self.started_at = time.monotonic()
        self._enter("running")
        self._timer.start()
        self._thread.start()

    @Slot()
    def cancel(self) -> None:
        """Ask it to stop; a job that has not started ends at once."""
        if not self.active:
            return
        self._context.cancel()
        if self.state == "waiting":
            self._end("cancelled")
        elif self.state in ("running", "paused"):
            self._enter("cancelling")

    @Slot()
    def pause(self) -> None:
        """Let it wait at the next safe place."""
        if self.state == "running":
            self._context.pause()
            self._enter("paused")

    @Slot()
    def resume(self) -> None:
        """Let it go on."""
        if self.state == "paused":
            self._context.resume()
            self._enter("running")

    def wait(self, milliseconds: int) -> bool:
        """Block until the thread has ended; False if it did not in time."""
        return self._thread.wait(milliseconds)

    @Slot()
    def _fetch(self) -> None:
        for event in self._context.take():
            self._keep(event)
            self.reported.emit(event)

    def _keep(self, event: JobEvent) -> None:
        if isinstance(event, Progress):
            self.progress = event
        elif isinstance(event, Note):
            self.log.append(event)

    @Slot()
    def _on_thread_finished(self) -> None:
        self._thread.wait()
        self._timer.stop()
        self._fetch()
        self._worker = None
        self.result, self.error = self._outcome.result, self._outcome.error
        if self.error is None:
            self._end("succeeded")
        else:
            self._end("cancelled" if isinstance(self.error, JobCancelled) else "failed")

    def _end(self, state: Literal["succeeded", "failed", "cancelled"]) -> None:
        self.ended_at = time.monotonic()
        self._enter(state)
        if state == "succeeded":
            self.succeeded.emit(self.result)
        elif state == "failed":
            self.failed.emit(self.error)
        else:
            self.cancelled.emit()
        self.finished.emit()

    def _enter(self, state: JobState) -> None:
        self.state = state
        self.state_changed.emit(state)
