"""Error of single voxels, those beside a border most."""

from __future__ import annotations

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.losses.base import LossInfo


class BorderCrossEntropyParameters(Parameters):
    """How much a border counts, and how wide it is."""

    border_weight: float = Field(
        default=5.0,
        ge=0,
        le=50,
        title="Weight of the border",
        json_schema_extra=field_extra(advanced=True, step=1),
        description="How many times more a voxel beside a border counts; 5 to 10 where objects touch.",
    )
    width: int = Field(
        default=2,
        ge=1,
        le=10,
        title="Width of the border",
        json_schema_extra=field_extra("px", advanced=True),
        description="On each side; 1 to 3.",
    )


BORDER_CROSS_ENTROPY = LossInfo(
    "border_cross_entropy",
    "Voxels, borders first",
    "Cross-entropy that looks at borders: for objects that touch.",
    BorderCrossEntropyParameters,
    recipes=("semantic",),
)
