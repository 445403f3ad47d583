"""Fill objects in between the slices in which they were drawn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Plane, Region
from desktop_app.objects.interpolation import Between, Drawn, gaps
from desktop_app.objects.operations.base import Change, Offer, Operation, Scene, Target
from desktop_app.objects.operations.survey import survey

# The slices of an object are read with its whole box, 5 bytes a voxel: about 0.6 GB at most.
MOST_VOXELS = 128_000_000


class InterpolateParameters(Parameters):
    """In which direction, and how far."""

    plane: Literal["xy", "xz", "yz"] = Field(
        default="xy", title="Slices drawn in", description="The plane in which you drew the object."
    )
    largest_gap: int = Field(
        default=20, ge=1, le=100_000, title="Widest gap", json_schema_extra=field_extra("slices"),
        description="Wider gaps stay empty. Every fifth to tenth slice drawn is enough for most objects.",
    )  # fmt: skip


def _changes(scene: Scene, parameters: InterpolateParameters) -> Iterator[Change]:
    """Slice by slice, onto empty places only; where two objects claim a pixel, the one that reaches deeper has it.

    Raises:
        UserError: If an object is too large for this.
    """
    plane = Plane(parameters.plane)
    rows, columns = _picture_axes(plane)
    size = scene.voxel_size.zyx
    spacing = size[rows], size[columns]
    waiting = sorted(_wanted(scene, plane, parameters.largest_gap), key=lambda found: found[1].depth, reverse=True)
    total = len(waiting)
    active: list[tuple[int, Between]] = []
    for depth in range(scene.labels.shape[plane.depth_axis] if waiting else 0):
        while waiting and waiting[-1][1].depth < depth:
            number, first, second = waiting.pop()
            active.append((number, Between(first, second, spacing)))
        active = [(number, between) for number, between in active if depth in between.depths]
        scene.go_on(1 - len(waiting) / total)
        if active:
            yield from _filled(scene, plane, depth, active)


def _wanted(scene: Scene, plane: Plane, largest: int) -> list[tuple[int, Drawn, Drawn]]:
    """Object, the shape before the gap, and the shape behind it."""
    objects = survey(scene, scene.pointed.objects)
    found = []
    for done, (number, one) in enumerate(objects.items()):
        scene.go_on(done / len(objects))
        if one.box.shape[plane.depth_axis] < 3:
            continue
        if one.box.size > MOST_VOXELS:
            raise UserError(
                f"Object {number} spans {one.box.size:,} voxels, which is too much to fill in between.",
                hint="Fill its parts one after the other, each with a number of its own.",
            )
        found += [(number, *pair) for pair in gaps(_drawn(scene, plane, one.box, number), largest)]
    return found


def _drawn(scene: Scene, plane: Plane, box: Region, number: int) -> list[Drawn]:
    """The slices of one object that are not empty."""
    rows, columns = _picture_axes(plane)
    mask = np.moveaxis(scene.labels.read(box) == number, plane.depth_axis, 0)
    shapes = []
    for offset, picture in enumerate(mask):
        if picture.any():
            tight = _tight(picture)
            corner = box.start[rows] + tight[0].start, box.start[columns] + tight[1].start
            shapes.append(Drawn(box.start[plane.depth_axis] + offset, picture[tight].copy(), corner))
    return shapes


def _tight(picture: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The smallest box around what is true."""
    along, across = np.flatnonzero(picture.any(1)), np.flatnonzero(picture.any(0))
    return slice(int(along[0]), int(along[-1]) + 1), slice(int(across[0]), int(across[-1]) + 1)


def _filled(scene: Scene, plane: Plane, depth: int, active: list[tuple[int, Between]]) -> Iterator[Change]:
    """One slice, in the box around all that lies in between there."""
    rows, columns = _picture_axes(plane)
    shapes = [(number, *between.at(depth)) for number, between in active]
    whole = Region.whole(scene.labels.shape)
    start, stop = [0, 0, 0], [0, 0, 0]
    start[plane.depth_axis], stop[plane.depth_axis] = depth, depth + 1
    for index, axis in enumerate((rows, columns)):
        start[axis] = min(corner[index] for _, corner, _ in shapes)
        stop[axis] = max(corner[index] + deep.shape[index] for _, corner, deep in shapes)
    box = Region((start[0], start[1], start[2]), (stop[0], stop[1], stop[2])).intersect(whole)
    if box.empty:
        return
    before = scene.labels.read(box)
    drawn = np.moveaxis(
        _deepest(shapes, (start[rows], start[columns]), (stop[rows], stop[columns]))[None], 0, plane.depth_axis
    )
    inside = tuple(slice(a - o, b - o) for a, b, o in zip(box.start, box.stop, start, strict=True))
    after = np.where(before == 0, drawn[inside], before)
    if (after != before).any():
        yield Change.between(box, before, after)


def _deepest(
    shapes: list[tuple[int, tuple[int, int], NDArray[np.float32]]], low: tuple[int, int], high: tuple[int, int]
) -> NDArray[np.uint32]:
    """The picture of a slice: each pixel gets the object that it lies deepest in."""
    size = high[0] - low[0], high[1] - low[1]
    best, out = np.zeros(size, np.float32), np.zeros(size, np.uint32)
    for number, corner, deep in shapes:
        place = tuple(slice(c - o, c - o + n) for c, o, n in zip(corner, low, deep.shape, strict=True))
        better = deep > best[place]
        best[place][better] = deep[better]
        out[place][better] = number
    return out


def _picture_axes(plane: Plane) -> tuple[int, int]:
    """The two axes of (z, y, x) in a slice, in their order."""
    first, second = (axis for axis in range(3) if axis != plane.depth_axis)
    return first, second


def _in_this_plane(scene: Scene) -> InterpolateParameters:
    return InterpolateParameters(plane=scene.pointed.places[0].plane.value)


INTERPOLATE = Operation(
    "interpolate",
    "Fill between slices",
    "mdi6.layers-triple-outline",
    "Draw an object in every fifth slice or so; the slices in between are filled by its shape. What is labelled "
    "already stays.",
    (Target.OBJECT, Target.NOTHING),
    InterpolateParameters,
    _changes,
    (
        Offer(
            "label.interpolate", "Fill between drawn slices", "Fill objects in between the slices you drew them in.",
            "I", kinds=("objects", "classes"), parameters=_in_this_plane, button=True,
        ),
    ),
    kinds=("objects", "classes"),
    in_flat_images=False,
    in_slices=False,
    nothing="There is no gap to fill: draw the same object in two slices, with at most 20 slices in between.",
)  # fmt: skip
