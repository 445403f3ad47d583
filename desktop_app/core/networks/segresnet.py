"""SegResNet, in 2D and 3D."""

from __future__ import annotations

from functools import partial

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.imaging import Index3
from desktop_app.core.networks.base import (
    NEW_NORM,
    Dimensions,
    ImageFacts,
    NetworkSettings,
    Norm,
    TrainableNetwork,
    norm_field,
)
from desktop_app.core.networks.fields import channels_field, dropout_field
from desktop_app.core.networks.patches import suggested_patch
from desktop_app.core.networks.residual_unet import patches_per_step

BLOCKS = (1, 2, 2, 4)
"""Residual blocks of each level, as published; each level but the first halves the image."""


class SegResNetArguments(Parameters):
    """Size of a SegResNet (Myronenko 2018, arXiv 1810.11654)."""

    channels: int = channels_field(8, 64, "8 is slim, 16 or 32 need a GPU.")
    dropout: float = dropout_field("0.1 to 0.2 can help against learning few images by heart.")
    norm: Norm = norm_field()
    autoencoder: float = Field(
        default=0.0,
        ge=0,
        le=10,
        title="Weight of drawing the image",
        json_schema_extra=field_extra(advanced=True, step=0.05, zero="no second branch"),
        description="While it learns, a second branch draws the image from what the network has seen of it, which can "
        "help where labels are few; 0.1 as published. Half as long again per step, nothing when the model runs.",
    )


def _divisor(dimensions: Dimensions, _arguments: SegResNetArguments) -> Index3:
    part = 2 ** (len(BLOCKS) - 1)
    return (1 if dimensions == 2 else part), part, part


def _suggest(dimensions: Dimensions, facts: ImageFacts) -> NetworkSettings:
    patch = suggested_patch(facts, _divisor(dimensions, SegResNetArguments()), flat=dimensions == 2)
    return NetworkSettings(SegResNetArguments(norm=NEW_NORM).model_dump(), patch, patches_per_step(dimensions, patch))


def _record(name: str, title: str, summary: str, dimensions: Dimensions) -> TrainableNetwork:
    return TrainableNetwork(
        name,
        title,
        summary,
        dimensions,
        SegResNetArguments,
        recipes=("semantic", "embedding"),
        divisor=partial(_divisor, dimensions),
        suggest=partial(_suggest, dimensions),
        stages=lambda _arguments: len(BLOCKS),
        anew={"norm": NEW_NORM},
        paper="Myronenko 2018, arXiv 1810.11654",
    )


SEGRESNET_3D = _record("segresnet3d", "SegResNet, 3D", "Often a little finer, several times slower.", 3)
SEGRESNET_2D = _record("segresnet2d", "SegResNet, 2D", "A stronger 2D network; best with a GPU.", 2)
