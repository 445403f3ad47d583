"""What each plane of the viewer shows: the slice of the image and of the layers, read and drawn together."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from desktop_app.core.imaging import Plane, Region, Volume
from desktop_app.core.labelling.tools import ToolPoint
from desktop_app.gui.session.layers import Layers
from desktop_app.gui.viewer.channels import Channels
from desktop_app.gui.viewer.label_layers import LabelLayers
from desktop_app.gui.viewer.navigator import Navigator
from desktop_app.gui.viewer.readout import grey_text
from desktop_app.gui.viewer.slice_source import Slice, SliceSource
from desktop_app.gui.viewer.view_grid import ViewGrid


class ShownSlices(QObject):
    """Reads slices in the background and draws them when they have come.

    Attributes:
        channels: How the image is shown.
        labels: The label layers over it.

    Args:
        grid: The views to draw in.
        navigator: Says which slice a plane shows.
        layers: The layers to draw.
        parent: Qt parent.

    Signals:
        arrived: A ``Plane`` whose slice was being read is drawn now.
        colors_changed: Contrast, colours or the channels drawn are others.
        problem_found: ``UserError``, once per volume, if slices cannot be read.
    """

    arrived = Signal(object)
    colors_changed = Signal()
    problem_found = Signal(object)

    def __init__(self, grid: ViewGrid, navigator: Navigator, layers: Layers, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._grid = grid
        self._navigator = navigator
        self._volume: Volume | None = None
        self._late: set[Plane] = set()
        self._shown: dict[Plane, Slice] = {}
        self._source = SliceSource(self)
        self.channels = Channels(self)
        self.labels = LabelLayers(self._source, grid.views, layers)
        self._source.arrived.connect(self._on_arrived)
        self._source.sampled.connect(self.channels.take_sample)
        self._source.problem_found.connect(self.problem_found)
        self.channels.changed.connect(self._on_colors)
        self.channels.drawn_changed.connect(self._on_drawn_channels)
        self.destroyed.connect(self._source.stop)

    def set_volume(self, volume: Volume | None) -> None:
        """Read from another image, whose channels begin as its file says; ``show_channels`` draws them."""
        self._volume = volume
        self._late.clear()
        self._source.set_volume(volume)
        self.channels.begin(volume)

    def set_time(self, volume: Volume) -> None:
        """Read from another time point of the same image."""
        self._volume = volume
        self._late.clear()
        self._source.set_time(volume)

    def show_channels(self) -> None:
        """Draw the channels that are chosen now, in all planes."""
        self._on_drawn_channels()

    def show_all(self) -> None:
        """Draw the slices of all planes that are seen."""
        for plane in self._grid.planes:
            self.show(plane)

    def show(self, plane: Plane) -> None:
        """Draw image and labels together; while they are being read, both stay as they were."""
        if self._volume is None:
            return
        found = self._source.slice(plane, self._navigator.depth(plane))
        if found is None:
            self._late.add(plane)
            return
        self._late.discard(plane)
        self._shown[plane] = found
        shape = plane.shape_of(self._volume.shape)
        self._grid.views[plane].canvas.image.set_shown(self.channels.dressed(found.pictures), shape)
        self.labels.show(plane, found)

    def read_ahead(self, plane: Plane, direction: int) -> None:
        """Read the slices that the user will come to next."""
        self._source.prefetch(plane, self._navigator.depth(plane), direction)

    def is_late(self, plane: Plane) -> bool:
        """Whether a plane still shows an earlier slice, because its own is being read."""
        return plane in self._late

    def refresh_labels(self, region: Region) -> None:
        """The labels in ``region`` have changed: draw these."""
        self.labels.refresh(region, {plane: self._navigator.depth(plane) for plane in self._grid.planes})

    def grey_text(self, point: ToolPoint) -> str:
        """The grey values at a point inside the image, in words; nothing while its slice is being read."""
        found = self._shown.get(point.plane)
        if found is None or point.plane in self._late:
            return ""
        values = {n: picture[int(point.row), int(point.column)] for n, picture in found.pictures.items()}
        return grey_text(values, self.channels.names)

    def ask_for_samples(self) -> None:
        """Read the grey values that contrast needs and nobody has read yet."""
        self._source.ask_for_samples(self.channels.missing_samples())

    def stop(self) -> None:
        """End reading in the background."""
        self._source.stop()

    def _on_arrived(self, plane: Plane, depth: int) -> None:
        if plane in self._late and depth == self._navigator.depth(plane):
            self.show(plane)
            self.arrived.emit(plane)

    def _on_colors(self) -> None:
        """Draw the same pictures in other colours."""
        self.colors_changed.emit()
        for plane, found in self._shown.items():
            self._grid.views[plane].canvas.image.set_shown(self.channels.dressed(found.pictures))

    def _on_drawn_channels(self) -> None:
        self._source.set_channels(self.channels.look.shown)
        self._shown.clear()
        self.show_all()
        self.colors_changed.emit()
