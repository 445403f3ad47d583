"""The quick U-Net, in 2D and 3D."""

from __future__ import annotations

from functools import partial

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.imaging import Index3
from desktop_app.core.networks.base import Dimensions, ImageFacts, NetworkSettings, TrainableNetwork
from desktop_app.core.networks.patches import suggested_patch
from desktop_app.core.networks.residual_unet import (
    ResidualUNetArguments,
    blocks_field,
    flat_levels_field,
    level_strides,
    levels_with_all_slices,
    patches_per_step,
    unet_divisor,
)


class QuickUNetArguments(Parameters):
    """Size of a quick U-Net."""

    channels: int = Field(
        default=24,
        ge=4,
        le=128,
        title="Channels below the finest level",
        json_schema_extra=field_extra(advanced=True),
        description="Doubles at each level. 24 is quick, 48 is stronger and takes two to three times as long.",
    )
    levels: int = Field(
        default=4,
        ge=2,
        le=6,
        title="Levels",
        json_schema_extra=field_extra(advanced=True),
        description="Each level sees twice as far. Objects should be smaller than 2 to the power of levels times 4.",
    )
    fine_channels: int = Field(
        default=8,
        ge=2,
        le=32,
        title="Channels of the finest level",
        json_schema_extra=field_extra(advanced=True),
        description="8 is enough for edges; 16 may draw finer texture, and takes longer.",
    )
    blocks: int = blocks_field()
    flat_levels: int = flat_levels_field()


def _as_residual(arguments: QuickUNetArguments) -> ResidualUNetArguments:
    """The residual U-Net that shrinks the image alike."""
    return ResidualUNetArguments(levels=arguments.levels, flat_levels=arguments.flat_levels)


def quick_strides(dimensions: Dimensions, arguments: QuickUNetArguments) -> list[tuple[int, ...]]:
    """How much the stem, then each step below it, shrinks the image ([z,] y, x)."""
    return level_strides(dimensions, _as_residual(arguments))


def _divisor(dimensions: Dimensions, arguments: QuickUNetArguments) -> Index3:
    return unet_divisor(dimensions, _as_residual(arguments))


def _suggest(dimensions: Dimensions, facts: ImageFacts) -> NetworkSettings:
    arguments = QuickUNetArguments()
    if dimensions == 3:
        flat = levels_with_all_slices(facts, arguments.levels)
        arguments = arguments.model_copy(update={"flat_levels": flat})
    patch = suggested_patch(facts, _divisor(dimensions, arguments), flat=dimensions == 2)
    return NetworkSettings(arguments.model_dump(), patch, patches_per_step(dimensions, patch))


def _record(name: str, title: str, summary: str, dimensions: Dimensions) -> TrainableNetwork:
    return TrainableNetwork(
        name,
        title,
        summary,
        dimensions,
        QuickUNetArguments,
        recipes=("semantic", "embedding"),
        divisor=partial(_divisor, dimensions),
        suggest=partial(_suggest, dimensions),
        stages=lambda arguments: arguments.levels,
        paper="after Ronneberger et al. 2015, arXiv 1505.04597",
    )


QUICK_UNET_3D = _record(
    "quick_unet3d", "Quick U-Net, 3D", "Learns and runs in a third to half of the time of the Residual U-Net.", 3
)
QUICK_UNET_2D = _record(
    "quick_unet2d", "Quick U-Net, 2D", "For single pictures and slices. Takes half the time of the Residual U-Net.", 2
)
