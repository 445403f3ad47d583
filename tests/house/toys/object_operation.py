"""Brighten up: keeps objects that are brighter than a limit. All that an object operation needs, in one file."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pydantic import Field

from desktop_app.core.config.base import Parameters
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region
from desktop_app.objects.operations import Change, Offer, Operation, Scene, Target


class DimParameters(Parameters):
    """Which objects are dim."""

    limit: float = Field(default=100.0, ge=0, title="Limit", description="Grey value; dimmer voxels go.")


def _changes(scene: Scene, parameters: DimParameters) -> Iterator[Change]:
    """Slab by slab; in the region drawn, if there is one.

    Raises:
        UserError: If there is no image.
    """
    if scene.image is None:
        raise UserError("This looks at an image.", hint="Name it: --image FILE.")
    for slab, _ in scene.slabs():
        box = slab if scene.pointed.region is None else slab.intersect(scene.pointed.region)
        yield _dimmed(scene, box, parameters.limit)


def _dimmed(scene: Scene, box: Region, limit: float) -> Change:
    assert scene.image is not None
    before = scene.labels.read(box)
    wanted = np.isin(before, scene.pointed.objects) if scene.pointed.objects else before > 0
    dim = wanted & (scene.image.read(box) < limit)
    return Change.between(box, before, np.where(dim, np.uint32(0), before))


DIM = Operation(
    "dim",
    "Remove dim voxels",
    "mdi6.brightness-6",
    "Removes voxels of objects where the image is dim.",
    (Target.NOTHING, Target.OBJECT),
    DimParameters,
    _changes,
    (Offer("object.dim", "Remove dim voxels…", key="Ctrl+Shift+D"),),
)
