"""Make several objects one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from desktop_app.core.config.base import Parameters
from desktop_app.core.errors import UserError
from desktop_app.objects.operations.base import Change, Offer, Operation, Scene, Target, always


class MergeParameters(Parameters):
    """Nothing can be set."""


def _changes(scene: Scene, parameters: MergeParameters) -> Iterator[Change]:
    """Some slices at a time; the first object keeps its number.

    Raises:
        UserError: If there are no two objects.
    """
    del parameters
    if len(set(scene.pointed.objects)) < 2 or 0 in scene.pointed.objects:
        raise UserError("This needs two objects.", hint="Point at both, or name them: --object 17 --object 23.")
    kept, *others = scene.pointed.objects
    for region, labels in scene.slabs_of(others):
        mask = np.isin(labels, others)
        if mask.any():
            yield Change.between(region, labels, np.where(mask, np.uint32(kept), labels))


MERGE = Operation(
    "merge",
    "Merge",
    "mdi6.call-merge",
    "Makes two objects or more one, which keeps the number of the first.",
    (Target.TWO_OBJECTS,),
    MergeParameters,
    _changes,
    (Offer("object.merge", "Merge into the chosen object", parameters=always(MergeParameters())),),
    nothing="There is no such object.",
)
