"""One plane: its canvas, and the slider along its slices."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TypeAlias

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from desktop_app.core.imaging import Index3, Plane, Region, VoxelSize
from desktop_app.core.imaging.scale_bar import scale_bar
from desktop_app.core.labelling.tools import ToolPoint
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import TIGHT
from desktop_app.gui.viewer.canvas import SliceCanvas
from desktop_app.gui.viewer.geometry import ViewState
from desktop_app.gui.viewer.hud import HudState, Overview
from desktop_app.gui.widgets.number_fields import CalmSpinBox

_Rectangle: TypeAlias = tuple[float, float, float, float]
_AXES = ("z", "y", "x")
_RING_TEXT_MS = 900  # long enough to read the size of the brush
_LONGEST_BAR = 0.28  # share of the width of the view, by eye
_WORTH_AN_OVERVIEW = 8  # pixels along the shorter side; of a few rows an outline says nothing
_WIDE_ENOUGH = 260  # pixels, for slider, number and count side by side


class PlaneView(QWidget):
    """A canvas with its slice slider and number.

    Signals:
        depth_wanted: The user chose a slice with the slider or the number.
    """

    depth_wanted = Signal(int)

    def __init__(self, plane: Plane, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plane = plane
        self.canvas = SliceCanvas(plane)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.number = CalmSpinBox()
        self.count = QLabel()
        self._state, self._size, self._shape = ViewState(), VoxelSize.unknown(), (1, 1, 1)
        self._ring_px: float | None = None
        self._ring_square = False
        self._hovered: ToolPoint | None = None
        self._band: list[ToolPoint] = []
        self._marks: list[ToolPoint] = []
        self._frame: _Rectangle | None = None
        self._drawn: _Rectangle | None = None
        self._active = False
        self._cross: tuple[float, float] | None = None
        self._overview: Overview | None = None
        self._message = ""
        self._corner = ""
        self._ring_text = ""
        self._text_timer = QTimer(self, singleShot=True, interval=_RING_TEXT_MS)
        self._text_timer.timeout.connect(lambda: self._say_size(""))
        self._build()

    def _build(self) -> None:
        axis = _AXES[self.plane.depth_axis]
        self.bar = QWidget()
        row = QHBoxLayout(self.bar)
        row.setContentsMargins(TIGHT, 2, TIGHT, 2)
        name = QLabel(axis)
        for label in (name, self.count):
            set_role(label, "muted")
            row.addWidget(label)
        row.insertWidget(1, self.slider, 1)
        row.insertWidget(2, self.number)
        self.slider.setAccessibleName(f"Slice along {axis}")
        self.number.setAccessibleName(f"Slice along {axis}")
        self.slider.setToolTip("Slice. Wheel over the image, Left and Right, PgUp and PgDn do the same.")
        self.slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.number.setToolTip(f"Number of the slice along {axis}, from 0.")
        self.number.setKeyboardTracking(False)
        self.number.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.bar)
        self.slider.valueChanged.connect(self.depth_wanted)
        self.number.valueChanged.connect(self.depth_wanted)
        self.number.lineEdit().returnPressed.connect(self.canvas.setFocus)

    def set_shape(self, shape: Index3, size: VoxelSize, flat: bool) -> None:
        """Prepare for a volume of ``shape`` (Z, Y, X); ``flat`` images have no slices to choose."""
        self._shape, self._size = shape, size
        slices = shape[self.plane.depth_axis]
        for control in (self.slider, self.number):
            control.blockSignals(True)
            control.setRange(0, slices - 1)
            control.blockSignals(False)
        self._say_count()
        self.bar.setVisible(not flat)

    def type_number(self) -> None:
        """Let the user type the number of a slice; Enter goes there and back to the image."""
        if self.bar.isVisible():
            self.number.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.number.selectAll()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._say_count()

    def set_depth(self, depth: int) -> None:
        """Show the number of the slice everywhere."""
        self.canvas.depth = depth
        for control in (self.slider, self.number):
            control.blockSignals(True)
            control.setValue(depth)
            control.blockSignals(False)
        self.update_hud()

    def set_state(self, state: ViewState) -> None:
        """Show another place or scale."""
        self._state = state
        self.canvas.show_state(state, self._shape)
        self._overview = self._seen_part()
        self.update_hud()

    def set_cross(self, position: Index3 | None) -> None:
        """Draw the crosshair through a voxel; None hides it."""
        if position is None:
            self._cross = None
        else:
            row, column, _ = self.plane.from_voxel(position)
            self._cross = (row + 0.5, column + 0.5)
        self.update_hud()

    def set_ring(self, radius_px: float | None, text: str = "", *, square: bool = False) -> None:
        """Draw the brush ring at the pointer; ``text`` stands beside it for a moment."""
        self._ring_px, self._ring_square = radius_px, square
        self._say_size(text)
        if text:
            self._text_timer.start()

    def set_hovered(self, point: ToolPoint | None) -> None:
        """Follow the pointer."""
        self._hovered = point
        if self._ring_px is not None or self._band:
            self.update_hud()

    def set_band(self, points: list[ToolPoint]) -> None:
        """Draw an outline in progress."""
        self._band = points
        self.update_hud()

    def set_marks(self, places: list[ToolPoint]) -> None:
        """Draw where was clicked, in whatever slice or plane."""
        self._marks = places
        self.update_hud()

    def set_frame(self, region: Region | None) -> None:
        """Outline a box of voxels on every slice; None takes it away."""
        self._frame = None
        if region is not None:
            top, left, _ = self.plane.from_voxel(region.start)
            bottom, right, _ = self.plane.from_voxel(region.stop)
            self._frame = (top, left, bottom, right)
        self.update_hud()

    def set_drawn(self, corners: _Rectangle | None) -> None:
        """Outline a rectangle that is being drawn, from (row, column) to (row, column)."""
        self._drawn = corners
        self.update_hud()

    def set_active(self, active: bool) -> None:
        """Mark this as the one of several views that previews work on."""
        if active != self._active:
            self._active = active
            self.update_hud()

    def set_message(self, text: str) -> None:
        """Words in the middle of the canvas."""
        self._message = text
        self.update_hud()

    def set_corner(self, text: str) -> None:
        """Lines at the top right of the canvas."""
        if text != self._corner:
            self._corner = text
            self.update_hud()

    def screen_distance(self, a: ToolPoint, b: ToolPoint) -> float:
        """How far apart two points are on the screen, in logical pixels."""
        return math.dist(self.canvas.screen_of(a.row, a.column), self.canvas.screen_of(b.row, b.column))

    def update_hud(self) -> None:
        """Draw what lies over the picture for the current state."""
        canvas = self.canvas
        state = HudState(
            message=self._message,
            tag=self._tag(),
            active=self._active,
            corner=self._corner,
            # Px, below which its words do not fit.
            bar=None if self._message else scale_bar(self._size, self._state.scale, max(60.0, self._longest())),
            cross=None if self._cross is None else canvas.screen_of(*self._cross),
            overview=None if self._message else self._overview,
        )
        here = self._hovered
        if here is not None and self._ring_px is not None:
            x, y = canvas.screen_of(here.row, here.column)
            state = replace(state, ring=(x, y, self._ring_px * self._state.scale), ring_text=self._ring_text)
            state = replace(state, ring_square=self._ring_square)
        band = [p for p in self._band if p.plane == self.plane and p.depth == canvas.depth]
        if band:
            corners = tuple(canvas.screen_of(p.row, p.column) for p in band)
            open_end = canvas.screen_of(here.row, here.column) if here is not None else None
            state = replace(state, band=corners, band_open=open_end)
        if self._marks:
            marks = [self.plane.from_voxel(place.voxel) for place in self._marks]
            placed = tuple((*canvas.screen_of(row + 0.5, column + 0.5), z == canvas.depth) for row, column, z in marks)
            state = replace(state, marks=placed)
        frame = self._drawn or self._frame
        if frame is not None:
            top, left, bottom, right = frame
            state = replace(state, frame=(*canvas.screen_of(top, left), *canvas.screen_of(bottom, right)))
        canvas.hud.change(state)

    def _seen_part(self) -> Overview | None:
        """What part of the picture is seen, unless it is all of it."""
        rows, columns = self.plane.shape_of(self._shape)
        if min(rows, columns) < _WORTH_AN_OVERVIEW:
            return None
        seen = self._state.visible(self.plane, self.canvas.extent, self._shape)
        if seen.empty or (seen.bottom - seen.top, seen.right - seen.left) == (rows, columns):
            return None
        shares = (seen.left / columns, seen.top / rows, seen.right / columns, seen.bottom / rows)
        aspect = columns * self._state.column_scale(self.plane) / (rows * self._state.row_scale(self.plane))
        return Overview(aspect, *shares)

    def _longest(self) -> float:
        """Screen pixels that the scale bar may take: never longer than the image itself."""
        image = self._state.column_scale(self.plane) * self.plane.shape_of(self._shape)[1]
        # Px: longer or shorter ones are no bars; by eye.
        return min(_LONGEST_BAR * self.canvas.width(), 200.0, max(image, 20.0))

    def _tag(self) -> str:
        if not self.bar.isVisibleTo(self):
            return ""
        return f"{self.plane.value}   {_AXES[self.plane.depth_axis]} {self.canvas.depth}"

    def _say_count(self) -> None:
        """How many slices there are, where there is room; hiding the label here would disturb the running layout."""
        wide = self.width() >= _WIDE_ENOUGH
        self.count.setText(f"of {self._shape[self.plane.depth_axis]}" if wide else "")

    def _say_size(self, text: str) -> None:
        self._ring_text = text
        self.update_hud()
