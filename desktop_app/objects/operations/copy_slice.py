"""Copy the labels of one slice onto the empty places of another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydantic import Field

from desktop_app.core.config.base import Parameters
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Plane
from desktop_app.objects.operations.base import Change, Offer, Operation, Scene, Target


class CopyParameters(Parameters):
    """From where to where."""

    plane: Literal["xy", "xz", "yz"] = Field(default="xy", title="Plane", description="Which way slices are cut.")
    source: int = Field(default=0, ge=0, title="From slice", description="Its labels are copied; the first one is 0.")
    target: int = Field(default=1, ge=0, title="Onto slice", description="Its empty places are filled.")


def _changes(scene: Scene, parameters: CopyParameters) -> Iterator[Change]:
    """Two slices are in memory.

    Raises:
        UserError: If one of the slices does not exist.
    """
    plane, shape = Plane(parameters.plane), scene.labels.shape
    slices = shape[plane.depth_axis]
    if max(parameters.source, parameters.target) >= slices:
        raise UserError(f"There are {slices} slices in this plane, from 0 to {slices - 1}.")
    region = plane.slab(shape, parameters.target)
    before, other = scene.labels.read(region), scene.labels.read(plane.slab(shape, parameters.source))
    after = np.where(before == 0, other, before)
    if (after != before).any():
        yield Change.between(region, before, after)


def _from_before(scene: Scene) -> CopyParameters:
    return _neighbour(scene, -1)


def _from_after(scene: Scene) -> CopyParameters:
    return _neighbour(scene, 1)


def _neighbour(scene: Scene, step: int) -> CopyParameters:
    """The shown slice gets the labels of its neighbour; beyond the end of the volume it is its own: nothing to copy."""
    place = scene.pointed.places[0]
    source = place.depth + step
    inside = 0 <= source < scene.labels.shape[place.plane.depth_axis]
    return CopyParameters(plane=place.plane.value, source=source if inside else place.depth, target=place.depth)


COPY_SLICE = Operation(
    "copy-slice",
    "Copy from slice",
    "mdi6.content-copy",
    "Copies the labels of one slice onto the empty places of another.",
    (Target.NOTHING,),
    CopyParameters,
    _changes,
    (
        Offer(
            "label.copy_previous", "Copy from the slice before", "Copy labels onto empty places of this slice.", "T",
            kinds=("objects", "classes"), parameters=_from_before, button=True, at_once=True,
        ),
        Offer(
            "label.copy_next", "Copy from the slice after", "Copy labels onto empty places of this slice.", "Shift+T",
            kinds=("objects", "classes"), parameters=_from_after, at_once=True,
        ),
    ),
    kinds=("objects", "classes"),
    in_flat_images=False,
    in_slices=False,
    nothing="There is nothing to copy onto empty places of this slice.",
)  # fmt: skip
