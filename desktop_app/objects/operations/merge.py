"""Make several objects one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from desktop_app.core.config.base import Parameters
from desktop_app.core.errors import UserError
from desktop_app.objects.operations.base import Change, Offer, Operation, Scene, Target, always, voxels_along


class MergeParameters(Parameters):
    """Nothing can be set."""


def _changes(scene: Scene, parameters: MergeParameters) -> Iterator[Change]:
    """Some slices at a time; the first object keeps its number.

    Raises:
        UserError: If there are no two objects.
    """
    del parameters
    objects = scene.pointed.objects or _under_line(scene)
    if len(set(objects)) < 2 or 0 in objects:
        raise UserError("This needs two objects.", hint="Point at both, or name them: --object 17 --object 23.")
    kept, *others = objects
    for region, labels in scene.slabs_of(others):
        mask = np.isin(labels, others)
        if mask.any():
            yield Change.between(region, labels, np.where(mask, np.uint32(kept), labels))


def _under_line(scene: Scene) -> tuple[int, ...]:
    """The objects under a line, in the order in which it meets them."""
    if len(scene.pointed.places) != 2:
        return ()
    first, second = scene.pointed.places
    picture = scene.labels.read(first.plane.slab(scene.labels.shape, first.depth))
    met = picture[tuple(voxels_along(first, second, scene.labels.shape).T)].tolist()
    return tuple(number for number in dict.fromkeys(met) if number)


MERGE = Operation(
    "merge",
    "Merge",
    "mdi6.call-merge",
    "Makes two objects or more one, which keeps the number of the first.",
    (Target.TWO_OBJECTS, Target.LINE),
    MergeParameters,
    _changes,
    (
        Offer(
            "object.merge", "Merge into the chosen object", parameters=always(MergeParameters()),
            by=Target.TWO_OBJECTS,
        ),
        Offer(
            "object.merge_line", "Merge along a line",
            "Draw a line over objects that are one: they become one, with the number of the first.", "Ctrl+Shift+M",
            parameters=always(MergeParameters()), by=Target.LINE, button=True,
        ),
    ),
    nothing="There is no such object.",
)  # fmt: skip
