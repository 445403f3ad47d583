"""One job at a time for one purpose, of which only the latest answer counts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop_app.core.job import JobContext, Note, Preview, Progress
from desktop_app.gui.jobs.handle import JobHandle
from desktop_app.gui.jobs.runner import JobRunner, Lane


class LatestJob(QObject):
    """Starts a job; a job started before is cancelled and whatever it still says is dropped.

    Args:
        runner: Runs the jobs.
        lane: Where they queue.
        tells: Whether the owner says what a job fails with; else the main window does, but of a job that was dropped.

    Signals:
        progressed: A ``Progress`` of the latest job.
        noted: A ``Note`` of the latest job.
        previewed: A ``Preview`` of the latest job.
        failed: The exception of the latest job.
        busy_changed: Whether a job runs or waits.
    """

    progressed = Signal(object)
    noted = Signal(object)
    previewed = Signal(object)
    failed = Signal(object)
    busy_changed = Signal(bool)

    def __init__(self, runner: JobRunner, lane: Lane, parent: QObject | None = None, *, tells: bool = True) -> None:
        super().__init__(parent)
        self._tells = tells
        self._runner: JobRunner = runner
        self._lane: Lane = lane
        self._handle: JobHandle | None = None

    @property
    def busy(self) -> bool:
        """Whether a job runs or waits."""
        return self._handle is not None

    def start(self, title: str, function: Callable[[JobContext], Any], done: Callable[[Any], None]) -> None:
        """Run ``function``; ``done`` gets its result unless another job was started or it was dropped."""
        self._forget()
        self._handle = handle = self._runner.start(title, function, lane=self._lane)
        handle.told_by_owner = self._tells
        handle.reported.connect(partial(self._on_reported, handle))
        handle.succeeded.connect(partial(self._on_succeeded, handle, done))
        handle.failed.connect(partial(self._on_failed, handle))
        handle.cancelled.connect(partial(self._on_cancelled, handle))
        self.busy_changed.emit(True)

    def drop(self) -> None:
        """Cancel the job, if there is one, and forget its answer."""
        if self._forget():
            self.busy_changed.emit(False)

    def _forget(self) -> bool:
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.told_by_owner = True
            handle.cancel()
        return handle is not None

    def _on_reported(self, handle: JobHandle, event: object) -> None:
        if handle is self._handle and isinstance(event, Progress):
            self.progressed.emit(event)
        elif handle is self._handle and isinstance(event, Note):
            self.noted.emit(event)
        elif handle is self._handle and isinstance(event, Preview):
            self.previewed.emit(event)

    def _on_succeeded(self, handle: JobHandle, done: Callable[[Any], None], result: object) -> None:
        if self._ends(handle):
            done(result)

    def _on_failed(self, handle: JobHandle, error: Exception) -> None:
        if self._ends(handle):
            self.failed.emit(error)

    def _on_cancelled(self, handle: JobHandle) -> None:
        self._ends(handle)

    def _ends(self, handle: JobHandle) -> bool:
        if handle is not self._handle:
            return False
        self._handle = None
        self.busy_changed.emit(False)
        return True
