"""Overlap in which misses and false finds count differently."""

from __future__ import annotations

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.losses.base import LossInfo


class TverskyParameters(Parameters):
    """What an error costs."""

    false_finds: float = Field(
        default=0.3,
        ge=0,
        le=1,
        title="Cost of false finds",
        json_schema_extra=field_extra(advanced=True, step=0.1),
        description="0.3 finds more; 0.7 finds less but surer. 0.5 and 0.5 is the Dice loss.",
    )
    misses: float = Field(
        default=0.7,
        ge=0,
        le=1,
        title="Cost of misses",
        json_schema_extra=field_extra(advanced=True, step=0.1),
        description="0.7 finds more; raise it if objects are missed.",
    )


TVERSKY = LossInfo(
    "tversky",
    "Overlap, misses weighted",
    "Tversky loss: choose what is worse, missing something or finding too much.",
    TverskyParameters,
    recipes=("semantic",),
)
