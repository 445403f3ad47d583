"""Which part of an image a preview covers; no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from desktop_app.core.imaging.region import Index3, Plane, Region

MAX_VOXELS = 24_000_000  # of a box; more takes longer than a look is worth, by trial on a processor
MAX_SIDE = 1536  # px of a slice by default: what a screen shows
MAX_WHOLE_SIDE = 4096  # px where the whole slice was asked for: longer takes minutes on a processor
Area: TypeAlias = Literal["view", "rectangle", "whole"]

_LEAST_SIDE, _SHRINKING = 64, 0.8  # px; by how much a box becomes smaller at a time
_MIDDLE_SIDE = 512  # px: a usual tile, which is seen at once


@dataclass(frozen=True, slots=True)
class PreviewSpot:
    """Where the user wants a preview.

    Attributes:
        box: A box around the slice, not the slice alone.
        around: Slices before and after, for a box.
        area: What part of the slice.
    """

    box: bool = False
    around: int = 8
    area: Area = "view"


def preview_region(place: PreviewSpot, plane: Plane, visible: Region, shape: Index3, drawn: Region | None) -> Region:
    """The part of the image that a preview covers, within limits.

    Args:
        place: The wish.
        plane: The plane that is looked at.
        visible: The visible part of its shown slice.
        shape: Of the volume, (Z, Y, X).
        drawn: The rectangle that the user drew in that plane, on any slice.
    """
    slab = plane.slab(shape, visible.start[plane.depth_axis])
    if place.area == "whole":
        part = limited(slab, MAX_WHOLE_SIDE)
    elif place.area == "rectangle" and drawn is not None:
        part = limited(_at_slice(drawn, slab, plane), MAX_WHOLE_SIDE)
    else:
        part = slice_region(visible, shape)
    return box_region(part, plane, shape, place.around) if place.box and not part.empty else part


def is_cut(
    region: Region, place: PreviewSpot, plane: Plane, visible: Region, shape: Index3, drawn: Region | None
) -> bool:
    """Whether limits made a preview smaller than wished, along the sides of the shown picture."""
    wished = {"view": visible, "rectangle": drawn or visible, "whole": plane.slab(shape, 0)}[place.area]
    inside = wished.intersect(Region.whole(shape))
    return any(region.shape[axis] < inside.shape[axis] for axis in (plane.row_axis, plane.column_axis))


def slice_region(visible: Region, shape: Index3) -> Region:
    """The visible part of one slice, at most ``MAX_SIDE`` along each side, around its centre."""
    return limited(visible.intersect(Region.whole(shape)), MAX_SIDE)


def box_region(part: Region, plane: Plane, shape: Index3, around: int) -> Region:
    """A box around a part of a slice.

    Args:
        part: The part of the slice.
        plane: Of the slice.
        shape: Of the volume, (Z, Y, X).
        around: Slices before and after.
    """
    margin = [0, 0, 0]
    margin[plane.depth_axis] = around
    box = part.expand((margin[0], margin[1], margin[2]), shape)
    side = MAX_WHOLE_SIDE
    while box.size > MAX_VOXELS and side > _LEAST_SIDE:
        side = round(side * _SHRINKING)
        box = limited(box, side)
    return box


def middle_region(shape: Index3, side: int = _MIDDLE_SIDE, plane: Plane = Plane.XY) -> Region:
    """The middle of the middle slice."""
    return limited(plane.slab(shape, shape[plane.depth_axis] // 2), side)


def limited(region: Region, side: int) -> Region:
    """The middle of a box, at most ``side`` long along each axis."""
    start, stop = list(region.start), list(region.stop)
    for axis in range(3):
        extent = stop[axis] - start[axis]
        if extent > side:
            start[axis] += (extent - side) // 2
            stop[axis] = start[axis] + side
    return Region((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))


def _at_slice(drawn: Region, slab: Region, plane: Plane) -> Region:
    start, stop, axis = list(drawn.start), list(drawn.stop), plane.depth_axis
    start[axis], stop[axis] = slab.start[axis], slab.stop[axis]
    return Region((start[0], start[1], start[2]), (stop[0], stop[1], stop[2])).intersect(slab)
