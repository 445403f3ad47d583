"""Give painted voxels another class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.labelling.tools import ToolPoint
from desktop_app.core.labelling.tools.fill import area_2d, area_3d
from desktop_app.objects.operations.base import Change, Offer, Operation, Scene, Target, place_on, pointed_object


class SetClassParameters(Parameters):
    """Which class, and how much of it."""

    value: int = Field(
        default=1, ge=1, le=65535, title="New class",
        description="Number of the class, as it stands in the list of classes.",
    )  # fmt: skip
    extent: Literal["piece", "slice", "all"] = Field(
        default="piece", title="What changes",
        description="Piece: what hangs together with the voxel pointed at. Slice: the same in one slice. All: "
        "everything of this class.",
        json_schema_extra=field_extra(
            titles={"piece": "This piece", "slice": "This piece in this slice", "all": "Everything of this class"}
        ),
    )  # fmt: skip


def _changes(scene: Scene, parameters: SetClassParameters) -> Iterator[Change]:
    """A piece at once, a whole class some slices at a time.

    Raises:
        UserError: If a piece is meant and none was pointed at, or it is too large for one step.
    """
    old, new = pointed_object(scene), np.uint32(parameters.value)
    if parameters.extent == "all":
        for region, labels in scene.slabs_of((old,)):
            if old != parameters.value and (labels == old).any():
                yield Change.between(region, labels, np.where(labels == old, new, labels))
        return
    place = place_on(scene, old, "Name a voxel with --at z,y,x, or set extent=all.")
    if parameters.extent == "piece":
        region, mask = area_3d(scene.labels, place.voxel, old)
    else:
        row, column, depth = place.plane.from_voxel(place.voxel)
        region, mask = area_2d(scene.labels, ToolPoint(place.plane, depth, row, column), old)
    before = scene.labels.read(region)
    yield Change.between(region, before, np.where(mask, new, before))


SET_CLASS = Operation(
    "set-class",
    "Change class",
    "mdi6.tag-outline",
    "Gives painted voxels another class: a piece, or everything of a class.",
    (Target.OBJECT,),
    SetClassParameters,
    _changes,
    (Offer("object.set_class", "Change class…", kinds=("classes",), at_place=True),),
    kinds=("classes",),
    nothing="It is of that class.",
    many=False,
    in_slices=False,
)
