"""Where voxels fall on the screen; plain arithmetic without Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TypeAlias

from desktop_app.core.imaging import Index3, Plane, Region, VoxelSize

Triple: TypeAlias = tuple[float, float, float]
LARGEST_SCALE = 128.0  # screen px for a voxel: eight voxels fill a window
_FITTED = 0.98  # of a view: a rim shows where the image ends
SMALLEST_SCALE = 1e-3  # screen px for a voxel: an image of a million pixels still fits


@dataclass(frozen=True, slots=True)
class Box2:
    """A rectangle of a picture: rows ``top`` to ``bottom``, columns ``left`` to ``right``; stops are exclusive."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def empty(self) -> bool:
        """Whether nothing is inside."""
        return self.bottom <= self.top or self.right <= self.left

    def intersect(self, other: Box2) -> Box2:
        """The common rectangle."""
        return Box2(
            max(self.top, other.top), max(self.left, other.left),
            min(self.bottom, other.bottom), min(self.right, other.right),
        )  # fmt: skip

    def covers(self, other: Box2) -> bool:
        """Whether all of ``other`` is inside."""
        return (
            self.top <= other.top
            and self.left <= other.left
            and self.bottom >= other.bottom
            and self.right >= other.right
        )

    def grown(self, rows: int, columns: int) -> Box2:
        """Larger by some rows and columns on each side."""
        return Box2(self.top - rows, self.left - columns, self.bottom + rows, self.right + columns)


def picture_box(plane: Plane, region: Region) -> Box2:
    """The rectangle of the picture of ``plane`` that a box of voxels falls on."""
    r, c = plane.row_axis, plane.column_axis
    return Box2(region.start[r], region.start[c], region.stop[r], region.stop[c])


def voxel_aspect(size: VoxelSize) -> Triple:
    """Edges of a voxel (z, y, x) in pixel widths; all 1 where the size is not known."""
    return (size.z / size.x, size.y / size.x, 1.0) if size.known else (1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class ViewState:
    """What all linked views show.

    Attributes:
        center: The place (z, y, x) in the middle of the views, in voxels.
        scale: Logical screen pixels per pixel width (x).
        aspect: Edges of a voxel (z, y, x) in pixel widths.
    """

    center: Triple = (0.0, 0.0, 0.0)
    scale: float = 1.0
    aspect: Triple = (1.0, 1.0, 1.0)

    def row_scale(self, plane: Plane) -> float:
        """Screen pixels per row of the picture of ``plane``."""
        return self.scale * self.aspect[plane.row_axis]

    def column_scale(self, plane: Plane) -> float:
        """Screen pixels per column of the picture of ``plane``."""
        return self.scale * self.aspect[plane.column_axis]

    def to_picture(self, plane: Plane, x: float, y: float, size: tuple[float, float]) -> tuple[float, float]:
        """(row, column) under the screen point ``x, y`` of a view of ``size`` (width, height)."""
        row = self.center[plane.row_axis] + (y - size[1] / 2) / self.row_scale(plane)
        column = self.center[plane.column_axis] + (x - size[0] / 2) / self.column_scale(plane)
        return row, column

    def to_screen(self, plane: Plane, row: float, column: float, size: tuple[float, float]) -> tuple[float, float]:
        """Screen point (x, y) of a place in the picture."""
        x = (column - self.center[plane.column_axis]) * self.column_scale(plane) + size[0] / 2
        y = (row - self.center[plane.row_axis]) * self.row_scale(plane) + size[1] / 2
        return x, y

    def visible(self, plane: Plane, size: tuple[float, float], shape: Index3) -> Box2:
        """The part of the picture that a view of ``size`` (width, height) shows, whole pixels, inside the volume."""
        top, left = self.to_picture(plane, 0, 0, size)
        bottom, right = self.to_picture(plane, size[0], size[1], size)
        rows, columns = plane.shape_of(shape)
        seen = Box2(math.floor(top), math.floor(left), math.ceil(bottom), math.ceil(right))
        return seen.intersect(Box2(0, 0, rows, columns))

    def panned(self, plane: Plane, dx: float, dy: float, shape: Index3) -> ViewState:
        """After dragging the picture by some screen pixels; the middle stays inside the volume."""
        center = list(self.center)
        center[plane.row_axis] -= dy / self.row_scale(plane)
        center[plane.column_axis] -= dx / self.column_scale(plane)
        return replace(self, center=_inside(center, shape))

    def zoomed(self, plane: Plane, factor: float, x: float, y: float, size: tuple[float, float]) -> ViewState:
        """Enlarged by ``factor`` about the screen point ``x, y``, which keeps showing the same place."""
        scale = min(LARGEST_SCALE, max(SMALLEST_SCALE, self.scale * factor))
        row, column = self.to_picture(plane, x, y, size)
        moved = replace(self, scale=scale)
        new_row, new_column = moved.to_picture(plane, x, y, size)
        center = list(self.center)
        center[plane.row_axis] += row - new_row
        center[plane.column_axis] += column - new_column
        return replace(moved, center=(center[0], center[1], center[2]))

    def closer(self, scale: float) -> ViewState:
        """At that scale at least."""
        return replace(self, scale=min(LARGEST_SCALE, max(self.scale, scale)))

    def centered(self, center: Triple, shape: Index3) -> ViewState:
        """With another place in the middle."""
        return replace(self, center=_inside(list(center), shape))

    def fitted(self, views: list[tuple[Plane, tuple[float, float]]], shape: Index3) -> ViewState:
        """All of the volume in the middle of all views (plane and size each)."""
        scales = [LARGEST_SCALE]
        for plane, (width, height) in views:
            rows, columns = plane.shape_of(shape)
            scales.append(_FITTED * width / (columns * self.aspect[plane.column_axis]))
            scales.append(_FITTED * height / (rows * self.aspect[plane.row_axis]))
        z, y, x = shape
        return replace(self, center=(z / 2, y / 2, x / 2), scale=max(SMALLEST_SCALE, min(scales)))


def _inside(center: list[float], shape: Index3) -> Triple:
    z, y, x = (min(max(c, 0.0), float(n)) for c, n in zip(center, shape, strict=True))
    return z, y, x


@dataclass(frozen=True, slots=True)
class Grid:
    """Which pixels of a picture a tile samples.

    Attributes:
        box: The covered rectangle of the picture.
        step: Every how many rows and columns one is taken (shown small), 1 or more.
        zoom: How many samples a row and a column get (shown large), 1 or more.
    """

    box: Box2
    step: tuple[int, int] = (1, 1)
    zoom: tuple[int, int] = (1, 1)

    @property
    def coarse(self) -> bool:
        """Whether pixels are left out."""
        return self.step != (1, 1)


def plan_grid(
    visible: Box2, shape: tuple[int, int], scales: tuple[float, float], *, fine: bool, margin: bool = False
) -> Grid:
    """The tile for the visible part of a picture of ``shape`` (rows, columns).

    Args:
        visible: What must be covered.
        shape: Rows and columns of the picture.
        scales: Device pixels per row and per column.
        fine: Whether the tile should have about as many samples as the screen where the picture is enlarged.
        margin: Whether to cover more, for panning.
    """
    steps = (max(1, math.floor(1 / scales[0])), max(1, math.floor(1 / scales[1])))
    zooms = (max(1, round(scales[0])), max(1, round(scales[1]))) if fine else (1, 1)
    margin_rows = (visible.bottom - visible.top) // 6 * margin + steps[0]  # a sixth more on each side
    margin_columns = (visible.right - visible.left) // 6 * margin + steps[1]  # a sixth more on each side
    wanted = visible.grown(margin_rows, margin_columns).intersect(Box2(0, 0, *shape))
    aligned = Box2(wanted.top // steps[0] * steps[0], wanted.left // steps[1] * steps[1], wanted.bottom, wanted.right)
    return Grid(aligned, steps, zooms)
