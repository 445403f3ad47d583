"""Delete objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydantic import Field

from desktop_app.core.config.base import Parameters
from desktop_app.core.labelling.tools import ToolPoint
from desktop_app.core.labelling.tools.fill import area_2d, area_3d
from desktop_app.objects.operations.base import (
    Change,
    Offer,
    Operation,
    Scene,
    Target,
    always,
    place_on,
    pointed_object,
)


class DeleteParameters(Parameters):
    """What goes with the object."""

    extent: Literal["object", "piece", "slice"] = Field(
        default="object",
        title="What goes",
        description="object: every voxel with its number. piece: what hangs together with the voxel pointed at. "
        "slice: the same in one slice.",
    )


def _changes(scene: Scene, parameters: DeleteParameters) -> Iterator[Change]:
    if parameters.extent != "object":
        yield _piece(scene, parameters)
        return
    for region, labels in scene.slabs_of(scene.pointed.objects):
        gone = np.isin(labels, scene.pointed.objects)
        if gone.any():
            yield Change.between(region, labels, np.where(gone, np.uint32(0), labels))


def _piece(scene: Scene, parameters: DeleteParameters) -> Change:
    """What hangs together with the voxel pointed at, over faces or, in a slice, over edges.

    Raises:
        UserError: If nothing was pointed at, or not at the object, or the piece is too large for one step.
    """
    label = pointed_object(scene)
    place = place_on(scene, label, "Delete whole objects: --set extent=object.")
    if parameters.extent == "piece":
        region, mask = area_3d(scene.labels, place.voxel, label)
    else:
        row, column, depth = place.plane.from_voxel(place.voxel)
        region, mask = area_2d(scene.labels, ToolPoint(place.plane, depth, row, column), label)
    before = scene.labels.read(region)
    return Change.between(region, before, np.where(mask, np.uint32(0), before))


DELETE = Operation(
    "delete",
    "Delete",
    "mdi6.trash-can-outline",
    "Removes objects.",
    (Target.OBJECT,),
    DeleteParameters,
    _changes,
    (
        Offer(
            "object.delete", "Delete this object", row_key="Del",
            parameters=always(DeleteParameters(extent="object")),
        ),
        Offer(
            "object.delete_piece", "Delete this piece", kinds=("objects", "classes"),
            parameters=always(DeleteParameters(extent="piece")), at_once=True, at_place=True,
        ),
        Offer(
            "object.delete_in_slice", "Delete this piece in this slice", kinds=("objects", "classes"),
            parameters=always(DeleteParameters(extent="slice")), at_once=True, at_place=True,
        ),
    ),
    kinds=("objects", "classes"),
)  # fmt: skip
