"""The U-Net with attention gates, in 2D and 3D."""

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

_WIDE = 32
"""Channels of the first level with a GPU."""
_SLIM = 8
"""Channels without one."""


class AttentionUNetArguments(Parameters):
    """Size of an Attention U-Net (Oktay et al. 2018, arXiv 1804.03999)."""

    channels: int = Field(
        default=16,
        ge=4,
        le=128,
        title="Channels of the first level",
        json_schema_extra=field_extra(advanced=True),
        description="8 is slim, 32 needs a GPU. Each level doubles them.",
    )
    levels: int = Field(
        default=4,
        ge=2,
        le=6,
        title="Levels",
        json_schema_extra=field_extra(advanced=True),
        description="4 for most images; each halves the image, so 5 sees twice as far.",
    )
    dropout: float = Field(
        default=0.0,
        ge=0,
        le=0.8,
        title="Dropout",
        json_schema_extra=field_extra(advanced=True, step=0.05),
        description="0.1 to 0.5 can help against learning few images by heart.",
    )

    norm: PublishedNorm = published_norm_field()


def _divisor(dimensions: Dimensions, arguments: AttentionUNetArguments) -> Index3:
    part = 2 ** (arguments.levels - 1)
    return (1 if dimensions == 2 else part), part, part


def _stages(arguments: AttentionUNetArguments) -> int:
    return arguments.levels


def _suggest(dimensions: Dimensions, facts: ImageFacts) -> NetworkSettings:
    arguments = AttentionUNetArguments(channels=_WIDE if facts.gpu_memory_gb else _SLIM)
    patch = suggested_patch(facts, _divisor(dimensions, arguments), flat=dimensions == 2)
    return NetworkSettings(arguments.model_dump(), patch, patches_per_step(dimensions, patch))


def _record(name: str, title: str, summary: str, dimensions: Dimensions) -> TrainableNetwork:
    return TrainableNetwork(
        name,
        title,
        summary,
        dimensions,
        AttentionUNetArguments,
        recipes=("semantic",),
        divisor=partial(_divisor, dimensions),
        suggest=partial(_suggest, dimensions),
        stages=_stages,
        special=True,
    )


ATTENTION_UNET_3D = _record(
    "attention_unet3d",
    "Attention U-Net, 3D",
    "Gates hide what lies around the objects; try it where much is found beside them.",
    3,
)
ATTENTION_UNET_2D = _record("attention_unet2d", "Attention U-Net, 2D", "Gates hide what lies around the objects.", 2)
