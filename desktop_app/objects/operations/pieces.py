"""Objects in several pieces: keep the largest, or give each piece its own number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.errors import UserError
from desktop_app.objects.components import connected_objects
from desktop_app.objects.operations.base import Change, Offer, Operation, Scene, Target, always
from desktop_app.objects.operations.survey import survey

# Pieces are looked for in the box of an object, with some 20 bytes a voxel: about 2.5 GB at most.
MOST_VOXELS = 128_000_000


class PiecesParameters(Parameters):
    """What becomes of all pieces but the largest."""

    others: Literal["number", "remove"] = Field(
        default="number",
        title="Smaller pieces",
        description="Number: each becomes an object of its own. Remove: only the largest piece stays.",
        json_schema_extra=field_extra(titles={"number": "Become objects of their own", "remove": "Are removed"}),
    )


def _changes(scene: Scene, parameters: PiecesParameters) -> Iterator[Change]:
    """Object by object, each in its own box; voxels that touch by a face, an edge or a corner hang together.

    Raises:
        UserError: If an object is too large for this.
    """
    objects = survey(scene, scene.pointed.objects)
    free = scene.free_numbers(objects)
    for done, (number, found) in enumerate(objects.items()):
        scene.go_on(done / len(objects))
        if found.voxels == found.box.size:
            continue
        if found.box.size > MOST_VOXELS:
            raise UserError(
                f"Object {number} spans {found.box.size:,} voxels, which is too much to look for its pieces.",
                hint="Point at a piece and delete it instead.",
            )
        before = scene.labels.read(found.box)
        pieces = connected_objects(before == number, connectivity=26)
        sizes = np.bincount(pieces.reshape(-1))
        if sizes.size <= 2:
            continue
        numbers = np.zeros(sizes.size, np.uint32)
        others = np.setdiff1d(np.arange(1, sizes.size), [1 + int(sizes[1:].argmax())])
        numbers[1:] = number
        new, left = free.take(others.size)
        if parameters.others != "remove":
            numbers[others], free = new, left
        else:
            numbers[others] = 0
        yield Change.between(found.box, before, np.where(pieces > 0, numbers[pieces], before))


PIECES = Operation(
    "pieces",
    "Separate pieces",
    "mdi6.set-split",
    "Objects in several pieces: each piece gets a number of its own, or only the largest stays.",
    (Target.OBJECT, Target.NOTHING),
    PiecesParameters,
    _changes,
    (
        Offer(
            "object.separate", "Make pieces objects", "Give each piece of an object its own number.",
            parameters=always(PiecesParameters(others="number")),
        ),
        Offer(
            "object.keep_largest", "Keep the largest piece", "Remove all pieces of an object but the largest.",
            icon="mdi6.circle-multiple-outline", parameters=always(PiecesParameters(others="remove")),
        ),
    ),
    nothing="Every object is in one piece.",
)  # fmt: skip
