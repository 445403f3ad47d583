"""Split objects that have grown together, at their waists."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.errors import UserError
from desktop_app.core.labelling.free_numbers import FreeNumbers
from desktop_app.objects.operations.base import Change, Offer, Operation, Scene, Target
from desktop_app.objects.operations.survey import survey
from desktop_app.objects.parting import NeckParameters, part_at_necks

# An object is split in its own box, with some 40 bytes a voxel: about 2.5 GB at most; slices that are filled in count.
MOST_VOXELS = 64_000_000
_LEAST = 0.44
"""Of the smoothing: how much thinner, in radius, a neck must be. By default 0.9 px: of 302 pairs of touching embryo
nuclei 180 come apart rightly, and of 268 single ones 258 stay whole (tests/benchmarks/bench_split)."""


class SplitParameters(Parameters):
    """What counts as a neck of an object; each part between necks becomes an object."""

    seed_threshold: float = Field(
        default=0.6, ge=0.05, le=0.95, title="Widest neck", json_schema_extra=field_extra(step=0.05),
        description="How wide a neck may be beside the thinner part, 1 being as wide. Raise it if objects stay "
        "together, lower it if single ones are cut in pieces.",
    )  # fmt: skip
    seed_distance: float = Field(
        default=2.0, ge=0, le=100, title="Parts apart by", json_schema_extra=field_extra("px", step=0.5),
        description="Parts whose middles are nearer than this stay one. Raise it if single objects are cut in two.",
    )  # fmt: skip
    smoothing: float = Field(
        default=2.0, ge=0, le=10, title="Depth of a neck", json_schema_extra=field_extra("px", step=0.5),
        description="A neck is thinner than both parts by two fifths of this, in radius. Raise it if single objects "
        "are cut in pieces, lower it if touching ones stay together.",
    )  # fmt: skip


def _changes(scene: Scene, parameters: SplitParameters) -> Iterator[Change]:
    """Object by object, each in its own box.

    Raises:
        UserError: If an object is too large for this.
    """
    size = scene.voxel_size
    # A depth is the third power of a share of the radius (``objects.depth``).
    widest, least = parameters.seed_threshold ** (1 / 3), _LEAST * parameters.smoothing
    necks = NeckParameters(widest, least, parameters.seed_distance, (size.z, size.y, size.x))
    filled = max(1, round(size.z / min(size.y, size.x)))
    objects = survey(scene, scene.pointed.objects)
    free = scene.free_numbers(objects)
    for done, (number, found) in enumerate(objects.items()):
        scene.go_on(done / len(objects))
        if found.box.size * filled > MOST_VOXELS:
            raise UserError(
                f"Object {number} spans {found.box.size:,} voxels, which is too much to split.",
                hint="Cut it roughly with the eraser first.",
            )
        box = found.box.expand(1, scene.labels.shape)
        before = scene.labels.read(box)
        after, free = _split(before, number, free, necks)
        if (after != before).any():
            yield Change.between(box, before, after)


def _split(
    labels: NDArray[np.uint32], number: int, free: FreeNumbers, necks: NeckParameters
) -> tuple[NDArray[np.uint32], FreeNumbers]:
    """One object in ``labels`` (Z, Y, X) split, and the numbers that are free then.

    The largest part keeps its number.
    """
    mask = labels == number
    parts = part_at_necks(mask, necks)
    sizes = np.bincount(parts[mask])
    others = [part for part in np.flatnonzero(sizes).tolist() if part != 0]
    if len(others) < 2:
        return labels, free
    others.remove(max(others, key=lambda part: (sizes[part], -part)))
    numbers = np.full(sizes.size, number, np.uint32)
    numbers[others], left = free.take(len(others))
    return np.where(mask, numbers[parts], labels), left


SPLIT = Operation(
    "split",
    "Split",
    "mdi6.call-split",
    "Cuts objects that have grown together at their waists; the largest part keeps the number.",
    (Target.OBJECT, Target.NOTHING),
    SplitParameters,
    _changes,
    (Offer("object.split", "Split…", "Cut objects that have grown together at their waists."),),
)
