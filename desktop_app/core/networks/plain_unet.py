"""The plain U-Net of TRAILMAP, in 2D and 3D."""

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

_WIDE = 64
"""Channels of the first level as published with TRAILMAP_MS."""
_SLIM = 16
"""Channels without a GPU: a sixteenth of the operations, so that two cores make a step in about a second."""


class PlainUNetArguments(Parameters):
    """Size of a U-Net with pooling and skip connections (Çiçek et al. 2016, arXiv 1606.06650)."""

    channels: int = Field(
        default=64,
        ge=4,
        le=128,
        title="Channels of the first level",
        json_schema_extra=field_extra(advanced=True),
        description="16 is slim; 64, as published, needs a GPU. Each level doubles them.",
    )
    levels: int = Field(
        default=4,
        ge=2,
        le=6,
        title="Levels",
        json_schema_extra=field_extra(advanced=True),
        description="4 as published; each halves the image, so 5 sees twice as far.",
    )

    norm: PublishedNorm = published_norm_field()


def _divisor(dimensions: Dimensions, arguments: PlainUNetArguments) -> Index3:
    part = 2 ** (arguments.levels - 1)
    return (1 if dimensions == 2 else part), part, part


def _stages(arguments: PlainUNetArguments) -> int:
    return arguments.levels


def _suggest(dimensions: Dimensions, facts: ImageFacts) -> NetworkSettings:
    arguments = PlainUNetArguments(channels=_WIDE if facts.gpu_memory_gb else _SLIM)
    patch = suggested_patch(facts, _divisor(dimensions, arguments), flat=dimensions == 2)
    return NetworkSettings(arguments.model_dump(), patch, patches_per_step(dimensions, patch))


def _record(name: str, title: str, summary: str, dimensions: Dimensions) -> TrainableNetwork:
    return TrainableNetwork(
        name,
        title,
        summary,
        dimensions,
        PlainUNetArguments,
        recipes=("semantic",),
        divisor=partial(_divisor, dimensions),
        suggest=partial(_suggest, dimensions),
        stages=_stages,
        special=True,
    )


PLAIN_UNET_3D = _record(
    "plain_unet3d",
    "Plain U-Net, 3D",
    "The network of TRAILMAP, for thin structures such as axons; also loads its published weights.",
    3,
)
PLAIN_UNET_2D = _record("plain_unet2d", "Plain U-Net, 2D", "The classical U-Net with pooling.", 2)
