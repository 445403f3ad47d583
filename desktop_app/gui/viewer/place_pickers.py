"""Lets the user draw a rectangle or a line over a slice, or click, whatever tool is chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent

from desktop_app.core.imaging import Region
from desktop_app.core.labelling.tools import ToolPoint
from desktop_app.gui.viewer.plane_view import PlaneView

Picked: TypeAlias = Callable[[Region | None], None]
_LEAST = 4  # pixels of the image; less is a click
_LEAST_SEEN = 6  # pixels of the screen; the hand moves as far in a click


class DragPicker(QObject):
    """Takes the next left drag over one of the views; all other gestures go on to the views.

    A right click or Esc ends it without a result.

    Signals:
        changed: What it would give if it ended here and now; None where that is nothing, or nothing any more.
    """

    changed = Signal(object)

    def __init__(self, views: Iterable[PlaneView], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._views = list(views)
        self._done: Callable[[Any], None] | None = None
        self._from: ToolPoint | None = None

    @property
    def active(self) -> bool:
        """Whether a drag would draw."""
        return self._done is not None

    def begin(self, done: Callable[[Any], None]) -> None:
        """Wait for a drag; ``done`` gets what was drawn, or None if the user changes their mind."""
        self.end()
        self._done = done
        for view in self._views:
            for target in (view.canvas, view.canvas.viewport()):
                target.installEventFilter(self)
            view.canvas.viewport().setCursor(Qt.CursorShape.CrossCursor)

    def end(self, drawn: Any = None) -> None:
        """Stop waiting."""
        done, dragged = self._done, self._from is not None
        self._done = self._from = None
        if done is None:
            return
        for view in self._views:
            for target in (view.canvas, view.canvas.viewport()):
                target.removeEventFilter(self)
            view.canvas.show_cursor()
            self.show_drag(view, None)
        if dragged:
            self.changed.emit(None)
        done(drawn)

    def show_drag(self, view: PlaneView, drag: tuple[ToolPoint, ToolPoint] | None) -> None:
        """Draw the drag from its beginning to here; None takes it away."""

    def result(self, start: ToolPoint, here: ToolPoint) -> Any:
        """What a drag means; None if it is too short."""
        del start, here

    def so_far(self, start: ToolPoint, here: ToolPoint) -> Any:
        """What is drawn if the drag ends here."""
        return self.result(start, here)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self._done is None:
            return False
        if isinstance(event, QKeyEvent):
            return self._on_key(event)
        view = next((v for v in self._views if v.canvas.viewport() is watched), None)
        if view is None or not isinstance(event, QMouseEvent):
            return False
        return self._on_mouse(view, event)

    def _on_key(self, event: QKeyEvent) -> bool:
        if event.key() != Qt.Key.Key_Escape or event.type() == QEvent.Type.KeyRelease:
            return False
        event.accept()
        if event.type() == QEvent.Type.KeyPress:
            self.end()
        return True

    def _on_mouse(self, view: PlaneView, event: QMouseEvent) -> bool:
        kind, button = event.type(), event.button()
        if kind == QEvent.Type.MouseButtonPress and button == Qt.MouseButton.RightButton:
            self.end()
        elif kind == QEvent.Type.MouseButtonPress and button == Qt.MouseButton.LeftButton:
            self._from = view.canvas.point_at(event.position())
            view.canvas.touched.emit()
        elif kind == QEvent.Type.MouseMove and self._from is not None and self._from.plane == view.plane:
            here = view.canvas.point_at(event.position())
            self.show_drag(view, (self._from, here))
            self.changed.emit(self.so_far(self._from, here))
        elif kind == QEvent.Type.MouseButtonRelease and self._from is not None:
            self._on_release(view.canvas.point_at(event.position()))
        else:
            return kind == QEvent.Type.MouseButtonDblClick
        return True

    def _on_release(self, here: ToolPoint) -> None:
        start = self._from
        drawn = self.result(start, here) if start is not None else None
        if drawn is not None:
            self.end(drawn)
            return
        self._from = None
        for view in self._views:
            self.show_drag(view, None)


class RectanglePicker(DragPicker):
    """Gives the one-slice-thick ``Region`` of a rectangle."""

    def show_drag(self, view: PlaneView, drag: tuple[ToolPoint, ToolPoint] | None) -> None:
        """Draw the rectangle."""
        view.set_drawn(None if drag is None else (drag[0].row, drag[0].column, drag[1].row, drag[1].column))

    def result(self, start: ToolPoint, here: ToolPoint) -> Region | None:
        """The box of all pixels touched."""
        plane, depth = start.plane, start.depth
        low = plane.to_voxel(int(min(start.row, here.row)), int(min(start.column, here.column)), depth)
        high = plane.to_voxel(int(max(start.row, here.row)) + 1, int(max(start.column, here.column)) + 1, depth + 1)
        region = Region(low, high)
        return region if min(plane.shape_of(region.shape)) > _LEAST else None


class LinePicker(DragPicker):
    """Gives the two ends of a line, as ``ToolPoint``."""

    def show_drag(self, view: PlaneView, drag: tuple[ToolPoint, ToolPoint] | None) -> None:
        """Draw the line."""
        view.set_band(list(drag or ()))

    def result(self, start: ToolPoint, here: ToolPoint) -> tuple[ToolPoint, ToolPoint] | None:
        """Both ends on one slice; it may be the shorter the larger the view, so that small things can be parted."""
        view = next((view for view in self._views if view.plane is start.plane), None)
        long = view is not None and view.screen_distance(start, here) > _LEAST_SEEN
        return (start, here) if long and start.same_slice(here) else None


class PlacesPicker(DragPicker):
    """Collects clicks on one slice or on several; Enter or a double click gives all of them, Backspace drops one.

    All clicks so far are what ``changed`` says, as a tuple; there are none after they are given or given up.
    """

    def __init__(self, views: Iterable[PlaneView], parent: QObject | None = None) -> None:
        super().__init__(views, parent)
        self._places: list[ToolPoint] = []

    def begin(self, done: Callable[[Any], None]) -> None:
        """Wait for clicks."""
        super().begin(done)

    def end(self, drawn: Any = None) -> None:
        """Stop waiting."""
        had, self._places = bool(self._places), []
        if had:
            self._show()
        super().end(drawn)

    def result(self, start: ToolPoint, here: ToolPoint) -> None:
        """One more click; it goes on."""
        del here
        self._places.append(start)
        self._show()

    def so_far(self, start: ToolPoint, here: ToolPoint) -> tuple[ToolPoint, ...]:
        """The clicks before this one."""
        del start, here
        return tuple(self._places)

    def _show(self) -> None:
        for view in self._views:
            view.set_marks(self._places)
        self.changed.emit(tuple(self._places))

    def _on_key(self, event: QKeyEvent) -> bool:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()
            if event.type() == QEvent.Type.KeyPress:
                self.end(tuple(self._places))
            return True
        if event.key() == Qt.Key.Key_Backspace:
            event.accept()
            if event.type() == QEvent.Type.KeyPress and self._places:
                self._places.pop()
                self._show()
            return True
        return super()._on_key(event)

    def _on_mouse(self, view: PlaneView, event: QMouseEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonDblClick and event.button() == Qt.MouseButton.LeftButton:
            self.end(tuple(self._places))
            return True
        return super()._on_mouse(view, event)


class PointPicker(DragPicker):
    """Gives the ``ToolPoint`` of a click."""

    def result(self, start: ToolPoint, here: ToolPoint) -> ToolPoint | None:
        """Where the button went down."""
        del here
        return start
