"""Overlap of the middle lines of thin structures."""

from __future__ import annotations

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.losses.base import LossInfo


class ClDiceParameters(Parameters):
    """How much the middle lines count, and how thick a structure may be."""

    line_weight: float = Field(
        default=0.5,
        ge=0,
        le=1,
        title="Weight of the middle lines",
        json_schema_extra=field_extra(advanced=True, step=0.1),
        description="0.5 as published; 0 is the Dice loss.",
    )
    thickness: int = Field(
        default=3,
        ge=1,
        le=20,
        title="Half thickness",
        json_schema_extra=field_extra("px", advanced=True),
        description="Half the thickness of the thickest structure; 3 to 10. Each pixel costs time.",
    )


CL_DICE = LossInfo(
    "cl_dice",
    "Middle lines",
    "clDice: keeps axons, vessels and filaments in one piece.",
    ClDiceParameters,
    recipes=("semantic",),
)
