"""Starts jobs: a thread each, in lanes so that they do not fight for the same device."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, Signal

from desktop_app.core.job import JobContext
from desktop_app.gui.jobs.handle import JobHandle

Lane: TypeAlias = Literal["gpu", "preview", "glance", "io"]
# Jobs per lane: networks share one device's memory; two files keep a disk busy.
_AT_ONCE: dict[Lane, int] = {"gpu": 1, "preview": 1, "glance": 1, "io": 2}
_GLANCE_MS = 20  # well below the 50 ms within which the window answers


class JobRunner(QObject):
    """Owns all live jobs.

    Signals:
        job_added: A ``JobHandle`` that was just started or queued.
        idle: The last job has finished.
    """

    job_added = Signal(object)
    idle = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queued: dict[Lane, list[JobHandle]] = {lane: [] for lane in _AT_ONCE}
        self._running: dict[Lane, list[JobHandle]] = {lane: [] for lane in _AT_ONCE}

    def start(self, title: str, function: Callable[[JobContext], Any], *, lane: Lane = "io") -> JobHandle:
        """Run a job in its own thread as soon as its lane is free.

        Args:
            title: Shown in the job panel, for example "Train nuclei".
            function: Called with a ``JobContext`` in the thread.
            lane: ``gpu`` for training and batches, one at a time; ``preview`` for short looks at what a model
                finds and ``glance`` at what is there, one at a time beside it; ``io`` for reading and writing.
        """
        handle = JobHandle(title, function, parent=self, lane=lane)
        handle.finished.connect(self._on_finished)
        self._queued[lane].append(handle)
        self.job_added.emit(handle)
        self._advance(lane)
        return handle

    def jobs(self) -> tuple[JobHandle, ...]:
        """Jobs that run or wait."""
        return tuple(h for lanes in (self._running, self._queued) for jobs in lanes.values() for h in jobs)

    def cancel_all(self) -> None:
        """Ask every job to stop."""
        for handle in self.jobs():
            handle.cancel()

    def wait_all(self, seconds: float) -> bool:
        """Keep the window alive until all jobs have ended; False if some have not after ``seconds``."""
        end = time.monotonic() + seconds
        while self.jobs() and time.monotonic() < end:
            QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents, _GLANCE_MS)
            for handle in self.jobs():
                if handle.state != "waiting":
                    handle.wait(_GLANCE_MS)
        if not self.jobs():
            # A handle that still waits to be deleted may be so while its parent, this runner, goes: twice then.
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        return not self.jobs()

    def _advance(self, lane: Lane) -> None:
        while self._queued[lane] and len(self._running[lane]) < _AT_ONCE[lane]:
            handle = self._queued[lane].pop(0)
            self._running[lane].append(handle)
            handle.begin()

    def _on_finished(self) -> None:
        handle = self.sender()
        for lane in _AT_ONCE:
            for jobs in (self._queued[lane], self._running[lane]):
                if handle in jobs:
                    jobs.remove(handle)
            self._advance(lane)
        if isinstance(handle, JobHandle):
            handle.deleteLater()
        if not self.jobs():
            self.idle.emit()
