"""Error of the voxels that are hard."""

from __future__ import annotations

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.losses.base import LossInfo


class FocalParameters(Parameters):
    """How much easy voxels are left out of account."""

    gamma: float = Field(
        default=2.0,
        ge=0,
        le=5,
        title="Focus",
        json_schema_extra=field_extra(advanced=True, step=0.5),
        description="2 as published; higher leaves voxels that are already right more out of account.",
    )
    balance: float = Field(
        default=0.0,
        ge=0,
        le=1,
        title="Weight of rare classes",
        json_schema_extra=field_extra(advanced=True, step=0.1),
        description="0 counts all voxels alike; 0.5 helps classes below a tenth of the image, 1 makes all equal.",
    )


FOCAL = LossInfo(
    "focal",
    "Hard voxels",
    "Focal loss: for small objects in much background.",
    FocalParameters,
    recipes=("semantic",),
)
