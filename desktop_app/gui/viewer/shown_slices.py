"""What each plane of the viewer shows: the slice of the image and of the layers, read and drawn together."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from desktop_app.core.imaging import Plane, Region, Volume
from desktop_app.core.labelling.tools import ToolPoint
from desktop_app.gui.session.layers import Layers
from desktop_app.gui.viewer.channels import Channels
from desktop_app.gui.viewer.detail import Sight
from desktop_app.gui.viewer.label_layers import LabelLayers
from desktop_app.gui.viewer.navigator import Navigator
from desktop_app.gui.viewer.readout import grey_text
from desktop_app.gui.viewer.slice_source import Slice, SliceSource
from desktop_app.gui.viewer.view_grid import ViewGrid

_REST_MS = 150  # after the last move, when slices are read as sharp as the screen shows them


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
        slow_found: Seconds that a slice took to read, once per volume, where that is long.
    """

    arrived = Signal(object)
    colors_changed = Signal()
    problem_found = Signal(object)
    slow_found = Signal(float)

    def __init__(self, grid: ViewGrid, navigator: Navigator, layers: Layers, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._grid = grid
        self._navigator = navigator
        self._volume: Volume | None = None
        self._late: set[Plane] = set()
        self._shown: dict[Plane, Slice] = {}
        self._depths: dict[Plane, int] = {}
        self._wanted: dict[Plane, object] = {}
        self._resting = False
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._on_rest)
        self._source = SliceSource(self)
        self.channels = Channels(self)
        self.labels = LabelLayers(self._source, grid.views, layers)
        self._source.arrived.connect(self._on_arrived)
        self._source.sampled.connect(self.channels.take_sample)
        self._source.problem_found.connect(self.problem_found)
        self._source.slow_found.connect(self.slow_found)
        self.channels.changed.connect(self._on_colors)
        self.channels.drawn_changed.connect(self._on_drawn_channels)
        self.destroyed.connect(self._source.stop)
        navigator.view_changed.connect(self._on_view)

    def set_volume(self, volume: Volume | None) -> None:
        """Read from another image, whose channels begin as its file says; ``show_channels`` draws them."""
        self._volume = volume
        self._late.clear()
        self._depths.clear()
        self._source.set_volume(volume)
        self.channels.begin(volume)

    def set_time(self, volume: Volume) -> None:
        """Read from another time point of the same image."""
        self._volume = volume
        self._late.clear()
        self._depths.clear()
        self._source.set_time(volume)

    def show_channels(self) -> None:
        """Draw the channels that are chosen now, in all planes."""
        self._on_drawn_channels()

    def show_all(self) -> None:
        """Draw the slices of all planes that are seen."""
        for plane in self._grid.planes:
            self.show(plane)

    def show(self, plane: Plane, *, sharp: bool = False) -> None:
        """Draw image and labels together; while they are being read, both stay as they were.

        Of a slice that is larger than the screen the smaller resolution that suffices is read first; ``sharp`` reads
        what is shown at rest.
        """
        if self._volume is None:
            return
        depth, sight = self._navigator.depth(plane), self._sight(plane)
        self._wanted[plane] = self._source.wanted(plane, sight)
        found = self._source.slice(plane, depth, sight, sharp=sharp)
        if found is None:
            self._late.add(plane)
            found = self._source.overview(plane, depth, sight)
            before = self._shown.get(plane) if self._depths.get(plane) == depth else None
            if found is None or (before is not None and before.covers(sight.visible)):
                return
        else:
            self._late.discard(plane)
            if not sharp and not found.sharp:  # what is in memory says nothing: it may have come this moment
                self._rest.start()
        self._draw(plane, depth, found)

    def _draw(self, plane: Plane, depth: int, found: Slice) -> None:
        self._shown[plane], self._depths[plane] = found, depth
        image = self._grid.views[plane].canvas.image
        image.set_shown(self.channels.dressed(found.pictures, found.frame), found.shape)
        self.labels.show(plane, found)

    def read_ahead(self, plane: Plane, direction: int) -> None:
        """The user goes on by slices: read those that come next."""
        self._resting = False
        self._source.prefetch(plane, self._navigator.depth(plane), direction, self._sight(plane))

    def is_late(self, plane: Plane) -> bool:
        """Whether a plane still shows an earlier slice, because its own is being read."""
        return plane in self._late and self._depths.get(plane) != self._navigator.depth(plane)

    def set_budget(self, budget_bytes: int) -> None:
        """Keep so many bytes of slices in memory."""
        self._source.set_budget(budget_bytes)

    def refresh_labels(self, region: Region) -> None:
        """The labels in ``region`` have changed: draw these."""
        self.labels.refresh(region, {plane: self._navigator.depth(plane) for plane in self._grid.planes})

    def grey_text(self, point: ToolPoint) -> str:
        """The grey values at a point inside the image, in words; nothing while its slice is being read."""
        found = self._shown.get(point.plane)
        if found is None or self.is_late(point.plane):
            return ""
        values = {}
        for channel, picture in found.pictures.items():
            place = found.frame.pixel(point.row, point.column, (picture.shape[0], picture.shape[1]))
            if place is None:
                return ""
            values[channel] = picture[place]
        about = "" if found.exact else "about "  # a mean of several voxels, or a neighbour
        return about + grey_text(values, self.channels.names)

    def ask_for_samples(self) -> None:
        """Read the grey values that contrast needs and nobody has read yet."""
        self._source.ask_for_samples(self.channels.missing_samples())

    def stop(self) -> None:
        """End reading in the background."""
        self._source.stop()

    def _on_arrived(self, plane: Plane, depth: int) -> None:
        if plane in self._late and depth == self._navigator.depth(plane):
            self.show(plane, sharp=self._resting)
            self.arrived.emit(plane)

    def _sight(self, plane: Plane) -> Sight:
        return Sight(*self._grid.views[plane].canvas.seen)

    def _on_view(self, plane: Plane) -> None:
        """Another place or scale is seen: other pixels may be wanted; so are an overview and, at rest, sharp ones."""
        if plane in self._shown and self._wanted.get(plane) != self._source.wanted(plane, self._sight(plane)):
            self._resting = False
            self.show(plane)
            self._source.prefetch(plane, self._navigator.depth(plane), 0, self._sight(plane))

    def _on_rest(self) -> None:
        self._resting = True
        for plane in self._grid.planes:
            if plane in self._shown:
                self.show(plane, sharp=True)

    def _on_colors(self) -> None:
        """Draw the same pictures in other colours."""
        self.colors_changed.emit()
        for plane, found in self._shown.items():
            image = self._grid.views[plane].canvas.image
            image.set_shown(self.channels.dressed(found.pictures, found.frame), found.shape)

    def _on_drawn_channels(self) -> None:
        self._source.set_channels(self.channels.look.shown)
        self._shown.clear()
        self._depths.clear()
        self.show_all()
        self.colors_changed.emit()
