"""The 3D view as a widget: the picture, what lies over it, and the mouse."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QMenu, QToolButton, QVBoxLayout, QWidget

from desktop_app.core.imaging import Index3, Plane
from desktop_app.core.imaging.camera import Camera, Vector, first_camera
from desktop_app.gui.theme import current_colors, icon, set_role, theme
from desktop_app.gui.theme.spacing import ICON, SMALL
from desktop_app.gui.viewer.view3d.scene_picture import SceneLook
from desktop_app.gui.widgets.overflow_row import OverflowRow

_NOTCH = 1.25  # zoom of one notch of the wheel, as in the planes
_DEGREES = 120.0  # units of the wheel per notch (Qt)
_TURN_MS, _TURN_STEP = 40, math.radians(2)  # a turn in some seven seconds: slow enough to look at
_KEY_STEP = math.radians(10)  # an arrow key turns by this
_CLICK = 4.0  # pixels that a hand trembles during a click
_REST_MS = 180  # after the last movement a finer picture is drawn
_PLANE_COLORS = {Plane.XY: "#4f8cff", Plane.XZ: "#3fb950", Plane.YZ: "#e5534b"}


class View3D(QWidget):
    """Shows pictures of a scene, and says from where and what is wanted.

    Signals:
        look_wanted: A ``SceneLook`` to be drawn.
        pick_wanted: Camera, and pixels to the right of the middle and below it.
        full_wanted: The view was double-clicked.
        movie_wanted: The button for a movie was pressed.
        shown: The view has become visible.
    """

    look_wanted = Signal(object)
    pick_wanted = Signal(object, float, float)
    full_wanted = Signal()
    movie_wanted = Signal()
    shown = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("3D view")
        self.setMinimumSize(60, 60)  # px, by eye
        self.camera = Camera()
        self._shape: Index3 = (1, 1, 1)
        self._voxel: Vector = (1.0, 1.0, 1.0)
        self._position: Index3 | None = None
        self._picture: QImage | None = None
        self._message = self._facts = ""
        self._pressed: QPointF | None = None
        self._pressed_at = QPointF()
        self._fitted = True
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._ask)
        self._turning = QTimer(self, interval=_TURN_MS)
        self._turning.timeout.connect(lambda: self.turn(_TURN_STEP, 0))
        self._build()
        theme().changed.connect(self._ask)

    def _build(self) -> None:
        self.objects_button = self._button("voxel", "Objects as surfaces", checkable=True)
        self.image_button = self._button("image", "Image", checkable=True)
        self.slices_button = self._button("layers", "Where the three slices lie", checkable=True)
        self.more_button = self._button("more", "How image and slices are drawn")
        menu = QMenu(self.more_button)
        self.cloud = _choice(menu, ("Image: its brightest voxels", "Image: a cloud, bright is dense"))
        menu.addSeparator()
        self.filled = _choice(menu, ("Slices: their frames", "Slices: with the image"))
        self.more_button.setMenu(menu)
        self.more_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.turn_button = self._button("play", "Turn (T)", checkable=True)
        self.reset_button = self._button("fit", "Look at all of it as at first (Home)")
        self.movie_button = self._button("save", "Save a picture or a turn as a movie…")
        for button in (self.objects_button, self.image_button, self.slices_button):
            button.setChecked(True)
            button.toggled.connect(self._ask)
        self.slices_button.toggled.connect(self.update)
        self.turn_button.toggled.connect(lambda on: self._turning.start() if on else self._turning.stop())
        self.reset_button.clicked.connect(self.reset)
        self.movie_button.clicked.connect(lambda: self.movie_wanted.emit())
        bar = OverflowRow()
        set_role(bar, "bar")
        # Those with the lowest number leave the row first.
        for leaves, button in (
            (7, self.objects_button),
            (6, self.image_button),
            (5, self.slices_button),
            (1, self.more_button),
            (2, self.turn_button),
            (4, self.reset_button),
            (3, self.movie_button),
        ):
            bar.add_part(button, button.toolTip(), leaves=leaves)
        for actions, button in ((self.cloud, self.image_button), (self.filled, self.slices_button)):
            actions[1].triggered.connect(lambda _checked, button=button: button.setChecked(True))
            actions[1].toggled.connect(self._ask)
        column = QVBoxLayout(self)
        column.setContentsMargins(SMALL, SMALL, SMALL, SMALL)
        column.addWidget(bar, 0, Qt.AlignmentFlag.AlignRight)
        column.addStretch(1)

    def set_facts(self, facts: str) -> None:
        """What the volume is, in words; they are seen before there is a picture."""
        self._facts = facts
        self.update()

    def set_volume(self, shape: Index3, voxel: Vector) -> None:
        """Prepare for a volume with these edges of a voxel (z, y, x)."""
        self._shape, self._voxel = shape, voxel
        self._picture = None
        self.reset()

    def set_position(self, voxel: Index3 | None) -> None:
        """Draw the three slices through a voxel; None draws none."""
        self._position = voxel
        self.update()
        if self.filled[1].isChecked():
            self._ask(moving=True)
            self._rest.start()

    def set_message(self, text: str) -> None:
        """Words below the picture."""
        self._message = text
        self.update()

    def set_picture(self, picture: NDArray[np.uint8]) -> None:
        """Show a picture (height, width, 3)."""
        height, width = picture.shape[:2]
        plain = np.ascontiguousarray(picture)
        self._picture = QImage(plain.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        self.update()

    def reset(self) -> None:
        """Look at all of the volume as at first."""
        self.camera = first_camera(self._extent(), self._size())
        self._fitted = True
        self._ask()

    def turn(self, across: float, along: float) -> None:
        """Turn what is seen by angles to the right and downwards."""
        self._move(self.camera.turned(across, along), self._fitted)

    def look(self, moving: bool = False) -> SceneLook:
        """What is wanted now."""
        color = QColor(current_colors().canvas)
        return SceneLook(
            self.camera,
            self._size(),
            self.objects_button.isChecked(),
            self.image_button.isChecked(),
            (color.red(), color.green(), color.blue()),
            moving,
            self.cloud[1].isChecked(),
            self._position if self.slices_button.isChecked() and self.filled[1].isChecked() else None,
        )

    def sizeHint(self) -> QSize:
        return QSize(300, 300)  # px, by eye

    def showEvent(self, event: object) -> None:
        self.shown.emit()
        self._ask()

    def hideEvent(self, event: object) -> None:
        self.turn_button.setChecked(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._fitted:
            whole = first_camera(self._extent(), self._size())
            self.camera = Camera(
                self.camera.right, self.camera.down, self.camera.forward, self.camera.center, whole.scale
            )
        self._ask()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = self._pressed_at = event.position()
        self.setFocus(Qt.FocusReason.MouseFocusReason)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            return
        step = event.position() - self._pressed
        self._pressed = event.position()
        pans = event.buttons() & (Qt.MouseButton.MiddleButton | Qt.MouseButton.RightButton)
        if pans or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            ratio = self.devicePixelRatioF()
            self._move(self.camera.panned(step.x() * ratio, step.y() * ratio), False)
        else:
            reach = max(1, min(self.width(), self.height()))
            self.turn(math.pi * step.x() / reach, math.pi * step.y() / reach)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        at, self._pressed = event.position(), None
        moved = at - self._pressed_at
        if event.button() == Qt.MouseButton.LeftButton and math.hypot(moved.x(), moved.y()) < _CLICK:
            self.pick_wanted.emit(self.camera, *self._from_middle(at))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.full_wanted.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        factor = _NOTCH ** (event.angleDelta().y() / _DEGREES)
        self._move(self.camera.zoomed(factor, *self._from_middle(event.position())), False)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        turns = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        key = Qt.Key(event.key())
        if key in turns:
            self.turn(_KEY_STEP * turns[key][0], _KEY_STEP * turns[key][1])
        elif key == Qt.Key.Key_Home:
            self.reset()
        elif key == Qt.Key.Key_T:
            self.turn_button.toggle()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Minus):
            self._move(self.camera.zoomed(_NOTCH if key == Qt.Key.Key_Plus else 1 / _NOTCH), False)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._draw(painter)
        painter.end()

    def seen(self) -> QImage:
        """What is seen, without the buttons."""
        ratio = self.devicePixelRatioF()
        picture = QImage(self.size() * ratio, QImage.Format.Format_RGB32)
        picture.setDevicePixelRatio(ratio)
        painter = QPainter(picture)
        self._draw(painter)
        painter.end()
        return picture

    def _draw(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), QColor(current_colors().canvas))
        if self._picture is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(self.rect(), self._picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_box(painter)
        if self.slices_button.isChecked() and self._position is not None:
            self._draw_slices(painter, self._position)
        self._draw_words(painter)

    def _draw_box(self, painter: QPainter) -> None:
        extent = self._extent()
        color = QColor(current_colors().muted)
        color.setAlpha(110)
        painter.setPen(QPen(color, 1))
        for axis in range(3):
            others = [a for a in range(3) if a != axis]
            for ends in ((0, 0), (0, 1), (1, 0), (1, 1)):
                start = [0.0, 0.0, 0.0]
                for other, end in zip(others, ends, strict=True):
                    start[other] = extent[other] * end
                stop = list(start)
                stop[axis] = extent[axis]
                painter.drawLine(self._point(start), self._point(stop))
        painter.setPen(QColor(current_colors().muted))
        for axis, name in enumerate("zyx"):
            tip = [0.0, 0.0, 0.0]
            tip[axis] = extent[axis] * 1.04
            painter.drawText(self._point(tip), name)

    def _draw_slices(self, painter: QPainter, position: Index3) -> None:
        extent = self._extent()
        for plane, color in _PLANE_COLORS.items():
            axis = plane.depth_axis
            others = [a for a in range(3) if a != axis]
            corners = []
            for ends in ((0, 0), (0, 1), (1, 1), (1, 0)):
                corner = [0.0, 0.0, 0.0]
                corner[axis] = (position[axis] + 0.5) * self._voxel[axis]
                for other, end in zip(others, ends, strict=True):
                    corner[other] = extent[other] * end
                corners.append(self._point(corner))
            painter.setPen(QPen(QColor(color), 1))
            painter.drawPolygon(corners)

    def _draw_words(self, painter: QPainter) -> None:
        painter.setPen(QColor(current_colors().muted))
        inner = self.rect().adjusted(SMALL, SMALL, -SMALL, -SMALL)
        wrap = Qt.TextFlag.TextWordWrap
        painter.drawText(inner, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft | wrap, self._message)
        if self._picture is None:
            painter.drawText(inner, Qt.AlignmentFlag.AlignCenter | wrap, self._facts)

    def _point(self, place: list[float]) -> QPointF:
        across, along, _ = self.camera.to_picture(np.array([place]))[0]
        ratio = self.devicePixelRatioF()
        return QPointF(self.width() / 2 + across / ratio, self.height() / 2 + along / ratio)

    def _from_middle(self, at: QPointF) -> tuple[float, float]:
        ratio = self.devicePixelRatioF()
        return (at.x() - self.width() / 2) * ratio, (at.y() - self.height() / 2) * ratio

    def _move(self, camera: Camera, fitted: bool) -> None:
        self.camera = camera.bounded(self._extent(), self._size())
        self._fitted = fitted
        self._ask(moving=True)
        self._rest.start()

    def _ask(self, *_choice: object, moving: bool = False) -> None:
        self.update()
        if self.isVisible():
            self.look_wanted.emit(self.look(moving))

    def _size(self) -> tuple[int, int]:
        ratio = self.devicePixelRatioF()
        return max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio))

    def _extent(self) -> Vector:
        z, y, x = (n * edge for n, edge in zip(self._shape, self._voxel, strict=True))
        return z, y, x

    def _button(self, picture: str, tip: str, checkable: bool = False) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon(picture))
        button.setIconSize(QSize(ICON, ICON))
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setCheckable(checkable)
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button


def _choice(menu: QMenu, titles: tuple[str, str]) -> tuple[QAction, QAction]:
    """Two entries of a menu, of which one holds; the first at first."""
    group = QActionGroup(menu)
    first, second = (menu.addAction(title) for title in titles)
    for action in (first, second):
        action.setCheckable(True)
        group.addAction(action)
    first.setChecked(True)
    return first, second
