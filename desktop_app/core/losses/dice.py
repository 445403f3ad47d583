"""Overlap alone."""

from __future__ import annotations

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.losses.base import LossInfo


class DiceParameters(Parameters):
    """Whether the background counts as a class."""

    background: bool = Field(
        default=False,
        title="Background counts",
        json_schema_extra=field_extra(advanced=True),
        description="On where the background matters as much as the objects; off for most images.",
    )


DICE = LossInfo(
    "dice",
    "Overlap",
    "Dice loss alone, as CellSeg3D has it: for objects that fill little of the image.",
    DiceParameters,
    recipes=("semantic",),
)
