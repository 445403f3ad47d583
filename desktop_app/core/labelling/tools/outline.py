"""What tools share that draw an outline in one slice and label what is inside."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.region import Region
from desktop_app.core.labelling.store import Edit, LabelStore
from desktop_app.core.labelling.tools.base import Tool, ToolPoint, ToolSettings
from desktop_app.core.labelling.tools.options import OnlyEmpty
from desktop_app.core.labelling.tools.stroke import Stroke

OutlineT = TypeVar("OutlineT", bound=OnlyEmpty)


class DraggedOutline(Tool[OutlineT]):
    """One drag draws an outline, and letting go labels what is inside; nothing is written before.

    Args:
        title: Of the undo step.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._drag: list[ToolPoint] = []

    def press(self, store: LabelStore, point: ToolPoint, how: ToolSettings[OutlineT]) -> Region | None:
        """The drag begins."""
        del store, how
        self._drag = [point]
        return None

    def move(self, store: LabelStore, point: ToolPoint, how: ToolSettings[OutlineT]) -> Region | None:
        """Follow the pointer; what lies on another slice is left out."""
        del store, how
        if self._drag and self._drag[0].same_slice(point):
            self._drag.append(point)
        return None

    def release(self, store: LabelStore, point: ToolPoint, how: ToolSettings[OutlineT]) -> Edit | None:
        """Label what is inside; None if that is nothing."""
        self.move(store, point, how)
        corners, self._drag = self.corners(self._drag), []
        return edit_inside(corners, store, how, self._title)

    def cancel(self, store: LabelStore) -> Region | None:
        """Forget the outline."""
        del store
        self._drag = []
        return None

    @property
    def collected(self) -> tuple[ToolPoint, ...]:
        """The outline so far, closed."""
        corners = self.corners(self._drag)
        return (*corners, *corners[:1])

    def corners(self, drag: Sequence[ToolPoint]) -> Sequence[ToolPoint]:
        """The outline that a drag draws; the way of the pointer itself unless a tool says otherwise."""
        return drag


def edit_inside(
    corners: Sequence[ToolPoint], store: LabelStore, how: ToolSettings[OutlineT], title: str
) -> Edit | None:
    """Label the pixels whose centre lies inside an outline; the edit, None if there are none."""
    if len(corners) < 3:  # no area
        return None
    stroke = Stroke()
    region, mask = _inside(corners, store)
    stroke.paint(store, region, mask, how)
    return stroke.finish(store, title)


def _inside(points: Sequence[ToolPoint], store: LabelStore) -> tuple[Region, NDArray[np.bool_]]:
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
        inside: tuple[NDArray[np.intp], NDArray[np.intp]] = polygon(  # type: ignore[no-untyped-call]
            rows - top - 0.5, columns - left - 0.5, picture.shape
        )
        picture[inside] = True
    return box, np.expand_dims(picture.T if plane.transposed else picture, plane.depth_axis)
