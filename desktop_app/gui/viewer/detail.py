"""How finely a slice is read, and which part of it: no more than the screen shows and memory holds."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3, Plane, Region, Volume
from desktop_app.core.imaging.volume import squeeze_slab
from desktop_app.gui.viewer.geometry import Box2

_WHOLE_BYTES = 128 * 2**20  # 8,192 × 8,192 pixels of 16 bits: a slice up to this is read whole, and panned at once
_STRIP_BYTES = 64 * 2**20  # read at once of a slice of which pixels are left out
_BLOCK = 512  # pixels to which parts are aligned, so that a small move needs no new one


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the pixels that were read lie in the picture of the full resolution.

    Attributes:
        top: Row at which they begin.
        left: Column.
        down: Rows of the picture that each stands for.
        across: Columns.
    """

    top: int = 0
    left: int = 0
    down: int = 1
    across: int = 1

    @property
    def exact(self) -> bool:
        """Whether each pixel is one of the picture."""
        return self.down == self.across == 1

    def inside(self, box: Box2, shape: tuple[int, int]) -> Box2:
        """The pixels, of ``shape`` (rows, columns), that a rectangle of the picture touches."""
        touched = Box2(
            (box.top - self.top) // self.down, (box.left - self.left) // self.across,
            -(-(box.bottom - self.top) // self.down), -(-(box.right - self.left) // self.across),
        )  # fmt: skip
        return touched.intersect(Box2(0, 0, *shape))

    def pixel(self, row: float, column: float, shape: tuple[int, int]) -> tuple[int, int] | None:
        """The pixel under a place of the picture; None where it was not read."""
        r, c = math.floor((row - self.top) / self.down), math.floor((column - self.left) / self.across)
        return (r, c) if 0 <= r < shape[0] and 0 <= c < shape[1] else None


WHOLE = Frame()
"""All pixels of a picture."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a view shows of a slice.

    Attributes:
        visible: Rectangle of the picture.
        scales: Device pixels that a row and a column of it take.
    """

    visible: Box2
    scales: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Detail:
    """What is read of a slice.

    Attributes:
        box: Rectangle of the picture, in rows and columns of the full resolution.
        resolution: 0 is the full one, others are those of ``Volume.smaller``.
        factors: Voxels (z, y, x) of the full resolution in one of this.
        step: Every how many rows and columns of the resolution one is taken.
    """

    box: Box2
    resolution: int = 0
    factors: Index3 = (1, 1, 1)
    step: tuple[int, int] = (1, 1)
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.box, self.resolution, self.factors, self.step)))

    def __hash__(self) -> int:
        """Found once: each slice that is scrolled to is looked up some twenty times."""
        return self._hash

    def frame(self, plane: Plane) -> Frame:
        """Where its pixels lie in the picture."""
        down, across = (n * s for n, s in zip(plane.shape_of(self.factors), self.step, strict=True))
        return Frame(self.box.top, self.box.left, down, across)

    def depth(self, plane: Plane, depth: int) -> int:
        """The slice of the resolution that a slice lies in."""
        return depth // self.factors[plane.depth_axis]

    def samples(self, plane: Plane, shape: Index3) -> tuple[int, int]:
        """Rows and columns that are read of a resolution of ``shape`` (Z, Y, X)."""
        box = self._within(plane, shape)
        return -(-(box.bottom - box.top) // self.step[0]), -(-(box.right - box.left) // self.step[1])

    def _within(self, plane: Plane, shape: Index3) -> Box2:
        """The rectangle in rows and columns of the resolution."""
        down, across = plane.shape_of(self.factors)
        return Frame(0, 0, down, across).inside(self.box, plane.shape_of(shape))

    def read(self, read: Callable[[Region], NDArray[Any]], shape: Index3, plane: Plane, depth: int) -> NDArray[Any]:
        """The pixels (rows, columns) of a slice; where some are left out, strip by strip, so that memory is bounded.

        Args:
            read: Gives voxels (Z, Y, X) of the resolution.
            shape: (Z, Y, X) of the resolution.
            plane: Of the slice.
            depth: Number of the slice in full resolution.
        """
        box, z = self._within(plane, shape), min(self.depth(plane, depth), shape[plane.depth_axis] - 1)
        if self.step == (1, 1):
            return squeeze_slab(read(_slab(plane, box, z)), plane)
        # Bytes a voxel of the widest type.
        rows = max(1, _STRIP_BYTES // (8 * max(1, box.right - box.left)) // self.step[0]) * self.step[0]
        strips = [
            squeeze_slab(
                read(_slab(plane, Box2(top, box.left, min(top + rows, box.bottom), box.right), z)), plane
            )[:: self.step[0], :: self.step[1]].copy()
            for top in range(box.top, box.bottom, rows)
        ]  # fmt: skip
        return np.concatenate(strips) if strips else np.zeros((0, 0), np.uint8)


def _slab(plane: Plane, box: Box2, depth: int) -> Region:
    return Region(plane.to_voxel(box.top, box.left, depth), plane.to_voxel(box.bottom, box.right, depth + 1))


def whole_slice(plane: Plane, shape: Index3) -> Detail:
    """All pixels of a slice of a volume of ``shape`` (Z, Y, X)."""
    return Detail(Box2(0, 0, *plane.shape_of(shape)))


def image_details(volume: Volume, plane: Plane, sight: Sight | None) -> tuple[Detail, ...]:
    """What to read of a slice of an image: what is there quickest, then what is shown once the view rests.

    The resolution is the smallest of which no pixel is shown larger than one of the screen. Of a resolution with fewer
    slices a picture is the mean of several; so at rest that is replaced by the slice itself, where that is no larger
    than other slices that are read whole.
    """
    if sight is None:
        return (whole_slice(plane, volume.shape),)
    itemsize = volume.dtype.itemsize * (3 if volume.rgb else 1)
    resolutions = ((1, 1, 1), *(one.factors for one in volume.smaller))
    fits = [n for n, factors in enumerate(resolutions) if n == 0 or _small_enough(plane.shape_of(factors), sight)]
    quick = _part(plane, volume.shape, sight, itemsize, fits[-1], resolutions[fits[-1]])
    sharp = next(n for n in reversed(fits) if resolutions[n][plane.depth_axis] == 1)
    if sharp == quick.resolution:
        return (quick,)
    rows, columns = plane.shape_of(volume.shape)
    down, across = plane.shape_of(resolutions[sharp])
    seen = sight.visible
    # With what is grown around it, in whole blocks, at most four times what is seen.
    pixels = min(rows * columns, 4 * (seen.bottom - seen.top) * (seen.right - seen.left)) // (down * across)
    if pixels * itemsize > _WHOLE_BYTES:
        return (quick,)
    return quick, _part(plane, volume.shape, sight, itemsize, sharp, resolutions[sharp])


def overview_detail(volume: Volume, plane: Plane) -> Detail | None:
    """The whole of a slice in the smallest resolution; None where that does not fit into memory."""
    if not volume.smaller:
        return None
    smallest = len(volume.smaller)
    rows, columns = plane.shape_of(volume.smaller[-1].shape)
    if rows * columns * volume.dtype.itemsize > _WHOLE_BYTES:
        return None
    return Detail(Box2(0, 0, *plane.shape_of(volume.shape)), smallest, volume.smaller[-1].factors)


def label_detail(shape: Index3, plane: Plane, sight: Sight | None) -> Detail:
    """What to read of a slice of labels of ``shape`` (Z, Y, X): of a large slice a part, or every n-th pixel."""
    if sight is None:
        return whole_slice(plane, shape)
    return _part(plane, shape, sight, np.dtype(np.uint32).itemsize, 0, (1, 1, 1))


def _small_enough(factors: tuple[int, int], sight: Sight) -> bool:
    return all(factor * scale <= 1 for factor, scale in zip(factors, sight.scales, strict=True))


def _part(plane: Plane, shape: Index3, sight: Sight, itemsize: int, resolution: int, factors: Index3) -> Detail:
    rows, columns = plane.shape_of(shape)
    down, across = plane.shape_of(factors)
    if -(-rows // down) * -(-columns // across) * itemsize <= _WHOLE_BYTES:
        return Detail(Box2(0, 0, rows, columns), resolution, factors)
    step_down, step_across = (
        max(1, math.floor(1 / (scale * factor))) for scale, factor in zip(sight.scales, (down, across), strict=True)
    )
    seen, height, width = sight.visible, _BLOCK * down * step_down, _BLOCK * across * step_across
    # A fourth more on each side, for panning.
    around = seen.grown((seen.bottom - seen.top) // 4, (seen.right - seen.left) // 4)
    box = Box2(
        around.top // height * height, around.left // width * width,
        -(-around.bottom // height) * height, -(-around.right // width) * width,
    ).intersect(Box2(0, 0, rows, columns))  # fmt: skip
    return Detail(box, resolution, factors, (step_down, step_across))
