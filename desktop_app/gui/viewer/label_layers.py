"""The label layers of the views: which are drawn, in what order and how."""

from __future__ import annotations

from desktop_app.core.imaging import Plane, Region
from desktop_app.core.imaging.label_colors import FIRST_PALETTE, TABLE_SIZE, color_table
from desktop_app.core.labelling.layers import OWN, LabelLayer, LabelStyle, LayerLook, palette_of
from desktop_app.core.labelling.tools import ToolPoint
from desktop_app.gui.session.layers import Layers
from desktop_app.gui.viewer.detail import WHOLE
from desktop_app.gui.viewer.plane_view import PlaneView
from desktop_app.gui.viewer.slice_source import Slice, SliceSource


class LabelLayers:
    """Keeps the label items of the views in step with the layers.

    Args:
        source: Reads their slices.
        views: Draw them.
        layers: What to draw.
    """

    def __init__(self, source: SliceSource, views: dict[Plane, PlaneView], layers: Layers) -> None:
        self._source = source
        self._views = views
        self._layers = layers
        self._drawn: dict[str, tuple[LayerLook, object]] = {}
        self.usual_palette = FIRST_PALETTE
        self._peeking = False

    @property
    def seen(self) -> tuple[LabelLayer, ...]:
        """The layers that are drawn, from the lowest to the topmost."""
        return tuple(layer for layer in self._layers.stack if layer.seen)

    def set_palette(self, palette: str) -> None:
        """Colours of the layers that have chosen none."""
        self.usual_palette = palette
        self._drawn.clear()
        self.restyle()

    def peek(self, below: bool) -> None:
        """Hide all layers while a key is held."""
        self._peeking = below
        self._drawn.clear()
        self.restyle()

    def update(self) -> None:
        """Take the layers of now; the slices must be shown anew."""
        read = {layer.key: layer.store for layer in self._layers.stack if layer.seen or layer.key == OWN}
        self._source.set_layers(read)
        for view in self._views.values():
            view.canvas.arrange_layers(tuple(read))
        self.restyle()

    def show(self, plane: Plane, found: Slice) -> None:
        """Draw the labels of a slice."""
        canvas = self._views[plane].canvas
        for key, item in canvas.layers.items():
            item.set_labels(found.labels.get(key), found.label_frames.get(key, WHOLE), found.shape)

    def refresh(self, region: Region, shown: dict[Plane, int]) -> None:
        """The labels in ``region`` have changed; ``shown`` is the slice of each visible plane."""
        follow = [layer.key for layer in self._layers.stack if layer.follows_labels]
        for (key, plane), box in self._source.patch_labels(region, shown, follow).items():
            item = self._views[plane].canvas.layers.get(key)
            if item is not None:
                item.patch(box)

    def labels_under(self, point: ToolPoint) -> list[tuple[LabelLayer, int]]:
        """The layers that are read, the painted one first, and their label at a point inside the image."""
        found = []
        for layer in sorted(self._layers.listed, key=lambda layer: layer.key != OWN):
            item = self._views[point.plane].canvas.layers.get(layer.key)
            label = None if item is None else item.label_at(point.row, point.column)
            if label is not None:
                found.append((layer, label))
        return found

    def restyle(self) -> None:
        """Draw each layer as it looks now."""
        stack = self._layers.stack
        self._drawn = {key: drawn for key, drawn in self._drawn.items() if self._layers.get(key) is not None}
        for layer in stack:
            state = (layer.look, (layer.scheme, layer.hidden))
            items = [view.canvas.layers.get(layer.key) for view in self._views.values()]
            if self._drawn.get(layer.key) == state or None in items:
                continue
            self._drawn[layer.key] = state
            colors = color_table(layer.fixed_colors(), palette_of(layer, self.usual_palette))
            colors[[value for value in layer.hidden if 0 < value < TABLE_SIZE], 3] = 0
            style = layer.look.style if layer.seen and not self._peeking else LabelStyle.OFF
            for item in items:
                if item is not None:
                    item.set_look(colors, style, layer.look.opacity, layer.look.solo)
        gone = set(self._drawn) - {key for view in self._views.values() for key in view.canvas.layers}
        for key in gone:
            del self._drawn[key]
