"""The image view of the main window."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_app.core.imaging import Index3, Plane, Region, Volume
from desktop_app.core.imaging.contrast import Window
from desktop_app.core.labelling import LabelScheme, LabelStore
from desktop_app.core.labelling.tools import ToolPoint
from desktop_app.gui.viewer.contrast import Contrast
from desktop_app.gui.viewer.label_layers import LabelLayers
from desktop_app.gui.viewer.navigator import Navigator
from desktop_app.gui.viewer.readout import grey_text, label_text, position_text
from desktop_app.gui.viewer.slice_source import SliceSource
from desktop_app.gui.viewer.toolbar import ViewerToolbar
from desktop_app.gui.viewer.view_grid import ViewGrid

_OPACITY = 0.45  # of labels at first: image and labels are both seen, by eye
_EMPTY = "Open an image to look at it."


class ViewerWidget(QWidget):
    """Shows a volume and its labels, one plane or three linked ones.

    Attributes:
        navigator: Where the views look.
        toolbar: The bar above them.

    Signals:
        pointer_pressed, pointer_moved, pointer_released: ``ToolPoint``, mouse button(s), keyboard modifiers; gestures
            that move the view are not among them.
        pointer_double_clicked: ``ToolPoint``.
        position_changed: Voxel (z, y, x) under the crosshair.
        status_changed: What is under the pointer, in words.
        brush_size_wanted: Steps of one pixel by which the brush should grow.
        opacity_changed: Label opacity that the user chose.
        problem_found: ``UserError``, once per volume, if slices cannot be read.
    """

    pointer_pressed = Signal(object, object, object)
    pointer_moved = Signal(object, object, object)
    pointer_released = Signal(object, object, object)
    pointer_double_clicked = Signal(object)
    position_changed = Signal(object)
    status_changed = Signal(str)
    brush_size_wanted = Signal(int)
    opacity_changed = Signal(float)
    problem_found = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._volume: Volume | None = None
        self._hovered: ToolPoint | None = None
        self._late: set[Plane] = set()
        self._pan_with_left = False
        self.toolbar = ViewerToolbar()
        self.grid = ViewGrid()
        self.navigator = Navigator(self.grid, self)
        self._source = SliceSource(self)
        self._contrast = Contrast(self.toolbar.contrast, self)
        self._layers = LabelLayers(self._source, self.grid.views)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.toolbar)
        column.addWidget(self.grid, 1)
        self._wire_parts()
        self._wire_canvases()
        self.destroyed.connect(self._source.stop)
        self.set_opacity(_OPACITY)
        self.set_volume(None)

    def _wire_parts(self) -> None:
        self._source.arrived.connect(self._on_arrived)
        self._source.sampled.connect(self._contrast.take_sample)
        self._source.problem_found.connect(self.problem_found)
        self._contrast.changed.connect(self._on_window)
        navigator, bar = self.navigator, self.toolbar
        navigator.slice_changed.connect(self._on_slice)
        navigator.position_changed.connect(self.position_changed)
        navigator.layout_changed.connect(self._on_layout)
        bar.channel_chosen.connect(self.set_channel)
        bar.style_chosen.connect(self._restyle)
        bar.opacity_chosen.connect(self._restyle)
        bar.opacity_chosen.connect(self.opacity_changed)
        bar.layout_chosen.connect(self.set_layout)
        bar.fit_clicked.connect(self.fit)
        bar.actual_size_clicked.connect(navigator.actual_size)

    def _wire_canvases(self) -> None:
        for plane, view in self.grid.views.items():
            canvas = view.canvas
            canvas.pressed.connect(partial(self._on_pressed, plane))
            canvas.moved.connect(self.pointer_moved)
            canvas.released.connect(self.pointer_released)
            canvas.double_clicked.connect(self._on_double_clicked)
            canvas.hovered.connect(partial(self._on_hovered, plane))
            canvas.brush_size_wanted.connect(self.brush_size_wanted)
            canvas.hold_changed.connect(self._on_hold)
            canvas.style_cycled.connect(self.toolbar.cycle_style)

    @property
    def volume(self) -> Volume | None:
        """The image shown."""
        return self._volume

    def set_volume(self, volume: Volume | None) -> None:
        """Show another image, wholly, in its middle; labels and preview are taken away."""
        self._volume = volume
        self._late.clear()
        self._source.set_volume(volume)
        self._layers.set_store(None)
        self._contrast.begin(volume is not None and volume.rgb)
        self.toolbar.set_volume(volume)
        self.navigator.set_volume(volume)
        for view in self.grid.views.values():
            view.canvas.image.set_picture(None)
            view.set_message("" if volume is not None else _EMPTY)
        self._show_all()
        self._source.ask_for_sample()

    def set_labels(self, store: LabelStore | None, scheme: LabelScheme) -> None:
        """Show the labels of the image, in the colours of ``scheme``."""
        self._layers.set_store(store)
        self._layers.set_scheme(scheme, frozenset())
        self._show_all()

    def set_scheme(self, scheme: LabelScheme, hidden: frozenset[int] = frozenset()) -> None:
        """Use the colours of a changed scheme; labels in ``hidden`` are not drawn."""
        self._layers.set_scheme(scheme, hidden)

    def refresh_labels(self, region: Region) -> None:
        """The labels in ``region`` have changed: draw these."""
        self._layers.refresh(region, {plane: self.current_depth(plane) for plane in self.grid.planes})
        if self._hovered is not None and region.contains(self._hovered.voxel):
            self._tell()

    def show_preview_labels(self, region: Region, labels: NDArray[np.uint32] | None) -> None:
        """Lay a model's proposal (Z, Y, X of ``region``) over the image, striped; None takes it away."""
        self._layers.set_preview(region, labels)
        self._show_all()

    def set_channel(self, channel: int) -> None:
        """Show another channel."""
        self._source.set_channel(channel)
        self._contrast.set_channel(channel)
        self.toolbar.channel.setCurrentIndex(channel)
        self._show_all()
        self._source.ask_for_sample()

    def set_window(self, window: Window) -> None:
        """Show these grey values from black to white."""
        self._contrast.choose(window)

    def set_opacity(self, opacity: float) -> None:
        """How strongly labels cover the image, 0 to 1."""
        self.toolbar.set_opacity(opacity)
        self._restyle()

    def current_plane(self) -> Plane:
        """The plane that the pointer was over last, among those seen."""
        return self.navigator.plane

    def current_depth(self, plane: Plane) -> int:
        """Number of the slice that a plane shows."""
        return self.navigator.depth(plane)

    def is_late(self, plane: Plane) -> bool:
        """Whether a plane still shows an earlier slice, because its own is being read."""
        return plane in self._late

    def visible_region(self, plane: Plane) -> Region:
        """The one-slice-thick box of voxels that a plane shows."""
        return self.navigator.visible_region(plane)

    def set_depth(self, plane: Plane, depth: int) -> None:
        """Show another slice of a plane."""
        self.navigator.set_depth(plane, depth)

    def center_on(self, voxel: Index3) -> None:
        """Show the slices through a voxel, with it in the middle."""
        self.navigator.center_on(voxel)

    def fit(self) -> None:
        """Show the whole image."""
        self.navigator.fit()

    def set_layout(self, name: str) -> None:
        """Show ``xy``, ``xz``, ``yz`` or ``all``."""
        self.navigator.set_layout(name)

    def set_brush_cursor(self, radius_px: float | None, text: str = "") -> None:
        """Draw a ring of that radius (in pixel widths) at the pointer; ``text`` stands beside it for a moment."""
        for view in self.grid.views.values():
            view.set_ring(radius_px, text)

    def set_rubber_band(self, points: tuple[ToolPoint, ...] | None) -> None:
        """Draw an outline in progress; None takes it away."""
        for view in self.grid.views.values():
            view.set_band(list(points or []))

    def set_pan_with_left(self, on: bool) -> None:
        """Whether a plain left drag moves the picture, and a double click maximises (no tool chosen)."""
        self._pan_with_left = on
        for view in self.grid.views.values():
            view.canvas.pan_with_left = on
            view.canvas.show_cursor()

    def stop(self) -> None:
        """End reading in the background; call before the program ends."""
        self._source.stop()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.stop()
        super().closeEvent(event)

    def _show_all(self) -> None:
        for plane in self.grid.planes:
            self._show_slice(plane)

    def _show_slice(self, plane: Plane) -> None:
        """Draw image and labels together; while they are being read, both stay as they were."""
        if self._volume is None:
            return
        depth = self.current_depth(plane)
        found = self._source.slice(plane, depth)
        if found is None:
            self._late.add(plane)
            return
        self._late.discard(plane)
        image = self.grid.views[plane].canvas.image
        image.set_window(self._contrast.window_for(found.picture))
        image.set_picture(found.picture)
        self._layers.show(plane, depth, found.labels)

    def _restyle(self, _choice: object = None) -> None:
        self._layers.set_style(self.toolbar.label_style, self.toolbar.label_opacity)

    def _tell(self) -> None:
        """Say what is under the pointer."""
        point, volume = self._hovered, self._volume
        if point is None or volume is None or not Region.whole(volume.shape).contains(point.voxel):
            self.status_changed.emit("")
            return
        words = [position_text(point.voxel, volume.voxel_size)]
        picture = self.grid.views[point.plane].canvas.image.picture
        if picture is not None and point.plane not in self._late:
            words.append(grey_text(picture[int(point.row), int(point.column)]))
        label = self._layers.label_under(point)
        if label is not None:
            words.append(label_text(label, self._layers.scheme))
        self.status_changed.emit("   ·   ".join(words))

    def _on_window(self, window: Window) -> None:
        for view in self.grid.views.values():
            view.canvas.image.set_window(window)

    def _on_slice(self, plane: Plane, direction: int) -> None:
        if plane in self.grid.planes:
            self._show_slice(plane)
            self._source.prefetch(plane, self.current_depth(plane), direction)
        if self._hovered is not None and self._hovered.plane == plane:
            point = self._hovered
            self._hovered = ToolPoint(plane, self.current_depth(plane), point.row, point.column)
            self._tell()

    def _on_layout(self, name: str) -> None:
        self.toolbar.set_layout_name(name)
        self._show_all()

    def _on_arrived(self, plane: Plane, depth: int) -> None:
        if plane in self._late and depth == self.current_depth(plane):
            self._show_slice(plane)
            self._tell()

    def _on_pressed(self, plane: Plane, point: ToolPoint, button: object, modifiers: object) -> None:
        if plane not in self._late:
            self.pointer_pressed.emit(point, button, modifiers)

    def _on_double_clicked(self, point: ToolPoint) -> None:
        if self._pan_with_left:
            self.navigator.toggle_maximised(point.plane)
        else:
            self.pointer_double_clicked.emit(point)

    def _on_hovered(self, plane: Plane, point: ToolPoint | None) -> None:
        if point is not None:
            self.navigator.hover(plane)
        self._hovered = point
        self.grid.views[plane].set_hovered(point)
        self._tell()

    def _on_hold(self, key: str, down: bool) -> None:
        if key == "hide":
            self._layers.peek(down)
