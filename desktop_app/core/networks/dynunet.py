"""The U-Net that nnU-Net plans, in 2D and 3D."""

from __future__ import annotations

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.imaging import Index3
from desktop_app.core.networks.base import Dimensions, ImageFacts
from desktop_app.core.networks.fields import (
    PublishedNorm,
    channels_field,
    deep_supervision_field,
    dropout_field,
    levels_field,
    published_norm_field,
)
from desktop_app.core.networks.literature import in_both_dimensions
from desktop_app.core.networks.residual_unet import levels_with_all_slices

_WIDE = 32
"""Channels of the first level, as nnU-Net plans."""
_SLIM = 8
"""Channels without a GPU."""


class DynUNetArguments(Parameters):
    """Size of an nnU-Net (Isensee et al. 2021, doi 10.1038/s41592-020-01008-z)."""

    channels: int = channels_field(
        32, 64, "8 is slim; 32, as published, needs a GPU. Each level doubles them, up to 320 in 3D and 512 in 2D."
    )
    levels: int = levels_field(4, 7, "4 for patches of 64, 5 for 128; each halves the image.")
    flat_levels: int = Field(
        default=0,
        ge=0,
        le=6,
        title="Levels that keep all slices",
        json_schema_extra=field_extra(advanced=True),
        description="1 for each time that a voxel is twice as thick as wide; proposed from the voxel size.",
    )
    deep_supervision: bool = deep_supervision_field(
        "Steadies the training of deep networks; leave it on.", default=True
    )
    residual: bool = Field(
        default=False,
        title="Residual blocks",
        json_schema_extra=field_extra(advanced=True),
        description="On makes it nnU-Net's stronger, slower “ResEnc” kind.",
    )
    dropout: float = dropout_field("0.1 to 0.5 can help against learning few images by heart.")

    norm: PublishedNorm = published_norm_field()


def halvings(arguments: DynUNetArguments, dimensions: Dimensions) -> list[tuple[int, ...]]:
    """By what each level shrinks the image ([z,] y, x); the first keeps it."""
    steps: list[tuple[int, ...]] = [(1,) * dimensions]
    for level in range(1, arguments.levels):
        flat = dimensions == 2 or level <= arguments.flat_levels
        steps.append((2, 2) if dimensions == 2 else (1 if flat else 2, 2, 2))
    return steps


def _divisor(dimensions: Dimensions, arguments: DynUNetArguments) -> Index3:
    part = 2 ** (arguments.levels - 1)
    deep = 2 ** max(0, arguments.levels - 1 - arguments.flat_levels)
    return (1 if dimensions == 2 else deep), part, part


def _suited(dimensions: Dimensions, facts: ImageFacts) -> DynUNetArguments:
    arguments = DynUNetArguments(channels=_WIDE if facts.gpu_memory_gb else _SLIM)
    if dimensions == 2:
        return arguments
    return arguments.model_copy(update={"flat_levels": levels_with_all_slices(facts, arguments.levels)})


DYNUNET_3D, DYNUNET_2D = in_both_dimensions(
    "dynunet",
    "nnU-Net",
    (
        "The U-Net that nnU-Net plans: strong on most images, best with a GPU.",
        "The U-Net that nnU-Net plans, for pictures.",
    ),
    DynUNetArguments,
    divisor=_divisor,
    suited=_suited,
    stages=lambda arguments: arguments.levels,
    paper="Isensee et al. 2021, doi 10.1038/s41592-020-01008-z",
)
