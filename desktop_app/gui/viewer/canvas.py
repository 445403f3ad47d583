"""One canvas: it draws a slice, and turns mouse and keys into places in the picture."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QResizeEvent, QTabletEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLineEdit, QPlainTextEdit, QTextEdit, QWidget

from desktop_app.core.imaging import Index3, Plane
from desktop_app.core.labelling.tools import ToolPoint
from desktop_app.gui.viewer.geometry import Box2, ViewState
from desktop_app.gui.viewer.hud import Hud
from desktop_app.gui.viewer.tile_item import LabelItem, PictureItem

_TYPING = (QLineEdit, QAbstractSpinBox, QComboBox, QTextEdit, QPlainTextEdit)
_NOTCH = 120  # eighths of a degree: a notch of a usual wheel, as Qt defines it
HOLD_KEYS = {Qt.Key.Key_Space: "space", Qt.Key.Key_H: "hide", Qt.Key.Key_R: "resize"}


class SliceCanvas(pg.GraphicsView):
    """Draws the image and the label layers of one plane.

    Signals:
        touched: A button was pressed or the wheel turned over this view.
        pressed, moved, released: ``ToolPoint``, button(s), modifiers.
        double_clicked: ``ToolPoint``.
        hovered: ``ToolPoint``, or None when the pointer leaves.
        dragged: Screen pixels dx, dy of a pan.
        zoom_wanted: Factor, and where (``QPointF``).
        slice_wanted: Steps.
        brush_size_wanted: Steps of one pixel.
        center_wanted: ``ToolPoint``.
        hold_changed: Name of a held key (space, hide, resize), and whether it is down.
        style_cycled: Tab was pressed.
        resized: The canvas has another size.
    """

    touched = Signal()
    pressed = Signal(object, object, object)
    moved = Signal(object, object, object)
    released = Signal(object, object, object)
    double_clicked = Signal(object)
    hovered = Signal(object)
    dragged = Signal(float, float)
    zoom_wanted = Signal(float, QPointF)
    slice_wanted = Signal(int)
    brush_size_wanted = Signal(int)
    center_wanted = Signal(object)
    hold_changed = Signal(str, bool)
    style_cycled = Signal()
    resized = Signal()

    def __init__(self, plane: Plane, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plane = plane
        self.depth = 0
        self.pan_with_left = False
        self.wheel_zooms = False
        self.flat = False
        self._state = ViewState()
        self._drag_from: QPointF | None = None
        self._size_from: QPointF | None = None
        self._held: set[str] = set()
        self._wheel = 0
        self._pressure = 1.0  # of a pen; a mouse always presses fully
        self.box = pg.ViewBox(enableMouse=False, enableMenu=False, invertY=True, defaultPadding=0)
        self.box.disableAutoRange()
        self.setCentralItem(self.box)
        self.image = PictureItem()
        self.layers: dict[str, LabelItem] = {}
        self._seen: tuple[Box2, tuple[float, float]] = (Box2(0, 0, 0, 0), (1.0, 1.0))
        self.box.addItem(self.image, ignoreBounds=True)
        self.hud = Hud(self.viewport())
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(self.Shape.NoFrame)
        self.setMinimumSize(80, 60)  # px, by eye

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    @property
    def extent(self) -> tuple[float, float]:
        """Width and height in logical pixels."""
        return float(self.width()), float(self.height())

    @property
    def seen(self) -> tuple[Box2, tuple[float, float]]:
        """The part of the picture that is seen, and device pixels per row and per column."""
        return self._seen

    def show_state(self, state: ViewState, shape: Index3) -> None:
        """Show another place or scale of a volume of ``shape`` (Z, Y, X)."""
        self._state = state
        top, left = state.to_picture(self.plane, 0, 0, self.extent)
        bottom, right = state.to_picture(self.plane, *self.extent, self.extent)
        self.box.setRange(xRange=(left, right), yRange=(top, bottom), padding=0)
        visible = state.visible(self.plane, self.extent, shape)
        ratio = self.devicePixelRatioF()
        scales = (state.row_scale(self.plane) * ratio, state.column_scale(self.plane) * ratio)
        self._seen = visible, scales
        for item in (self.image, *self.layers.values()):
            item.set_view(visible, scales)

    def arrange_layers(self, keys: tuple[str, ...]) -> None:
        """Have one label item for each key, the first the lowest."""
        for key in [key for key in self.layers if key not in keys]:
            self.box.removeItem(self.layers.pop(key))
        for level, key in enumerate(keys, start=1):
            if key not in self.layers:
                self.layers[key] = LabelItem()
                self.layers[key].set_view(*self._seen)
                self.box.addItem(self.layers[key], ignoreBounds=True)
            self.layers[key].setZValue(level)

    def point_at(self, place: QPointF) -> ToolPoint:
        """The place in the picture under a point of the canvas."""
        row, column = self._state.to_picture(self.plane, place.x(), place.y(), self.extent)
        return ToolPoint(self.plane, self.depth, row, column, self._pressure)

    def screen_of(self, row: float, column: float) -> tuple[float, float]:
        """Where a place in the picture is on the canvas."""
        return self._state.to_screen(self.plane, row, column, self.extent)

    def viewportEvent(self, event: QEvent) -> bool:
        """Hear how hard a pen is pressed; Qt then tells its ways as those of a mouse, as it was not accepted."""
        if isinstance(event, QTabletEvent):
            if event.type() in (QEvent.Type.TabletPress, QEvent.Type.TabletMove) and event.buttons():
                self._pressure = float(event.pressure())
            event.ignore()
            return False
        return bool(super().viewportEvent(event))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()
        self.touched.emit()
        place, button = event.position(), event.button()
        left = button == Qt.MouseButton.LeftButton
        if button == Qt.MouseButton.MiddleButton or (left and ("space" in self._held or self.pan_with_left)):
            self._drag_from = place
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        elif left and event.modifiers() == Qt.KeyboardModifier.ShiftModifier:
            self.center_wanted.emit(self.point_at(place))
        else:
            self.pressed.emit(self.point_at(place), button, event.modifiers())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        event.accept()
        place, point = event.position(), self.point_at(event.position())
        if self._drag_from is not None:
            shift, self._drag_from = place - self._drag_from, place
            self.dragged.emit(shift.x(), shift.y())
        elif "resize" in self._held:
            self._resize_by_move(place)
        elif event.buttons() == Qt.MouseButton.LeftButton and event.modifiers() == Qt.KeyboardModifier.ShiftModifier:
            self.center_wanted.emit(point)
        elif event.buttons():
            self.moved.emit(point, event.buttons(), event.modifiers())
        self.hovered.emit(point)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if self._drag_from is not None:
            self._drag_from = None
            self.show_cursor()
            return
        self.released.emit(self.point_at(event.position()), event.button(), event.modifiers())
        self._pressure = 1.0

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()
        point = self.point_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton:
            self.double_clicked.emit(point)
        if not self.pan_with_left:
            self.pressed.emit(point, event.button(), event.modifiers())

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()
        self.touched.emit()
        turn = event.angleDelta().y() + event.angleDelta().x()
        keys = event.modifiers()
        control = bool(keys & Qt.KeyboardModifier.ControlModifier)
        if keys & Qt.KeyboardModifier.AltModifier:
            self.brush_size_wanted.emit(self._notches(turn))
        elif self.flat or control != self.wheel_zooms:
            self.zoom_wanted.emit(1.25 ** (turn / _NOTCH), event.position())  # times a notch: three double it
        else:
            # Slices a notch with Shift.
            steps = self._notches(turn) * (10 if keys & Qt.KeyboardModifier.ShiftModifier else 1)
            if steps:
                self.slice_wanted.emit(-steps)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        name = HOLD_KEYS.get(Qt.Key(event.key()))
        if name is None or event.modifiers() != Qt.KeyboardModifier.NoModifier:
            event.ignore()
            return
        event.accept()
        if not event.isAutoRepeat() and name not in self._held:
            self._held.add(name)
            self._size_from = None
            self.show_cursor()
            self.hold_changed.emit(name, True)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        name = HOLD_KEYS.get(Qt.Key(event.key()))
        if name is None or event.isAutoRepeat():
            event.ignore()
            return
        self._release(name)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        for name in tuple(self._held):
            self._release(name)
        super().focusOutEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Tab:
            self.style_cycled.emit()
            return True
        return bool(super().event(event))

    def enterEvent(self, event: Any) -> None:
        if not isinstance(QApplication.focusWidget(), _TYPING):
            self.setFocus(Qt.FocusReason.MouseFocusReason)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit(None)
        super().leaveEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "hud"):
            self.hud.resize(self.size())
            self.resized.emit()

    def show_cursor(self) -> None:
        """The cursor that says what a drag would do."""
        hand = "space" in self._held or self.pan_with_left
        self.viewport().setCursor(Qt.CursorShape.OpenHandCursor if hand else Qt.CursorShape.CrossCursor)

    def _release(self, name: str) -> None:
        if name in self._held:
            self._held.discard(name)
            self.show_cursor()
            self.hold_changed.emit(name, False)

    def _notches(self, turn: int) -> int:
        """Whole notches of the wheel; fine wheels and touchpads add up."""
        self._wheel = self._wheel + turn if self._wheel * turn >= 0 else turn
        notches = int(self._wheel / _NOTCH)
        self._wheel -= notches * _NOTCH
        return notches

    def _resize_by_move(self, place: QPointF) -> None:
        if self._size_from is None:
            self._size_from = place
        steps = int((place.x() - self._size_from.x()) / 4)  # px of the mouse for a step of the brush; by eye
        if steps:
            self._size_from = place
            self.brush_size_wanted.emit(steps)
