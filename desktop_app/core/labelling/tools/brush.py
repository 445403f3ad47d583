"""Brush and eraser: a round tip drawn along the path of the pointer."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.region import Index3, Region
from desktop_app.core.labelling.store import Edit, LabelStore
from desktop_app.core.labelling.tools.base import OtherButton, Tool, ToolInfo, ToolPoint, ToolSettings
from desktop_app.core.labelling.tools.options import OnlyChosen, OnlyEmpty, RoundTip
from desktop_app.core.labelling.tools.stroke import Stroke

# One step of undo holds at most this box: its voxels before and after take 256 MB while the step is packed.
MOST_VOXELS = 32_000_000
TipT = TypeVar("TipT", bound=RoundTip)


class BrushOptions(OnlyEmpty, OnlyChosen, RoundTip):
    """Size, depth and caution of the brush."""


class EraserOptions(OnlyChosen, RoundTip):
    """Size and depth of the eraser."""


class RoundTool(Tool[TipT]):
    """Draws discs, or balls, without gaps between the samples of the pointer."""

    def __init__(self) -> None:
        self._stroke = Stroke()
        self._last: ToolPoint | None = None
        self._title = ""

    def press(self, store: LabelStore, point: ToolPoint, how: ToolSettings[TipT]) -> Region | None:
        """Put the tip down."""
        self._last = point
        return self._draw(store, point, point, how)

    def move(self, store: LabelStore, point: ToolPoint, how: ToolSettings[TipT]) -> Region | None:
        """Draw from the last point to this one; after a change of slice the line starts anew."""
        last = self._last if self._last is not None and self._last.same_slice(point) else point
        self._last = point
        return self._draw(store, last, point, how)

    def release(self, store: LabelStore, point: ToolPoint, how: ToolSettings[TipT]) -> Edit | None:
        """Lift the tip."""
        if self._last is not None and self._last != point:
            self.move(store, point, how)
        self._last = None
        return self._stroke.finish(store, self._title)

    def newest(self, store: LabelStore) -> Edit | None:
        """What was painted since this was last asked."""
        return self._stroke.newest(store, self._title)

    def split(self, store: LabelStore) -> Edit | None:
        """The stroke until now, once it has become large."""
        return self._stroke.finish(store, self._title) if self._stroke.extent > MOST_VOXELS else None

    def cancel(self, store: LabelStore) -> Region | None:
        """Put back what was painted since the button went down."""
        self._last = None
        return self._stroke.cancel(store)

    def _draw(self, store: LabelStore, a: ToolPoint, b: ToolPoint, how: ToolSettings[TipT]) -> Region | None:
        self._title = ERASER.title if how.erase else BRUSH.title
        region, mask = tip_mask(a, b, store.shape, how.options, how.voxel_aspect)
        spared = None if region.empty else self.spared(region, how)
        return self._stroke.paint(store, region, mask if spared is None else mask & ~spared, how)

    def spared(self, region: Region, how: ToolSettings[TipT]) -> NDArray[np.bool_] | None:
        """Voxels (Z, Y, X of ``region``) that stay although the tip touches them; None for none."""
        del region, how
        return None


class BrushTool(RoundTool[BrushOptions]):
    """Paints."""


class EraserTool(RoundTool[EraserOptions]):
    """Empties."""

    def _draw(self, store: LabelStore, a: ToolPoint, b: ToolPoint, how: ToolSettings[EraserOptions]) -> Region | None:
        return super()._draw(store, a, b, replace(how, erase=True))


_STILL = 1e-9  # pixels: a shorter way touches no other centre, and what is divided by it may be no number


def tip_mask(
    a: ToolPoint, b: ToolPoint, shape: Index3, tip: RoundTip, aspect: tuple[float, float, float]
) -> tuple[Region, NDArray[np.bool_]]:
    """The voxels that a round tip touches on its straight way from ``a`` to ``b`` in a volume of ``shape`` (Z, Y, X).

    A voxel belongs to it if its centre is no farther from the path than the radius, with the true proportions of
    voxels; the pixels directly under the path always belong, so that the finest tip leaves a line without gaps. How
    hard a pen is pressed at ``b`` sets the radius all the way: pens tell places a few pixels apart.

    Returns:
        A box and its mask (Z, Y, X).
    """
    plane, radius_px = b.plane, tip.pressed_px(b.pressure) / 2
    row_aspect, column_aspect = aspect[plane.row_axis], aspect[plane.column_axis]
    reach = radius_px / aspect[plane.depth_axis] if tip.brush_3d else 0.0
    start, stop = [0, 0, 0], [0, 0, 0]
    for axis, low, high, margin in (
        (plane.row_axis, min(a.row, b.row), max(a.row, b.row), radius_px / row_aspect),
        (plane.column_axis, min(a.column, b.column), max(a.column, b.column), radius_px / column_aspect),
        (plane.depth_axis, b.depth + 0.5, b.depth + 0.5, reach),
    ):
        start[axis], stop[axis] = math.floor(low - margin), math.floor(high + margin) + 1
    box = Region((start[0], start[1], start[2]), (stop[0], stop[1], stop[2])).intersect(Region.whole(shape))
    if box.empty:
        return box, np.zeros(box.shape, bool)
    under = _under_path(a, b, box)
    depths = np.arange(box.start[plane.depth_axis], box.stop[plane.depth_axis]) - b.depth
    radius = radius_px + 1e-9  # px: pixels whose centres lie on the rim belong to it
    if tip.square:
        swept = _swept_square(a, b, box, (radius / row_aspect, radius / column_aspect)) | under
        deep = [abs(d) * aspect[plane.depth_axis] <= radius for d in depths.tolist()]
        return box, _stacked([swept if within else np.zeros_like(swept) for within in deep], b)
    near = _squared_distance(a, b, box, row_aspect, column_aspect)
    layers = [near <= radius**2 - (d * aspect[plane.depth_axis]) ** 2 for d in depths.tolist()]
    if b.depth in range(box.start[plane.depth_axis], box.stop[plane.depth_axis]):
        layers[b.depth - box.start[plane.depth_axis]] |= under
    return box, _stacked(layers, b)


def _squared_distance(
    a: ToolPoint, b: ToolPoint, box: Region, row_aspect: float, column_aspect: float
) -> NDArray[np.float64]:
    """Squared distance in pixel widths of each pixel centre of the picture of ``box`` to the path."""
    plane = b.plane
    rows = (np.arange(box.start[plane.row_axis], box.stop[plane.row_axis]) + 0.5 - a.row) * row_aspect
    columns = (np.arange(box.start[plane.column_axis], box.stop[plane.column_axis]) + 0.5 - a.column) * column_aspect
    along_r, along_c = (b.row - a.row) * row_aspect, (b.column - a.column) * column_aspect
    length = along_r**2 + along_c**2
    if length <= _STILL**2:
        return np.add.outer(rows**2, columns**2)
    share = np.clip(np.add.outer(rows * (along_r / length), columns * (along_c / length)), 0.0, 1.0)
    return (rows[:, None] - share * along_r) ** 2 + (columns[None, :] - share * along_c) ** 2


def _swept_square(a: ToolPoint, b: ToolPoint, box: Region, half: tuple[float, float]) -> NDArray[np.bool_]:
    """The pixels of the picture of ``box`` whose centres a square of half the height and width touches on its way.

    A centre is touched where, along both axes, the times overlap at which the path is near enough.
    """
    plane = b.plane
    spans = []
    for axis, begin, end, reach in (
        (plane.row_axis, a.row, b.row, half[0]),
        (plane.column_axis, a.column, b.column, half[1]),
    ):
        away = np.arange(box.start[axis], box.stop[axis]) + 0.5 - begin
        along = end - begin
        if abs(along) <= _STILL:
            near = np.abs(away) <= reach
            spans.append((np.where(near, 0.0, np.inf), np.where(near, 1.0, -np.inf)))
        else:
            times = (away - reach) / along, (away + reach) / along
            spans.append((np.maximum(np.minimum(*times), 0.0), np.minimum(np.maximum(*times), 1.0)))
    (row_in, row_out), (column_in, column_out) = spans
    return np.maximum.outer(row_in, column_in) <= np.minimum.outer(row_out, column_out)


def _under_path(a: ToolPoint, b: ToolPoint, box: Region) -> NDArray[np.bool_]:
    """The pixels of the picture of ``box`` that lie under the path."""
    plane = b.plane
    under = np.zeros(plane.shape_of(box.shape), bool)
    steps = 2 * math.ceil(max(abs(b.row - a.row), abs(b.column - a.column))) + 1
    rows = np.floor(np.linspace(a.row, b.row, steps)).astype(np.int64) - box.start[plane.row_axis]
    columns = np.floor(np.linspace(a.column, b.column, steps)).astype(np.int64) - box.start[plane.column_axis]
    inside = (rows >= 0) & (rows < under.shape[0]) & (columns >= 0) & (columns < under.shape[1])
    under[rows[inside], columns[inside]] = True
    return under


def _stacked(pictures: list[NDArray[np.bool_]], point: ToolPoint) -> NDArray[np.bool_]:
    """Pictures (rows, columns) of neighbouring depths as one mask (Z, Y, X)."""
    plane = point.plane
    turned = [picture.T if plane.transposed else picture for picture in pictures]
    return np.ascontiguousarray(np.stack(turned, axis=plane.depth_axis))


BRUSH = ToolInfo(
    "brush",
    "Brush",
    "mdi6.brush",
    "B",
    "Paint; right-drag erases.",
    (("Drag", "paint"), ("Right-drag", "erase"), ("Alt+click", "pick"), ("[ ]", "size")),
    BrushTool,
    BrushOptions,
    cursor="tip",
    other_button=OtherButton.ERASES,
)
ERASER = ToolInfo(
    "eraser",
    "Eraser",
    "mdi6.eraser",
    "E",
    "Erase labels.",
    (("Drag", "erase"), ("[ ]", "size")),
    EraserTool,
    EraserOptions,
    cursor="tip",
    other_button=OtherButton.ERASES,
    erases=True,
)
