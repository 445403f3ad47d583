"""Swin UNETR, in 2D and 3D."""

from __future__ import annotations

from functools import partial

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.imaging import Index3
from desktop_app.core.networks.base import (
    Dimensions,
    ImageFacts,
    NetworkSettings,
    PublishedNorm,
    TrainableNetwork,
    published_norm_field,
)
from desktop_app.core.networks.patches import suggested_patch
from desktop_app.core.networks.residual_unet import patches_per_step

_PART = 32
"""Sizes must be multiples of this: five halvings."""
_WIDE = 48
"""Features with a GPU, as published."""
_SLIM = 12
"""Features without one: the fewest that its attention heads divide."""
_STAGES = 5
"""Patch embedding and four stages of attention."""


class SwinUNETRArguments(Parameters):
    """Size of a Swin UNETR (Hatamizadeh et al. 2022, arXiv 2201.01266)."""

    features: int = Field(
        default=48,
        ge=12,
        le=96,
        multiple_of=12,
        title="Features",
        json_schema_extra=field_extra(advanced=True, step=12),
        description="12 is slim; 48, as published, needs a GPU. A multiple of 12.",
    )
    dropout: float = Field(
        default=0.0,
        ge=0,
        le=0.8,
        title="Dropout",
        json_schema_extra=field_extra(advanced=True, step=0.05),
        description="0.1 to 0.5 can help against learning few images by heart.",
    )
    attention_dropout: float = Field(
        default=0.0,
        ge=0,
        le=0.8,
        title="Dropout of the attention",
        json_schema_extra=field_extra(advanced=True, step=0.05),
        description="0.5 as published with CellSeg3D; 0 to learn quickly.",
    )
    save_memory: bool = Field(
        default=True,
        title="Save memory",
        json_schema_extra=field_extra(advanced=True),
        description="Computes parts twice instead of keeping them: half the memory for a third more time.",
    )

    norm: PublishedNorm = published_norm_field()


def _divisor(dimensions: Dimensions, _arguments: SwinUNETRArguments) -> Index3:
    return (1 if dimensions == 2 else _PART), _PART, _PART


def _stages(_arguments: SwinUNETRArguments) -> int:
    return _STAGES


def _suggest(dimensions: Dimensions, facts: ImageFacts) -> NetworkSettings:
    arguments = SwinUNETRArguments(features=_WIDE if facts.gpu_memory_gb else _SLIM)
    patch = suggested_patch(facts, _divisor(dimensions, arguments), flat=dimensions == 2)
    return NetworkSettings(arguments.model_dump(), patch, patches_per_step(dimensions, patch))


def _record(name: str, title: str, summary: str, dimensions: Dimensions) -> TrainableNetwork:
    return TrainableNetwork(
        name,
        title,
        summary,
        dimensions,
        SwinUNETRArguments,
        recipes=("semantic",),
        divisor=partial(_divisor, dimensions),
        suggest=partial(_suggest, dimensions),
        stages=_stages,
        special=True,
    )


SWIN_UNETR_3D = _record(
    "swin_unetr3d", "Swin UNETR, 3D", "A transformer that sees far; needs a GPU and many labels.", 3
)
SWIN_UNETR_2D = _record(
    "swin_unetr2d", "Swin UNETR, 2D", "A transformer that sees far; needs a GPU and many labels.", 2
)
