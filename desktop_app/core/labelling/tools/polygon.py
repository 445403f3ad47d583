"""Polygon: click corners, or draw freely with the button down, then close."""

from __future__ import annotations

import math

import numpy as np

from desktop_app.core.imaging.region import Region
from desktop_app.core.labelling.store import Edit, LabelStore
from desktop_app.core.labelling.tools.base import ToolPoint, ToolSettings
from desktop_app.core.labelling.tools.stroke import Stroke


class PolygonTool:
    """Nothing is written before ``finish``.

    Attributes:
        points: The corners so far, all on one slice.
    """

    def __init__(self) -> None:
        self.points: list[ToolPoint] = []

    def press(self, store: LabelStore, point: ToolPoint, settings: ToolSettings) -> Region | None:
        """Add a corner; on another slice a new outline begins."""
        del store, settings
        if self.points and not self.points[0].same_slice(point):
            self.points.clear()
        self._add(point, 0.0)
        return None

    def move(self, store: LabelStore, point: ToolPoint, settings: ToolSettings) -> Region | None:
        """Draw freely: a corner at each pixel of the way."""
        del store, settings
        if self.points and self.points[0].same_slice(point):
            self._add(point, 1.0)
        return None

    def release(self, store: LabelStore, point: ToolPoint, settings: ToolSettings) -> Edit | None:
        """The outline stays open until ``finish``."""
        del store, point, settings
        return None

    def finish(self, store: LabelStore, settings: ToolSettings) -> Edit | None:
        """Close the outline and label every pixel whose centre is inside; None if it holds none."""
        points, self.points = self.points, []
        if len(points) < 3:
            return None
        stroke = Stroke()
        region, mask = _inside(points, store)
        stroke.paint(store, region, mask, settings)
        return stroke.finish(store, "Polygon")

    def remove_last(self) -> None:
        """Take the last corner back."""
        if self.points:
            self.points.pop()

    def cancel(self, store: LabelStore) -> Region | None:
        """Forget the outline."""
        del store
        self.points.clear()
        return None

    def _add(self, point: ToolPoint, least: float) -> None:
        last = self.points[-1] if self.points else None
        if last is None or math.hypot(point.row - last.row, point.column - last.column) > least:
            self.points.append(point)


def _inside(points: list[ToolPoint], store: LabelStore) -> tuple[Region, np.ndarray]:
    """The box around the outline within the volume, and the mask (Z, Y, X) of the pixels inside."""
    from skimage.draw import polygon

    plane, depth = points[0].plane, points[0].depth
    rows = np.array([p.row for p in points])
    columns = np.array([p.column for p in points])
    start, stop = [0, 0, 0], [0, 0, 0]
    for axis, values in ((plane.row_axis, rows), (plane.column_axis, columns)):
        start[axis], stop[axis] = math.floor(values.min()), math.ceil(values.max())
    start[plane.depth_axis], stop[plane.depth_axis] = depth, depth + 1
    box = Region((start[0], start[1], start[2]), (stop[0], stop[1], stop[2])).intersect(Region.whole(store.shape))
    picture = np.zeros(plane.shape_of(box.shape), bool)
    if not box.empty:
        top, left = box.start[plane.row_axis], box.start[plane.column_axis]
        inside: tuple[np.ndarray, np.ndarray] = polygon(  # type: ignore[no-untyped-call]
            rows - top - 0.5, columns - left - 0.5, picture.shape
        )
        picture[inside] = True
    return box, np.expand_dims(picture.T if plane.transposed else picture, plane.depth_axis)
