"""Remove the objects that the border of the image cuts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import fastremap
import numpy as np
from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.imaging import Plane
from desktop_app.objects.operations.base import Change, Offer, Operation, Scene, Target


class BorderParameters(Parameters):
    """Which border."""

    border: Literal["sides", "all"] = Field(
        default="sides",
        title="Border",
        description="Sides: left, right, top and bottom of the picture. All: first and last slice, too.",
        json_schema_extra=field_extra(
            volume=True, titles={"sides": "The four sides", "all": "All, with first and last slice"}
        ),
    )


def _changes(scene: Scene, parameters: BorderParameters) -> Iterator[Change]:
    """The faces are read first, then some slices at a time."""
    shape = scene.labels.shape
    planes = [Plane.XZ, Plane.YZ] + ([Plane.XY] if parameters.border == "all" and shape[0] > 1 else [])
    cut: set[int] = set()
    for plane in planes:
        for depth in (0, shape[plane.depth_axis] - 1):
            cut.update(fastremap.unique(scene.labels.read(plane.slab(shape, depth))).tolist())
    wrong = sorted(cut - {0} if not scene.pointed.objects else cut & set(scene.pointed.objects))
    for region, labels in scene.slabs_of(wrong):
        kept = fastremap.mask(labels, wrong)
        if (kept != labels).any():
            yield Change.between(region, labels, np.asarray(kept, np.uint32))


BORDER = Operation(
    "clear-border",
    "Remove at the border",
    "mdi6.border-outside",
    "Removes objects that touch the border of the image, which are cut there and would be measured wrongly.",
    (Target.NOTHING, Target.OBJECT),
    BorderParameters,
    _changes,
    (Offer("object.border", "Remove at the border…", "Remove objects that the border of the image cuts."),),
    nothing="No object touches the border.",
)
