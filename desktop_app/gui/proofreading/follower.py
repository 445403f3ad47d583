"""Keeps what is known of the objects in step with the labels, in short jobs beside the work."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.imaging.grey import as_grey
from desktop_app.core.job import JobContext
from desktop_app.gui.jobs import JobHandle, JobRunner
from desktop_app.gui.session import Session
from desktop_app.io.labels.session import LabelSession

if TYPE_CHECKING:
    from desktop_app.jobs.objects.survey_objects import Survey

_CALM_MS = 80  # after an edit: strokes that follow each other are looked at together
_MOST_VOXELS = 16_000_000  # of changed boxes; more is surveyed anew, with progress


class ObjectFollower(QObject):
    """Looks at all objects when it is first asked to, then after each edit at what that has changed.

    Args:
        session: What is open.
        runner: Runs the jobs.
        channel: Tells which channel of the image is shown.

    Attributes:
        survey: What is known; None before anything is.

    Signals:
        changed: Another ``survey``.
        busy_changed: Whether all objects are being looked at.
    """

    changed = Signal()
    busy_changed = Signal(bool)

    def __init__(
        self, session: Session, runner: JobRunner, channel: Callable[[], int], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._runner, self._channel = session, runner, channel
        self.survey: Survey | None = None
        self._watching = False
        self._job: JobHandle | None = None
        self._stale = True
        self._first_pass = True
        self._regions: list[Region] = []
        self._calm = QTimer(self, singleShot=True, interval=_CALM_MS)
        self._calm.timeout.connect(self._go_on)
        session.labels_replaced.connect(self._begin_again)
        session.labels_edited.connect(self._on_edited)

    @property
    def busy(self) -> bool:
        """Whether something is still being looked at, or will be in a moment."""
        return self._job is not None or self._calm.isActive() or (self._watching and self._stale and self._open)

    def watch(self, on: bool) -> None:
        """Look at objects only while somebody wants to know."""
        self._watching = on
        if on:
            self._go_on()

    def measure_again(self) -> None:
        """Another channel is shown: its grey values are wanted."""
        self._stale, self._first_pass = True, False
        self._go_on()

    @property
    def _open(self) -> bool:
        return self._session.labels is not None and self._session.volume is not None

    def _begin_again(self) -> None:
        """Other labels are open, or none."""
        job, self._job = self._job, None
        if job is not None:
            job.cancel()
        self._regions.clear()
        self._calm.stop()
        self._stale = self._first_pass = True
        self.survey = None
        self.changed.emit()
        self._go_on()

    def _on_edited(self, region: Region) -> None:
        self._regions.append(region)
        self._calm.start()

    def _go_on(self) -> None:
        """Start the next job, if there is something to do and none is running."""
        from desktop_app.jobs.objects.survey_objects import followed, survey_objects

        labels, volume = self._session.labels, self._session.volume
        if not self._watching or self._job is not None or labels is None or volume is None:
            return
        if self._stale or self.survey is None or sum(r.size for r in self._regions) > _MOST_VOXELS:
            self._regions.clear()
            self._stale = False
            grey = None if self._first_pass else self._grey(volume)
            store = labels.labels
            look = partial(survey_objects, store, grey, pieces=not self._first_pass, filled=store.pieces)
            self._start(look, labels, first=self._first_pass)
        elif self._regions:
            regions, self._regions = self._regions, []
            look = partial(followed, self.survey, regions, labels.labels, self._grey(volume))
            self._start(look, labels)
        else:
            self.busy_changed.emit(False)

    def _start(self, look: Callable[[JobContext], Survey], labels: LabelSession, *, first: bool = False) -> None:
        self._job = job = self._runner.start("Objects", look, lane="glance")
        job.succeeded.connect(partial(self._on_looked, job, labels, first))
        job.failed.connect(partial(self._on_failed, job))
        self.busy_changed.emit(True)

    def _on_looked(self, job: JobHandle, labels: LabelSession, first: bool, survey: Survey) -> None:
        if job is not self._job or labels is not self._session.labels:
            return
        self._job = None
        self.survey = survey
        if first:  # sizes and places are there at once; grey values and pieces follow
            self._first_pass, self._stale = False, True
        self.changed.emit()
        self._go_on()
        if self._job is None:
            self.busy_changed.emit(False)

    def _on_failed(self, job: JobHandle, error: Exception) -> None:
        if job is not self._job:
            return
        self._job, self._stale = None, True
        self._watching = False  # not again and again; the next time the table is opened
        self.busy_changed.emit(False)
        if isinstance(error, UserError):
            self._session.error_occurred.emit(error)

    def _grey(self, volume: Volume) -> Callable[[Region], NDArray[Any]]:
        return partial(_picture, volume, self._channel())


def _picture(volume: Volume, channel: int, region: Region) -> NDArray[Any]:
    return as_grey(volume).read(region, 0 if volume.rgb else channel)
