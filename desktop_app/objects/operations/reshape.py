"""Grow, shrink, smooth or round off objects."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray
from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Plane
from desktop_app.core.imaging.region import Mask
from desktop_app.objects.morphology import APART, SHAPES, Shape, Spacing
from desktop_app.objects.operations.base import Change, Offer, Operation, Scene, Target
from desktop_app.objects.operations.survey import survey

# An object is reshaped in its own box, with some 40 bytes a voxel: about 2.5 GB at most.
MOST_VOXELS = 64_000_000


class ReshapeParameters(Parameters):
    """What is done, and how far."""

    how: Shape = Field(
        default="smooth",
        title="What to do",
        description="Smooth evens out the edge. Open takes away thin bridges and spikes, close bridges narrow gaps. "
        "Hull is the smallest shape without dents around the object.",
        json_schema_extra=field_extra(
            titles={
                "grow": "Grow", "shrink": "Shrink", "open": "Open", "close": "Close", "smooth": "Smooth",
                "hull": "Convex hull",
            }
        ),
    )  # fmt: skip
    radius: float = Field(
        default=2.0, gt=0, le=1000, title="By how much", json_schema_extra=field_extra(step=0.5),
        description="1 to 3 pixels for most objects; a tenth of their width at most. The hull does not need it.",
    )  # fmt: skip
    unit: Literal["px", "um"] = Field(
        default="px", title="Counted in", json_schema_extra=field_extra(titles={"px": "pixels", "um": "µm"}),
        description="Pixels along x; other directions follow the voxel size.",
    )  # fmt: skip
    extent: Literal["volume", "xy", "xz", "yz"] = Field(
        default="volume", title="Where",
        json_schema_extra=field_extra(
            volume=True,
            titles={"volume": "in 3D", "xy": "in each xy slice", "xz": "in each xz slice", "yz": "in each yz slice"},
        ),
        description="In 3D for most volumes; slice by slice where slices lie much further apart than pixels.",
    )  # fmt: skip


def _changes(scene: Scene, parameters: ReshapeParameters) -> Iterator[Change]:
    """All is worked out before anything changes, so that no object takes what another one has just given up."""
    yield from list(_worked_out(scene, parameters))


def _worked_out(scene: Scene, parameters: ReshapeParameters) -> Iterator[Change]:
    """Object by object, onto empty places only; an object that would vanish stays as it is.

    Raises:
        UserError: If an object is too large for this, or micrometres are asked for where the voxel size is unknown.
    """
    radius, spacing = _lengths(scene, parameters)
    z, y, x = (min(math.ceil(2 * radius / step) + 1, n) for step, n in zip(spacing, scene.labels.shape, strict=True))
    objects = survey(scene, scene.pointed.objects)
    for done, (number, found) in enumerate(objects.items()):
        scene.go_on(done / len(objects))
        box = found.box.expand((z, y, x), scene.labels.shape)
        if box.size > MOST_VOXELS:
            raise UserError(
                f"Object {number} spans {box.size:,} voxels, which is too much to change its shape.",
                hint="Use a smaller distance, or work slice by slice.",
            )
        before = scene.labels.read(box)
        mask = before == number
        shape = SHAPES[parameters.how](mask, radius, spacing)
        if parameters.how == "grow" and not scene.pointed.objects:
            shape &= mask | _nearest(mask, before, spacing)
        shape &= mask | (before == 0)
        if shape.any() and (shape != mask).any():
            after = np.where(shape, np.uint32(number), np.where(mask, np.uint32(0), before))
            yield Change.between(box, before, after)


def _lengths(scene: Scene, parameters: ReshapeParameters) -> tuple[float, Spacing]:
    """Radius and voxel edges in one unit; other slices are out of reach where each is treated for itself."""
    size = scene.voxel_size
    if parameters.unit == "um" and not size.known:
        raise UserError(
            "The voxel size of this image is not known, so micrometres mean nothing.",
            hint="Count in pixels, or state the voxel size first.",
        )
    size = size.converted("µm")
    spacing = list(size.zyx)
    if parameters.extent != "volume":
        spacing[Plane(parameters.extent).depth_axis] = APART
    elif scene.labels.shape[0] == 1:
        spacing[0] = APART
    radius = parameters.radius if parameters.unit == "um" else parameters.radius * size.x
    return radius, (spacing[0], spacing[1], spacing[2])


def _nearest(mask: Mask, labels: NDArray[np.uint32], spacing: Spacing) -> Mask:
    """Where no other object is nearer than that of ``mask``; all objects grow, and meet half way."""
    others = (labels != 0) & ~mask
    if not others.any():
        return np.ones_like(mask)
    own, theirs = (scipy.ndimage.distance_transform_edt(~one, sampling=spacing) for one in (mask, others))
    return np.asarray(own <= theirs)


RESHAPE = Operation(
    "reshape",
    "Change shape",
    "mdi6.vector-circle-variant",
    "Grows, shrinks, opens, closes or smooths objects, or fills their dents. Other objects are never painted over, "
    "and no object vanishes.",
    (Target.OBJECT, Target.NOTHING),
    ReshapeParameters,
    _changes,
    (Offer("object.reshape", "Grow, shrink or smooth…", "Change the shape of objects, in 3D or slice by slice."),),
    nothing="The shape stays as it is; objects that would vanish are left alone.",
)
