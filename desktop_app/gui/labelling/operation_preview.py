"""Shows what an operation would change while its dialog is open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Plane
from desktop_app.core.job import JobContext
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.jobs.latest import LatestJob
from desktop_app.gui.session import Session
from desktop_app.gui.viewer.viewer import ViewerWidget
from desktop_app.objects.operations import Change, Operation, Scene, Target
from desktop_app.objects.operations.preview import CHANGES, changes_layer, in_words
from desktop_app.objects.operations.slice_only import changes_in_slice

_CALM_MS = 60  # between the last change of a number and the work: a wheel that turns asks once
_WHOLE_VOXELS = 8_000_000  # in larger volumes only the objects in the slices that are seen are previewed


@dataclass(frozen=True, slots=True)
class Where:
    """On what an operation is carried out.

    Attributes:
        objects: Numbers; all if empty.
        in_slice: Only in the slice that is shown.
    """

    objects: tuple[int, ...] = ()
    in_slice: bool = False


def scene_changes(
    operation: Operation, scene: Scene, parameters: Any, place: tuple[Plane, int] | None, ctx: JobContext
) -> tuple[Change, ...]:
    """What an operation would change, as a job; in one slice alone where ``place`` says which."""
    from desktop_app.jobs.objects.steps import told_to

    heard = replace(scene, go_on=told_to(ctx, operation.title))
    if place is not None:
        return tuple(changes_in_slice(operation, heard, parameters, *place))
    return tuple(operation.changes(heard, parameters))


def refused_or_done(
    work: Callable[[JobContext], tuple[Change, ...]], ctx: JobContext
) -> tuple[Change, ...] | UserError:
    """The changes, or why there are none: nobody has asked for them yet, so it is no failure to be told."""
    try:
        return work(ctx)
    except UserError as error:
        return error


class OperationPreview(QObject):
    """Works out what would change, and lays it over the image: added, removed, moved to another object.

    Args:
        session: What is open.
        viewer: Shows it.
        runner: Works it out.

    Signals:
        told: How much would change, in words.
    """

    told = Signal(str)

    def __init__(self, session: Session, viewer: ViewerWidget, runner: JobRunner, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._viewer = session, viewer
        self._asked: tuple[Operation, Scene, Any, Where] | None = None
        self._worked_out: tuple[Operation, Scene, Any, Where] | None = None
        self._job = LatestJob(runner, "glance", self)
        self._job.failed.connect(self._on_failed)
        self._calm = QTimer(self, singleShot=True, interval=_CALM_MS)
        self._calm.timeout.connect(self._start)
        session.labels_replaced.connect(self.clear)
        session.labels_edited.connect(lambda _region: self._again())
        viewer.navigator.slice_changed.connect(lambda _plane, _direction: self._again())

    @property
    def busy(self) -> bool:
        """Whether something is being worked out."""
        return self._job.busy or self._calm.isActive()

    def ask(self, operation: Operation, scene: Scene, parameters: Any, where: Where, *, dragging: bool = False) -> None:
        """Show what this would change.

        Args:
            operation: What would be carried out.
            scene: On what is seen.
            parameters: How.
            where: On which part.
            dragging: It is asked again with every move of the mouse: what is being worked out is shown before that
                begins anew, so that something is seen while the mouse moves.
        """
        self._asked = operation, scene, parameters, where
        if not dragging:
            self.told.emit("Looking …")
            self._calm.start()
        elif not self.busy:
            self._calm.start()

    def clear(self) -> None:
        """Show nothing any more."""
        self._asked = self._worked_out = None
        self._calm.stop()
        self._job.drop()
        if self._session.layers.get(CHANGES) is not None:
            self._session.layers.remove(CHANGES)

    def _again(self) -> None:
        """Other slices are shown, or labels have changed."""
        if self._asked is not None and (self._asked[3].in_slice or self._only_seen(self._asked[0], self._asked[3])):
            self._calm.start()

    def _only_seen(self, operation: Operation, where: Where) -> bool:
        """Whether only what is seen is worked out, because the whole would take long."""
        volume = self._session.volume
        large = volume is not None and int(np.prod(volume.shape)) > _WHOLE_VOXELS
        return large and not where.objects and not where.in_slice and Target.OBJECT in operation.targets

    def _start(self) -> None:
        if self._asked is None:
            return
        operation, scene, parameters, where = self._worked_out = self._asked
        plane = self._viewer.current_plane()
        place = (plane, self._viewer.current_depth(plane))
        objects, note = where.objects, ""
        if self._only_seen(operation, where):
            found = np.unique(scene.labels.read(plane.slab(scene.labels.shape, place[1])))
            objects, note = tuple(found[found > 0].tolist()), " (objects in this slice)"
            if not objects:
                self._on_found(scene, note, ())
                return
        scene = replace(scene, pointed=replace(scene.pointed, objects=objects))
        work = partial(scene_changes, operation, scene, parameters, place if where.in_slice else None)
        self._job.start(operation.title, partial(refused_or_done, work), partial(self._on_found, scene, note))

    def _on_found(self, scene: Scene, note: str, changes: tuple[Change, ...] | UserError) -> None:
        if self._asked is None:
            return
        if isinstance(changes, UserError):
            self._on_failed(changes)
            return
        self._session.layers.put(changes_layer(scene.labels.shape, changes))
        self.told.emit(f"{in_words(changes) or 'Nothing would change'}{note}.")
        self._catch_up()

    def _catch_up(self) -> None:
        """Go on with what was asked while this was worked out."""
        if self._asked is not self._worked_out:
            self._calm.start()

    def _on_failed(self, error: Exception) -> None:
        self._catch_up()
        if self._session.layers.get(CHANGES) is not None:
            self._session.layers.remove(CHANGES)
        self.told.emit(str(error) if isinstance(error, UserError) else "This could not be previewed.")
