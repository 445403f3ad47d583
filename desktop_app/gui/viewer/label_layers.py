"""Labels and the proposal of a model, over the image in all planes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Plane, Region
from desktop_app.core.imaging.label_colors import TABLE_SIZE, color_table
from desktop_app.core.imaging.volume import squeeze_slab
from desktop_app.core.labelling import LabelScheme, LabelStore
from desktop_app.core.labelling.tools import ToolPoint
from desktop_app.gui.viewer.geometry import picture_box
from desktop_app.gui.viewer.plane_view import PlaneView
from desktop_app.gui.viewer.raster import LabelStyle
from desktop_app.gui.viewer.slice_source import SliceSource

_PREVIEW_OPACITY = 0.5  # lets image and labels shine through, by eye


class LabelLayers:
    """Keeps the label items of the views in step with store, scheme and preview."""

    def __init__(self, source: SliceSource, views: dict[Plane, PlaneView]) -> None:
        self._source = source
        self._views = views
        self._store: LabelStore | None = None
        self._preview: tuple[Region, NDArray[np.uint32]] | None = None
        self.scheme = LabelScheme()
        self._hidden: frozenset[int] = frozenset()
        self._style, self._opacity, self._peeking = LabelStyle.FILLED, 0.45, False
        self._redraw()

    def set_store(self, store: LabelStore | None) -> None:
        """Show labels from another store; the preview goes."""
        self._store, self._preview = store, None
        self._source.set_store(store)

    def set_scheme(self, scheme: LabelScheme, hidden: frozenset[int]) -> None:
        """Use other colours; ``hidden`` labels are not drawn."""
        self.scheme, self._hidden = scheme, hidden
        self._redraw()

    def set_style(self, style: LabelStyle, opacity: float) -> None:
        """Draw in another way."""
        self._style, self._opacity = style, opacity
        self._redraw()

    def peek(self, below: bool) -> None:
        """Hide labels and preview while a key is held."""
        self._peeking = below
        self._redraw()

    def set_preview(self, region: Region, labels: NDArray[np.uint32] | None) -> None:
        """Lay a proposal (Z, Y, X of ``region``) over the image; None takes it away."""
        self._preview = None if labels is None else (region, labels)

    def show(self, plane: Plane, depth: int, labels: NDArray[np.uint32] | None) -> None:
        """Draw the labels of a slice, and the preview there."""
        canvas = self._views[plane].canvas
        canvas.labels.set_labels(labels)
        canvas.preview.set_labels(self._preview_slice(plane, depth))

    def refresh(self, region: Region, shown: dict[Plane, int]) -> None:
        """The labels in ``region`` have changed; ``shown`` is the slice of each visible plane."""
        for plane, box in self._source.patch_labels(region, shown).items():
            self._views[plane].canvas.labels.patch(box)

    def label_under(self, point: ToolPoint) -> int | None:
        """The shown label at a point inside the image; None without labels."""
        shown = self._views[point.plane].canvas.labels.labels
        return None if shown is None else int(shown[int(point.row), int(point.column)])

    def _preview_slice(self, plane: Plane, depth: int) -> NDArray[np.uint32] | None:
        if self._preview is None or self._store is None:
            return None
        region, labels = self._preview
        inside = depth - region.start[plane.depth_axis]
        if not 0 <= inside < labels.shape[plane.depth_axis]:
            return None
        box = picture_box(plane, region)
        picture = np.zeros(plane.shape_of(self._store.shape), np.uint32)
        slab = np.take(labels, [inside], axis=plane.depth_axis)
        picture[box.top : box.bottom, box.left : box.right] = squeeze_slab(slab, plane)
        return picture

    def _redraw(self) -> None:
        fixed = {c.value: c.color for c in self.scheme.classes} if self.scheme.kind == "classes" else {}
        colors = color_table(fixed)
        seen = colors.copy()
        seen[[v for v in self._hidden if 0 < v < TABLE_SIZE], 3] = 0
        style, preview = (LabelStyle.OFF,) * 2 if self._peeking else (self._style, LabelStyle.STRIPED)
        for view in self._views.values():
            view.canvas.labels.set_look(seen, style, self._opacity)
            view.canvas.preview.set_look(colors, preview, _PREVIEW_OPACITY)
