"""Taking a layer over into the labels, as one step of undo."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop_app.core.imaging import Region
from desktop_app.core.labelling.free_numbers import FreeNumbers
from desktop_app.core.labelling.layers import LabelLayer, LayerKind
from desktop_app.core.labelling.tools import ToolPoint
from desktop_app.gui.viewer.place_pickers import PointPicker, RectanglePicker
from desktop_app.gui.viewer.viewer import ViewerWidget
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.labels.session import LabelSession
from desktop_app.objects.accepting import Acceptance
from desktop_app.objects.operations.carrying_out import edit_of

if TYPE_CHECKING:
    from desktop_app.jobs.objects.layers import Taken


class Takeover(QObject):
    """Lets the user point at what is taken over, works it out in a job, and makes one edit of it.

    Args:
        context: What is open, where the job runs, and who is told.
        viewer: Where the user points.
        locked: The labels that must not change now.

    Signals:
        waiting_changed: Whether the next click or drag over the image chooses what is taken over.
    """

    waiting_changed = Signal(bool)

    def __init__(
        self, context: WindowContext, viewer: ViewerWidget, locked: Callable[[], frozenset[int]] = frozenset
    ) -> None:
        super().__init__(context.window)
        self._session, self._viewer, self._runner = context.session, viewer, context.runner
        self._notifier, self._locked = context.notifier, locked
        self.keep_existing = True
        views = viewer.grid.views.values()
        self.points, self.rectangles = PointPicker(views, self), RectanglePicker(views, self)

    def take_all(self, layer: LabelLayer) -> None:
        """Take all of a layer over."""
        self._take(layer, Acceptance(), "all")

    def take_object(self, layer: LabelLayer) -> None:
        """Let the user click an object of a layer, and take it over with all its slices."""
        self.rectangles.end()
        self.points.begin(partial(self._on_point, layer))
        self.waiting_changed.emit(True)

    def take_region(self, layer: LabelLayer) -> None:
        """Let the user draw a rectangle, and take over what lies in it on this slice."""
        self.points.end()
        self.rectangles.begin(partial(self._on_region, layer))
        self.waiting_changed.emit(True)

    def _on_point(self, layer: LabelLayer, point: ToolPoint | None) -> None:
        self.waiting_changed.emit(False)
        if point is None or not Region.whole(layer.store.shape).contains(point.voxel):
            return
        with self._notifier.errors_told():
            label = int(layer.store.read(Region.single(point.voxel))[0, 0, 0])
            if label == 0:
                self._notifier.info(f"“{layer.title}” has nothing there.")
            else:
                self._take(layer, Acceptance(frozenset({label})), f"object {label}")

    def _on_region(self, layer: LabelLayer, region: Region | None) -> None:
        self.waiting_changed.emit(False)
        if region is not None:
            self._take(layer, Acceptance(region=region.intersect(Region.whole(layer.store.shape))), "a region")

    def _take(self, layer: LabelLayer, what: Acceptance, words: str) -> None:
        from desktop_app.jobs.objects.layers import take_over

        labels, project, volume = self._session.labels, self._session.project, self._session.volume
        if labels is None or project is None or volume is None:
            return
        full = Acceptance(
            what.objects,
            what.region,
            self.keep_existing,
            project.scheme.kind == "classes",
            FreeNumbers.of(labels.labels, project.scheme.background),
        )
        title = f"Take over {words} of {layer.title}"
        job = self._runner.start(title, partial(take_over, labels.labels, layer.store, full, layer.path, volume.time))
        whole = layer if what == Acceptance() else None
        job.succeeded.connect(partial(self._carry_out, labels, title, whole))

    def _carry_out(self, labels: LabelSession, title: str, whole: LabelLayer | None, taken: Taken) -> None:
        if self._session.labels is not labels:
            self._notifier.info(f"“{title}” was not carried out: the image is no longer open.")
            return
        with self._notifier.errors_told():
            edit = edit_of(taken.changes, labels.labels, title, self._locked())
            if edit is None:
                self._notifier.info("There was nothing to take over: all of it is labelled already, or locked.")
            else:
                self._session.reviewing.set_confidence(taken.confidence)
                self._session.commit_edit(edit)
                self._hide(whole)

    def _hide(self, layer: LabelLayer | None) -> None:
        """Show the labels alone where all of a result is in them: its outlines would stay where one corrects them."""
        if layer is not None and layer.kind is LayerKind.RESULT:
            self._session.layers.set_look(layer.key, visible=False)
            self._notifier.info(
                f"All of “{layer.title}” is in your labels now: correct them as you like. As a layer it is hidden; its "
                "eye in the tab Layers shows it again."
            )
