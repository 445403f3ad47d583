"""V-Net, in 2D and 3D."""

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

_HALVINGS = 4
"""How often the image is halved, as published."""


class VNetArguments(Parameters):
    """How a V-Net learns; its size is fixed (Milletari et al. 2016, arXiv 1606.04797)."""

    dropout: float = Field(
        default=0.0,
        ge=0,
        le=0.8,
        title="Dropout",
        json_schema_extra=field_extra(advanced=True, step=0.05),
        description="0.5 as published; 0.1 to 0.2 is enough for most images.",
    )

    norm: PublishedNorm = published_norm_field()


def _divisor(dimensions: Dimensions, _arguments: VNetArguments) -> Index3:
    part = 2**_HALVINGS
    return (1 if dimensions == 2 else part), part, part


def _stages(_arguments: VNetArguments) -> int:
    return 1 + _HALVINGS


def _suggest(dimensions: Dimensions, facts: ImageFacts) -> NetworkSettings:
    arguments = VNetArguments()
    patch = suggested_patch(facts, _divisor(dimensions, arguments), flat=dimensions == 2)
    return NetworkSettings(arguments.model_dump(), patch, patches_per_step(dimensions, patch))


def _record(name: str, title: str, summary: str, dimensions: Dimensions) -> TrainableNetwork:
    return TrainableNetwork(
        name,
        title,
        summary,
        dimensions,
        VNetArguments,
        recipes=("semantic",),
        divisor=partial(_divisor, dimensions),
        suggest=partial(_suggest, dimensions),
        stages=_stages,
        special=True,
    )


VNET_3D = _record("vnet3d", "V-Net, 3D", "A very large network of 45 million weights; for a GPU.", 3)
VNET_2D = _record("vnet2d", "V-Net, 2D", "Large; needs a GPU to learn in a reasonable time.", 2)
