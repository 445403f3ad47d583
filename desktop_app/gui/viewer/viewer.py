"""The image view of the main window."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_app.core.imaging import Index3, Plane, Region, Volume
from desktop_app.core.imaging.contrast import Window
from desktop_app.core.labelling import LabelScheme, LabelStore
from desktop_app.core.labelling.layers import (
    FIRST_OPACITY,
    OWN,
    PREVIEW,
    PROPOSAL,
    BoxLabels,
    LabelLayer,
    LabelStyle,
    LayerKind,
    LayerLook,
)
from desktop_app.core.labelling.tools import Proposal, ToolPoint
from desktop_app.core.project.named_labels import FIRST_LAYER_NAME
from desktop_app.gui.session.layers import Layers
from desktop_app.gui.viewer.navigator import Navigator
from desktop_app.gui.viewer.readout import layer_text, position_text
from desktop_app.gui.viewer.shown_slices import ShownSlices
from desktop_app.gui.viewer.time_bar import TimeBar
from desktop_app.gui.viewer.toolbar import ViewerToolbar
from desktop_app.gui.viewer.view_grid import ViewGrid

_PREVIEW_LOOK = LayerLook(opacity=0.5, style=LabelStyle.STRIPED)  # image and labels shine through, by eye
_EMPTY = "Open an image to look at it."


class ViewerWidget(QWidget):
    """Shows a volume and its labels, one plane or three linked ones.

    Attributes:
        navigator: Where the views look.
        toolbar: The bar above them.
        channels: How the image is shown.
        layers: The label layers over it.

    Args:
        layers: The layers to show; own ones if None.
        parent: Qt parent.

    Signals:
        pointer_pressed, pointer_moved, pointer_released: ``ToolPoint``, mouse button(s), keyboard modifiers; gestures
            that move the view are not among them.
        pointer_double_clicked: ``ToolPoint``.
        pointer_hovered: ``ToolPoint`` under the pointer, whatever buttons are down.
        position_changed: Voxel (z, y, x) under the crosshair.
        status_changed: What is under the pointer, in words.
        brush_size_wanted: Steps of one pixel by which the brush should grow.
        time_wanted: Number of the time point that the user chose, from 0.
        opacity_changed: Label opacity that the user chose.
        problem_found: ``UserError``, once per volume, if slices cannot be read.
        slow_found: Seconds that a slice took to read, once per volume, where that is long.
    """

    pointer_pressed = Signal(object, object, object)
    pointer_moved = Signal(object, object, object)
    pointer_released = Signal(object, object, object)
    pointer_double_clicked = Signal(object)
    pointer_hovered = Signal(object)
    position_changed = Signal(object)
    status_changed = Signal(str)
    brush_size_wanted = Signal(int)
    time_wanted = Signal(int)
    opacity_changed = Signal(float)
    problem_found = Signal(object)
    slow_found = Signal(float)

    def __init__(self, layers: Layers | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._volume: Volume | None = None
        self._hovered: ToolPoint | None = None
        self._pan_with_left = False
        self._own_look = LayerLook()
        self.layers = layers or Layers(self)
        self.toolbar = ViewerToolbar()
        self.time_bar = TimeBar()
        self.grid = ViewGrid()
        self.navigator = Navigator(self.grid, self)
        self._slices = ShownSlices(self.grid, self.navigator, self.layers, self)
        self.channels = self._slices.channels
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.toolbar)
        column.addWidget(self.grid, 1)
        column.addWidget(self.time_bar)
        self._wire_parts()
        self._wire_canvases()
        self.set_opacity(FIRST_OPACITY)
        self.set_volume(None)

    def _wire_parts(self) -> None:
        slices, navigator, bar = self._slices, self.navigator, self.toolbar
        slices.arrived.connect(self._tell)
        slices.colors_changed.connect(self._show_contrast)
        slices.problem_found.connect(self.problem_found)
        slices.slow_found.connect(self.slow_found)
        self.layers.changed.connect(self._on_layers)
        navigator.slice_changed.connect(self._on_slice)
        navigator.position_changed.connect(self.position_changed)
        navigator.layout_changed.connect(self._on_layout)
        self.time_bar.time_wanted.connect(self.time_wanted)
        bar.contrast.window_changed.connect(self.channels.choose_window)
        bar.channel_chosen.connect(self.channels.show_alone)
        bar.style_chosen.connect(self._on_style)
        bar.opacity_chosen.connect(self.set_opacity)
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
        """Show another image, wholly, in its middle; all layers are taken away."""
        self._volume = volume
        self.layers.clear()
        self._slices.set_volume(volume)
        self.toolbar.set_volume(volume)
        self.time_bar.set_volume(volume)
        self.navigator.set_volume(volume)
        for view in self.grid.views.values():
            view.canvas.image.set_shown(())
            view.set_message("" if volume is not None else _EMPTY)
        self._slices.show_channels()

    def show_time(self, volume: Volume) -> None:
        """Show another time point of the same image: same place, colours and layers."""
        self._volume = volume
        self._slices.set_time(volume)
        self.time_bar.set_volume(volume)
        self.layers.show_time(volume.time)
        self._slices.show_all()
        self._tell()

    def set_labels(self, store: LabelStore | None, scheme: LabelScheme, title: str = FIRST_LAYER_NAME) -> None:
        """Show the labels of the image that are edited, in the colours of ``scheme``."""
        if store is None:
            self.layers.remove(OWN)
        else:
            old = self.layers.get(OWN)
            look = old.look if old is not None else self._own_look
            self.layers.put_below(LabelLayer(OWN, title, store, LayerKind.LABELS, scheme, look))

    def set_scheme(self, scheme: LabelScheme, hidden: frozenset[int] = frozenset()) -> None:
        """Use the colours of a changed scheme; labels in ``hidden`` are not drawn."""
        own, preview = self.layers.get(OWN), self.layers.get(PREVIEW)
        if own is not None:
            self.layers.put(replace(own, scheme=scheme, hidden=hidden))
        if preview is not None:
            self.layers.put(replace(preview, scheme=scheme))

    @property
    def palette_name(self) -> str:
        """Colours of the labels, where a layer has chosen none."""
        return self._slices.labels.usual_palette

    def set_palette(self, palette: str) -> None:
        """Colours of the labels, where a layer has chosen none."""
        self._slices.labels.set_palette(palette)

    def set_memory(self, memory_mb: int) -> None:
        """Keep slices in a quarter of the memory for images; the rest is for decoded pieces of the file."""
        self._slices.set_budget(memory_mb * 2**20 // 4)  # a fourth of it

    def add_bar(self, bar: QWidget) -> None:
        """Put something between the bar of the viewer and the views."""
        self._column.insertWidget(1, bar)

    def refresh_labels(self, region: Region) -> None:
        """The labels in ``region`` have changed: draw these."""
        self._slices.refresh_labels(region)
        if self._hovered is not None and region.contains(self._hovered.voxel):
            self._tell()

    def show_preview_labels(self, region: Region, labels: NDArray[np.uint32] | None) -> None:
        """Lay a model's proposal (Z, Y, X of ``region``) over the image, striped; None takes it away."""
        if labels is None or self._volume is None:
            self.layers.remove(PREVIEW)
            return
        own, old = self.layers.get(OWN), self.layers.get(PREVIEW)
        scheme = own.scheme if own is not None else LabelScheme()
        look = old.look if old is not None else _PREVIEW_LOOK
        store = BoxLabels(self._volume.shape, region, labels, self._volume.time, self._volume.time)
        self.layers.put(LabelLayer(PREVIEW, "Preview", store, LayerKind.PREVIEW, scheme, look))

    def show_proposal(self, proposal: Proposal | None) -> None:
        """Lay what an assistant proposes over the image, striped; None takes it away."""
        if proposal is None or self._volume is None:
            if self.layers.get(PROPOSAL) is not None:
                self.layers.remove(PROPOSAL)
            return
        own = self.layers.get(OWN)
        scheme = own.scheme if own is not None else LabelScheme()
        store = BoxLabels(self._volume.shape, proposal.region, proposal.labels)
        self.layers.put(LabelLayer(PROPOSAL, "Proposal", store, LayerKind.PROPOSAL, scheme, _PREVIEW_LOOK))

    @property
    def channel(self) -> int:
        """The channel shown, or chosen among several."""
        return self.channels.look.chosen

    def set_channel(self, channel: int) -> None:
        """Show another channel."""
        self.channels.show_alone(channel)

    def toggle_all_channels(self) -> None:
        """Show all channels, each in its colour, or one alone again."""
        self.channels.show_alone(self.channels.look.chosen if self.channels.look.mode == "composite" else -1)

    def set_window(self, window: Window) -> None:
        """Show these grey values from black to white."""
        self.channels.choose_window(window)

    def set_opacity(self, opacity: float) -> None:
        """How strongly labels cover the image, 0 to 1."""
        self._own_look = self._own_look.model_copy(update={"opacity": opacity})
        self.toolbar.set_opacity(opacity)
        self.layers.set_look(OWN, opacity=opacity)

    def current_plane(self) -> Plane:
        """The plane that the pointer was over last, among those seen."""
        return self.navigator.plane

    def current_depth(self, plane: Plane) -> int:
        """Number of the slice that a plane shows."""
        return self.navigator.depth(plane)

    def is_late(self, plane: Plane) -> bool:
        """Whether a plane still shows an earlier slice, because its own is being read."""
        return self._slices.is_late(plane)

    def visible_region(self, plane: Plane) -> Region:
        """The one-slice-thick box of voxels that a plane shows."""
        return self.navigator.visible_region(plane)

    def set_depth(self, plane: Plane, depth: int) -> None:
        """Show another slice of a plane."""
        self.navigator.set_depth(plane, depth)

    def center_on(self, voxel: Index3, around: int = 0) -> None:
        """Show the slices through a voxel, with it in the middle, and no more than ``around`` px if that is given."""
        self.navigator.center_on(voxel, around)

    def reveal(self, voxel: Index3, box: Region) -> None:
        """Show the slices through a voxel, and move the picture only where a box around it is not seen whole."""
        self.navigator.reveal(voxel, box)

    def fit(self) -> None:
        """Show the whole image."""
        self.navigator.fit()

    def set_layout(self, name: str) -> None:
        """Show ``xy``, ``xz``, ``yz``, ``3d`` or ``all``."""
        self.navigator.set_layout(name)

    def set_brush_cursor(self, radius_px: float | None, text: str = "", *, square: bool = False) -> None:
        """Draw a ring, or square, of that radius (in pixel widths) at the pointer; ``text`` is there for a moment."""
        for view in self.grid.views.values():
            view.set_ring(radius_px, text, square=square)

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
        self._slices.stop()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.stop()
        super().closeEvent(event)

    def _tell(self) -> None:
        """Say what is under the pointer."""
        point, volume = self._hovered, self._volume
        if point is None or volume is None or not Region.whole(volume.shape).contains(point.voxel):
            self.status_changed.emit("")
            return
        words = [position_text(point.voxel, volume.voxel_size, flat=volume.is_2d)]
        words.append(self._slices.grey_text(point))
        words += [layer_text(layer, label) for layer, label in self._slices.labels.labels_under(point)]
        self.status_changed.emit("   ·   ".join(word for word in words if word))

    def _show_contrast(self) -> None:
        look = self.channels.look
        self.toolbar.show_contrast(look, self.channels.sample(look.chosen), self.channels.window(look.chosen))
        self._slices.ask_for_samples()

    def _on_layers(self) -> None:
        own = self.layers.get(OWN)
        if own is not None:
            before, self._own_look = self._own_look, own.look
            self.toolbar.set_style(own.look.style if own.look.visible else LabelStyle.OFF)
            self.toolbar.set_opacity(own.look.opacity)
            if own.look.opacity != before.opacity:
                self.opacity_changed.emit(own.look.opacity)
        self._slices.labels.update()
        self._slices.show_all()
        self._tell()

    def _on_style(self, style: LabelStyle) -> None:
        """How labels are drawn was chosen in the bar."""
        visible = style is not LabelStyle.OFF
        changes = {"visible": visible, **({"style": style} if visible else {})}
        self._own_look = self._own_look.model_copy(update=changes)
        self.layers.set_look(OWN, **changes)

    def _on_slice(self, plane: Plane, direction: int) -> None:
        if plane in self.grid.planes:
            self._slices.show(plane)
            self._slices.read_ahead(plane, direction)
        if self._hovered is not None and self._hovered.plane == plane:
            point = self._hovered
            self._hovered = ToolPoint(plane, self.current_depth(plane), point.row, point.column)
            self._tell()

    def _on_layout(self, name: str) -> None:
        self.toolbar.set_layout_name(name)
        self._slices.show_all()

    def _on_pressed(self, plane: Plane, point: ToolPoint, button: object, modifiers: object) -> None:
        if not self._slices.is_late(plane):
            self.pointer_pressed.emit(point, button, modifiers)

    def _on_double_clicked(self, point: ToolPoint) -> None:
        if self._pan_with_left:
            self.navigator.toggle_maximised(point.plane.value)
        else:
            self.pointer_double_clicked.emit(point)

    def _on_hovered(self, plane: Plane, point: ToolPoint | None) -> None:
        if point is not None:
            self.navigator.hover(plane)
        self._hovered = point
        self.grid.views[plane].set_hovered(point)
        self._tell()
        if point is not None:
            self.pointer_hovered.emit(point)

    def _on_hold(self, key: str, down: bool) -> None:
        if key == "hide":
            self._slices.labels.peek(down)
