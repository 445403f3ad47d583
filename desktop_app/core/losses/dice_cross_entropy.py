"""Overlap and voxel loss together."""

from __future__ import annotations

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.losses.base import LossInfo


class DiceCrossEntropyParameters(Parameters):
    """How much its two parts count."""

    dice_weight: float = Field(
        default=1.0,
        ge=0,
        le=10,
        title="Weight of the overlap loss",
        json_schema_extra=field_extra(advanced=True),
        description="Dice loss; helps where objects fill little of the image. Leave at 1.",
    )
    cross_entropy_weight: float = Field(
        default=1.0,
        ge=0,
        le=10,
        title="Weight of the voxel loss",
        json_schema_extra=field_extra(advanced=True),
        description="Cross-entropy; steadies learning. Leave at 1.",
    )


DICE_CROSS_ENTROPY = LossInfo(
    "dice_cross_entropy",
    "Overlap and voxels",
    "Dice loss and cross-entropy together: right for most images.",
    DiceCrossEntropyParameters,
    recipes=("semantic",),
)
