"""The residual U-Net, in 2D and 3D."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

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
from desktop_app.core.networks.fields import channels_field, levels_field
from desktop_app.core.networks.patches import PIXELS_2D, suggested_patch

_DEPTH_UNKNOWN = 32
"""Slices that images are taken to have where none was read."""
_BATCH_3D = 2
"""Patches per step in 3D: the fewest that do not make each step follow a single patch."""
_BATCHES_2D = (2, 16)
"""Fewest and most patches per step in 2D; the advice of the field ``batch_size`` says 8 to 16."""


def blocks_field() -> Any:
    """How much a residual U-Net thinks at each level."""
    return Field(
        default=1,
        ge=1,
        le=4,
        title="Blocks per level",
        json_schema_extra=field_extra(advanced=True),
        description="More blocks fit finer detail and take longer; 1 or 2.",
    )


def flat_levels_field() -> Any:
    """How many levels of a residual U-Net leave the slices as they are."""
    return Field(
        default=0,
        ge=0,
        le=5,
        title="Levels that keep the slice direction",
        json_schema_extra=field_extra(advanced=True),
        description="For thick slices: this many levels shrink only y and x. Derived from the voxel size; 3D only.",
    )


class ResidualUNetArguments(Parameters):
    """Size of a residual U-Net."""

    channels: int = channels_field(16, 128, "Doubles at each level. 16 is quick, 32 is stronger and four times slower.")
    levels: int = levels_field(
        4, 6, "Each level sees twice as far. Objects should be smaller than 2 to the power of levels times 4."
    )
    blocks: int = blocks_field()
    flat_levels: int = flat_levels_field()
    norm: Norm = norm_field()


def level_strides(dimensions: Dimensions, arguments: ResidualUNetArguments) -> list[tuple[int, ...]]:
    """How much each step down shrinks ([z,] y, x); the first ``flat_levels`` steps leave z as it is."""
    steps = arguments.levels - 1
    if dimensions == 2:
        return [(2, 2)] * steps
    return [(1 if level < arguments.flat_levels else 2, 2, 2) for level in range(steps)]


def unet_divisor(dimensions: Dimensions, arguments: ResidualUNetArguments) -> Index3:
    """Of what the sizes (z, y, x) of an image must be multiples."""
    strides = level_strides(dimensions, arguments)
    plane = 2 ** len(strides)
    return (math.prod(stride[0] for stride in strides) if dimensions == 3 else 1), plane, plane


def patches_per_step(dimensions: Dimensions, patch: Index3) -> int:
    """Two in 3D; in 2D as many as have the usual number of pixels together."""
    if dimensions == 3:
        return _BATCH_3D
    fewest, most = _BATCHES_2D
    return max(fewest, min(most, PIXELS_2D // (patch[1] * patch[2])))


def _suggest(dimensions: Dimensions, facts: ImageFacts) -> NetworkSettings:
    arguments = _suggested_arguments(facts) if dimensions == 3 else ResidualUNetArguments()
    patch = suggested_patch(facts, unet_divisor(dimensions, arguments), flat=dimensions == 2)
    return NetworkSettings({**arguments.model_dump(), "norm": NEW_NORM}, patch, patches_per_step(dimensions, patch))


def _suggested_arguments(facts: ImageFacts) -> ResidualUNetArguments:
    arguments = ResidualUNetArguments()
    return arguments.model_copy(update={"flat_levels": levels_with_all_slices(facts, arguments.levels)})


def levels_with_all_slices(facts: ImageFacts, levels: int) -> int:
    """How many of the first halvings should keep thick slices as they are, until a voxel is about a cube."""
    steps = levels - 1
    flat = 0
    if facts.voxel_size.known:
        flat = round(math.log2(max(1.0, facts.voxel_size.anisotropy)))
    fewest = min((size[0] for size in facts.sizes), default=_DEPTH_UNKNOWN)
    while steps - flat > 0 and 2 ** (steps - flat + 1) > fewest:
        flat += 1
    return min(steps, flat)


def _record(name: str, title: str, summary: str, dimensions: Dimensions) -> TrainableNetwork:
    return TrainableNetwork(
        name,
        title,
        summary,
        dimensions,
        ResidualUNetArguments,
        recipes=("semantic", "embedding"),
        divisor=partial(unet_divisor, dimensions),
        suggest=partial(_suggest, dimensions),
        stages=lambda arguments: arguments.levels,
        anew={"norm": NEW_NORM},
        paper="after Ronneberger et al. 2015, arXiv 1505.04597",
    )


UNET_3D = _record("unet3d", "Residual U-Net, 3D", "The all-rounder for volumes: sees objects of a few voxels, too.", 3)
UNET_2D = _record("unet2d", "Residual U-Net, 2D", "For single pictures, and for stacks whose slices differ much.", 2)
