"""Numbers of objects: one object gets another number, or all are numbered anew."""

from __future__ import annotations

from collections.abc import Iterator

import fastremap
import numpy as np
from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.errors import UserError
from desktop_app.core.labelling.free_numbers import FreeNumbers
from desktop_app.objects.operations.base import Change, Offer, Operation, Scene, Target, always, pointed_object
from desktop_app.objects.operations.survey import survey


class NumberParameters(Parameters):
    """The new number."""

    number: int = Field(
        default=0, ge=0, le=2**32 - 1, title="New number", json_schema_extra=field_extra(zero="the next free one"),
        description="Must not belong to another object; use Merge to join two objects.",
    )  # fmt: skip


class RenumberParameters(Parameters):
    """Nothing can be set."""


def _number_changes(scene: Scene, parameters: NumberParameters) -> Iterator[Change]:
    """Some slices at a time.

    Raises:
        UserError: If another object has the number.
    """
    old = pointed_object(scene)
    objects = survey(scene)
    new = parameters.number or scene.free_numbers(objects).next
    if new in objects and new != old:
        raise UserError(f"Object {new} exists already.", hint="Choose another number, or merge the two.")
    for region, labels in scene.slabs_of((old,)):
        mask = labels == old
        if new != old and mask.any():
            yield Change.between(region, labels, np.where(mask, np.uint32(new), labels))


def _renumber_changes(scene: Scene, parameters: RenumberParameters) -> Iterator[Change]:
    """1, 2, 3, … in the order of the numbers now; some slices at a time."""
    del parameters
    objects, background = survey(scene), scene.free_numbers().background
    new, _ = FreeNumbers(1, background, (background or 0) + 1).take(len(objects))
    numbers = dict(zip(objects, new.tolist(), strict=True))
    if all(old == new for old, new in numbers.items()):
        return
    for region, labels in scene.slabs():
        after = fastremap.remap(labels, {0: 0, **numbers}, preserve_missing_labels=True)
        if (after != labels).any():
            yield Change.between(region, labels, np.asarray(after, np.uint32))


NUMBER = Operation(
    "change-number",
    "Change number",
    "mdi6.numeric",
    "Gives an object another number.",
    (Target.OBJECT,),
    NumberParameters,
    _number_changes,
    (Offer("object.number", "Change number…"),),
    nothing="The object has that number.",
    many=False,
    in_slices=False,
)

RENUMBER = Operation(
    "renumber",
    "Renumber",
    "mdi6.format-list-numbered",
    "Numbers all objects 1, 2, 3, … without gaps, in their order.",
    (Target.NOTHING,),
    RenumberParameters,
    _renumber_changes,
    (
        Offer(
            "object.renumber",
            "Renumber all",
            "Number all objects 1, 2, 3, … without gaps.",
            parameters=always(RenumberParameters()),
        ),
    ),
    nothing="The numbers have no gaps.",
)
