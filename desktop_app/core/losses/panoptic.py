"""The compound loss of panoptic networks."""

from __future__ import annotations

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.losses.base import LossInfo


class PanopticLossParameters(Parameters):
    """How much its four parts count, and which pixels teach the classes."""

    hardest_share: float = Field(
        default=0.2,
        gt=0,
        le=1,
        title="Share of hardest pixels",
        json_schema_extra=field_extra(advanced=True, step=0.05),
        description="Only the pixels with the largest error teach the classes; 0.2 is usual, 1 uses all.",
    )
    semantic_weight: float = Field(
        default=1.0,
        ge=0,
        le=1000,
        title="Weight of the class loss",
        json_schema_extra=field_extra(advanced=True),
        description="Cross-entropy of the classes. Leave at 1.",
    )
    centre_weight: float = Field(
        default=200.0,
        ge=0,
        le=10_000,
        title="Weight of the centre loss",
        json_schema_extra=field_extra(advanced=True),
        description="Squared error of the centres' heatmap. Raise it if touching objects merge.",
    )
    offset_weight: float = Field(
        default=0.01,
        ge=0,
        le=100,
        title="Weight of the offset loss",
        json_schema_extra=field_extra(advanced=True),
        description="Error of the arrows from each pixel to its object's centre. Leave at 0.01.",
    )
    point_weight: float = Field(
        default=1.0,
        ge=0,
        le=1000,
        title="Weight of the boundary loss",
        json_schema_extra=field_extra(advanced=True),
        description="Cross-entropy at uncertain points, mostly outlines. Leave at 1.",
    )


PANOPTIC_LOSS = LossInfo(
    "panoptic",
    "Classes, centres, offsets and outlines",
    "All that a panoptic network learns, in one sum.",
    PanopticLossParameters,
    recipes=("panoptic",),
)
