"""Error of single voxels."""

from __future__ import annotations

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.losses.base import LossInfo


class CrossEntropyParameters(Parameters):
    """How much each class counts."""

    balance: float = Field(
        default=0.0,
        ge=0,
        le=1,
        title="Weight of rare classes",
        json_schema_extra=field_extra(advanced=True, step=0.1),
        description="0 counts all voxels alike; 0.5 helps classes below a tenth of the image, 1 makes all equal.",
    )


CROSS_ENTROPY = LossInfo(
    "cross_entropy",
    "Voxels",
    "Cross-entropy alone: steady, and right where objects fill much of the image.",
    CrossEntropyParameters,
    recipes=("semantic",),
)
