"""Remove objects by size."""

from __future__ import annotations

from collections.abc import Iterator

import fastremap
from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.objects.operations.base import Change, Offer, Operation, Scene, Target
from desktop_app.objects.operations.survey import survey


class SizeParameters(Parameters):
    """Between which sizes objects stay."""

    min_size: int = Field(
        default=20, ge=0, le=10**9, title="Smallest object", json_schema_extra=field_extra("voxels", box="volume"),
        description="Smaller objects are removed. About a quarter of the smallest real object works well.",
    )  # fmt: skip
    max_size: int = Field(
        default=0, ge=0, le=10**12, title="Largest object", json_schema_extra=field_extra("voxels"),
        description="Larger objects are removed; 0 keeps all.",
    )  # fmt: skip


def _changes(scene: Scene, parameters: SizeParameters) -> Iterator[Change]:
    """Two passes: count, then remove."""
    low, high = parameters.min_size, parameters.max_size
    sizes = {number: found.voxels for number, found in survey(scene, scene.pointed.objects).items()}
    wrong = [number for number, voxels in sizes.items() if voxels < low or (high and voxels > high)]
    for region, labels in scene.slabs_of(wrong):
        kept = fastremap.mask(labels, wrong)
        if (kept != labels).any():
            yield Change.between(region, labels, kept)


SIZE_FILTER = Operation(
    "size-filter",
    "Remove by size",
    "mdi6.filter-outline",
    "Removes objects that are too small or too large.",
    (Target.NOTHING, Target.OBJECT),
    SizeParameters,
    _changes,
    (Offer("object.size_filter", "Remove by size…", "Remove objects that are too small or too large."),),
)
