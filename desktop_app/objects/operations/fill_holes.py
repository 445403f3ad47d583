"""Close the holes of objects."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from desktop_app.core.config.base import Parameters
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region
from desktop_app.objects.filters import fill_holes
from desktop_app.objects.operations.base import Change, Offer, Operation, Scene, Target
from desktop_app.objects.operations.survey import survey

# An object is filled in its own box, with some 20 bytes a voxel: about 2.5 GB at most.
MOST_VOXELS = 128_000_000


class HolesParameters(Parameters):
    """Nothing can be set."""


def _changes(scene: Scene, parameters: HolesParameters) -> Iterator[Change]:
    """Object by object.

    A hole lies inside the box of its object. With a margin of one voxel it does not touch the border of the box,
    except where it touches the border of the volume, and then it is none.

    Raises:
        UserError: If an object is too large for this.
    """
    del parameters
    objects = survey(scene, scene.pointed.objects)
    for done, (number, found) in enumerate(objects.items()):
        scene.go_on(done / len(objects))
        if found.voxels == found.box.size:
            continue
        box = found.box.expand(1, scene.labels.shape)
        if box.size > MOST_VOXELS:
            raise UserError(
                f"Object {number} spans {box.size:,} voxels, which is too much to look for holes in.",
                hint="Fill holes while the labels are made: set “Fill holes” for the model.",
            )
        yield from _filled(scene, box, number)


def _filled(scene: Scene, box: Region, number: int) -> Iterator[Change]:
    before = scene.labels.read(box)
    filled = fill_holes(before)
    after = np.where(filled == number, filled, before)
    if (after != before).any():
        yield Change.between(box, before, after)


FILL_HOLES = Operation(
    "fill-holes",
    "Fill holes",
    "mdi6.circle-slice-8",
    "Closes holes that lie wholly inside one object.",
    (Target.NOTHING, Target.OBJECT),
    HolesParameters,
    _changes,
    (
        Offer(
            "object.fill_holes",
            "Fill holes…",
            "Close holes that lie wholly inside one object.",
        ),
    ),
)
