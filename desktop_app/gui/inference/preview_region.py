"""Which part of an image a preview covers; no Qt."""

from __future__ import annotations

from desktop_app.core.imaging.region import Index3, Region

MAX_VOXELS = 24_000_000
MAX_SIDE = 1536


def slice_region(visible: Region, shape: Index3) -> Region:
    """The visible part of one slice, at most ``MAX_SIDE`` along each side, around its centre."""
    return _limited(visible.intersect(Region.whole(shape)), MAX_SIDE)


def box_region(visible: Region, shape: Index3, around: int) -> Region:
    """A box around the view.

    Args:
        visible: The visible part of one slice; its thin axis is the depth.
        shape: Of the volume, (Z, Y, X).
        around: Slices before and after.
    """
    thin = min(range(3), key=lambda axis: visible.shape[axis])
    margin = [0, 0, 0]
    margin[thin] = around
    box = slice_region(visible, shape).expand((margin[0], margin[1], margin[2]), shape)
    side = MAX_SIDE
    while box.size > MAX_VOXELS and side > 64:
        side = round(side * 0.8)
        box = _limited(box, side)
    return box


def middle_region(shape: Index3, side: int = 512) -> Region:
    """The middle of the middle slice."""
    z = shape[0] // 2
    return _limited(Region((z, 0, 0), (z + 1, shape[1], shape[2])), side)


def _limited(region: Region, side: int) -> Region:
    start, stop = list(region.start), list(region.stop)
    for axis in range(3):
        extent = stop[axis] - start[axis]
        if extent > side:
            start[axis] += (extent - side) // 2
            stop[axis] = start[axis] + side
    return Region((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))
