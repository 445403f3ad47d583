"""Overlap and hard voxels together."""

from __future__ import annotations

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.losses.base import LossInfo
from desktop_app.core.losses.fields import gamma_field


class DiceFocalParameters(Parameters):
    """How much its two parts count, and how much easy voxels are left out of account."""

    dice_weight: float = Field(
        default=0.5,
        ge=0,
        le=10,
        title="Weight of the overlap loss",
        json_schema_extra=field_extra(advanced=True, step=0.1),
        description="0.5 as in CellSeg3D; more if objects come out too small.",
    )
    focal_weight: float = Field(
        default=1.0,
        ge=0,
        le=10,
        title="Weight of the voxel loss",
        json_schema_extra=field_extra(advanced=True, step=0.1),
        description="Leave at 1.",
    )
    gamma: float = gamma_field()


DICE_FOCAL = LossInfo(
    "dice_focal",
    "Overlap and hard voxels",
    "Dice and focal loss together: for small or crowded objects.",
    DiceFocalParameters,
    recipes=("semantic",),
)
