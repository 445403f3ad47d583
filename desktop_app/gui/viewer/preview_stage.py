"""What previews need of the viewer: where the user looks, a place to draw, and a rectangle from the user."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QMouseEvent

from desktop_app.core.imaging import Plane, Region
from desktop_app.core.labelling.layers import MAP, PREVIEW, BoxLabels, LabelLayer, LayerKind, LayerLook
from desktop_app.core.labelling.map_layers import MapLayer
from desktop_app.gui.viewer.place_pickers import Picked, RectanglePicker
from desktop_app.gui.viewer.viewer import ViewerWidget

_MAP_OPACITY = 0.6  # steps of colour are told apart, and the image is still seen below, by eye


class PreviewStage(QObject):
    """A viewer as previews see it."""

    def __init__(self, viewer: ViewerWidget) -> None:
        super().__init__(viewer)
        self._viewer = viewer
        self._views = viewer.grid.views
        self.picker = RectanglePicker(self._views.values(), self)
        self._watching = self._swallowing = False

    def watch(self, on: bool) -> None:
        """While on, the first click on another view only makes it the active one: no tool acts."""
        if on == self._watching:
            return
        self._watching = on
        for view in self._views.values():
            viewport = view.canvas.viewport()
            viewport.installEventFilter(self) if on else viewport.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QMouseEvent) or event.button() != Qt.MouseButton.LeftButton:
            return self._swallowing and event.type() == QEvent.Type.MouseMove
        if event.type() == QEvent.Type.MouseButtonPress:
            view = next((v for v in self._views.values() if v.canvas.viewport() is watched), None)
            self._swallowing = view is not None and view.plane != self.active_plane()
            if view is not None and self._swallowing:
                view.canvas.touched.emit()
            return self._swallowing
        if event.type() == QEvent.Type.MouseButtonRelease and self._swallowing:
            self._swallowing = False
            return True
        return False

    def active_plane(self) -> Plane:
        """The plane that the user clicked or scrolled last, among those seen."""
        return self._viewer.navigator.active_plane

    def is_seen(self, plane: Plane) -> bool:
        """Whether a view shows this plane."""
        return plane in self._viewer.grid.planes

    def visible_region(self, plane: Plane) -> Region:
        """The one-slice-thick box of voxels that a plane shows."""
        return self._viewer.visible_region(plane)

    def show_preview_labels(self, region: Region, labels: NDArray[np.uint32] | None) -> None:
        """Draw labels that are not saved yet; None takes them away."""
        self._viewer.show_preview_labels(region, labels)

    def show_preview_maps(self, region: Region, maps: tuple[MapLayer, ...]) -> None:
        """Draw what the network says below its preview, in place of what it said before; the first map is seen."""
        layers, volume = self._viewer.layers, self._viewer.volume
        if volume is None:
            return
        wanted = {f"{MAP}{one.key}": one for one in maps}
        layers.remove(*(layer.key for layer in layers.stack if layer.key.startswith(MAP) and layer.key not in wanted))
        for number, (key, one) in enumerate(wanted.items()):
            old = layers.get(key)
            look = LayerLook(opacity=_MAP_OPACITY, visible=number == 0) if old is None else old.look
            store = BoxLabels(volume.shape, region, one.labels, volume.time, volume.time)
            layers.put(LabelLayer(key, one.title, store, LayerKind.MAP, one.scheme, look))
        preview = layers.get(PREVIEW)
        if wanted and preview is not None:
            layers.remove(PREVIEW)
            layers.put(preview)

    def pick_rectangle(self, done: Picked | None) -> None:
        """Let the user draw a rectangle; ``done`` gets its one-slice-thick box, or None. None stops waiting."""
        if done is None:
            self.picker.end()
        else:
            self.picker.begin(done)

    def show_frame(self, plane: Plane | None, region: Region | None) -> None:
        """Draw the outline of a box over all slices of a plane; None takes it away."""
        for view in self._views.values():
            view.set_frame(region if view.plane == plane else None)
