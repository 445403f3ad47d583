"""Cut objects along a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray
from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region
from desktop_app.core.labelling.free_numbers import FreeNumbers
from desktop_app.objects.components import connected_objects
from desktop_app.objects.operations.base import Change, Offer, Operation, Place, Scene, Target, always, voxels_along
from desktop_app.objects.operations.survey import survey

# An object is cut in its own box, with some 40 bytes a voxel: about 2.5 GB at most.
MOST_VOXELS = 64_000_000
# Pixels nearer to the line than this belong to it while the sides are told apart: no step over faces passes it.
_HALF_WIDTH = 1.0


class CutParameters(Parameters):
    """How deep the cut goes."""

    extent: Literal["volume", "slice"] = Field(
        default="volume",
        title="How deep",
        description="Through the whole object, as a knife held across the slices; or in the slice that is shown.",
        json_schema_extra=field_extra(volume=True, titles={"volume": "The whole object", "slice": "This slice only"}),
    )


def _changes(scene: Scene, parameters: CutParameters) -> Iterator[Change]:
    """Each object that lies under the line; the largest part keeps its number.

    Raises:
        UserError: If no line was drawn, or an object is too large for this.
    """
    if len(scene.pointed.places) != 2:
        raise UserError("This needs a line over an object.", hint="Draw it in the window.")
    first, second = scene.pointed.places
    plane, shape = first.plane, scene.labels.shape
    crossed = tuple(_crossed(scene, first, second))
    if not crossed:
        return
    if parameters.extent == "slice":
        boxes = {number: plane.slab(shape, first.depth) for number in crossed}
    else:
        boxes = {number: found.box.expand(1, shape) for number, found in survey(scene, crossed).items()}
    free = scene.free_numbers()
    for number, box in boxes.items():
        if box.size > MOST_VOXELS:
            raise UserError(
                f"Object {number} spans {box.size:,} voxels, which is too much to cut.", hint="Cut it slice by slice."
            )
        before = scene.labels.read(box)
        after, free = _cut(before, number, _wall(box, first, second), free)
        if (after != before).any():
            yield Change.between(box, before, after)


def _crossed(scene: Scene, first: Place, second: Place) -> list[int]:
    """The objects under the line, in ascending order."""
    plane = first.plane
    picture = scene.labels.read(plane.slab(scene.labels.shape, first.depth))
    met = picture[tuple(voxels_along(first, second, scene.labels.shape).T)]
    return [number for number in np.unique(met).tolist() if number]


def _wall(box: Region, first: Place, second: Place) -> NDArray[np.bool_]:
    """The voxels of a box on the line, which stands across the slices like a wall."""
    axes = [axis for axis in range(3) if axis != first.plane.depth_axis]
    start, end = (np.array([place.voxel[axis] for axis in axes], float) for place in (first, second))
    grid = np.ogrid[tuple(slice(box.start[axis], box.stop[axis]) for axis in axes)]
    along = end - start
    length = float(along @ along)
    if length == 0:
        return np.zeros(box.shape, bool)
    share = sum((g - s) * d for g, s, d in zip(grid, start, along, strict=True)) / length
    squares = sum((g - s - share * d) ** 2 for g, s, d in zip(grid, start, along, strict=True))
    wall = (np.asarray(squares) <= _HALF_WIDTH**2) & (share >= 0) & (share <= 1)
    picture = np.expand_dims(wall, first.plane.depth_axis)
    return np.asarray(np.broadcast_to(picture, box.shape))


def _cut(
    labels: NDArray[np.uint32], number: int, wall: NDArray[np.bool_], free: FreeNumbers
) -> tuple[NDArray[np.uint32], FreeNumbers]:
    """One object in ``labels`` (Z, Y, X) parted by a wall, and the numbers that are free then.

    Only what the wall touches gets another number; other pieces of the object stay with it.
    """
    mask = labels == number
    parts = connected_objects(mask & ~wall, connectivity=6)
    touching = np.unique(parts[scipy.ndimage.binary_dilation(wall & mask)])
    touching = touching[touching > 0]
    if touching.size < 2:
        return labels, free
    sizes = np.bincount(parts.reshape(-1))
    others = np.delete(touching, int(sizes[touching].argmax()))
    numbers = np.full(sizes.size, number, np.uint32)
    numbers[others], left = free.take(others.size)
    nearest = scipy.ndimage.distance_transform_edt(
        ~np.isin(parts, touching), return_distances=False, return_indices=True
    )
    sides = np.where(wall & mask, parts[tuple(nearest)], parts)
    return np.where(mask, numbers[sides], labels), left


CUT = Operation(
    "cut-line",
    "Cut along a line",
    "mdi6.content-cut",
    "Draw a line right across an object: it falls into two, and the larger part keeps the number.",
    (Target.LINE,),
    CutParameters,
    _changes,
    (
        Offer(
            "object.cut", "Cut along a line", "Draw a line across an object: it is cut through all its slices.", "C",
            parameters=always(CutParameters(extent="volume")), button=True,
        ),
        Offer(
            "object.cut_in_slice", "Cut along a line in this slice", "Draw a line across an object in this slice.",
            parameters=always(CutParameters(extent="slice")), at_once=True,
        ),
    ),
    nothing="The line must run right across an object, from one side to the other.",
)  # fmt: skip
