"""Lets the user draw a rectangle over a slice, whatever tool is chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent

from desktop_app.core.imaging import Region
from desktop_app.core.labelling.tools import ToolPoint
from desktop_app.gui.viewer.canvas import SliceCanvas
from desktop_app.gui.viewer.plane_view import PlaneView

Picked: TypeAlias = Callable[[Region | None], None]
_LEAST = 4  # pixels of the image; less is a click


class RectanglePicker(QObject):
    """Takes the next left drag over one of the views; all other gestures go on to the views.

    A right click or Esc ends it without a rectangle.
    """

    def __init__(self, views: Iterable[PlaneView], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._views = list(views)
        self._done: Picked | None = None
        self._from: ToolPoint | None = None

    @property
    def active(self) -> bool:
        """Whether a drag would draw."""
        return self._done is not None

    def begin(self, done: Picked) -> None:
        """Wait for a drag; ``done`` gets the one-slice-thick box, or None if the user changes their mind."""
        self.end()
        self._done = done
        for view in self._views:
            for target in (view.canvas, view.canvas.viewport()):
                target.installEventFilter(self)
            view.canvas.viewport().setCursor(Qt.CursorShape.CrossCursor)

    def end(self, region: Region | None = None) -> None:
        """Stop waiting."""
        done, self._done, self._from = self._done, None, None
        if done is None:
            return
        for view in self._views:
            for target in (view.canvas, view.canvas.viewport()):
                target.removeEventFilter(self)
            view.canvas.show_cursor()
            view.set_drawn(None)
        done(region)

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
            view.set_drawn((self._from.row, self._from.column, here.row, here.column))
        elif kind == QEvent.Type.MouseButtonRelease and self._from is not None:
            self._on_release(view.canvas, event)
        else:
            return kind == QEvent.Type.MouseButtonDblClick
        return True

    def _on_release(self, canvas: SliceCanvas, event: QMouseEvent) -> None:
        start, here = self._from, canvas.point_at(event.position())
        self._from = None
        if start is None:
            return
        low = start.plane.to_voxel(int(min(start.row, here.row)), int(min(start.column, here.column)), start.depth)
        high = start.plane.to_voxel(
            int(max(start.row, here.row)) + 1, int(max(start.column, here.column)) + 1, start.depth + 1
        )
        region = Region(low, high)
        rows, columns = start.plane.shape_of(region.shape)
        if min(rows, columns) > _LEAST:
            self.end(region)
        else:
            for view in self._views:
                view.set_drawn(None)
