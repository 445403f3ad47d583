"""MedNeXt, in 2D and 3D."""

from __future__ import annotations

from functools import partial

from pydantic import Field, field_validator

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.networks.base import Dimensions, ImageFacts
from desktop_app.core.networks.fields import PublishedNorm, channels_field, deep_supervision_field, published_norm_field
from desktop_app.core.networks.literature import halved, in_both_dimensions

_HALVINGS = 4
"""How often the image is halved, as published."""
_REACH = 2 * 137
"""Pixels: with kernels of 3, a voxel changes what is said up to 137 px away."""
_WIDE = 32
"""Channels of the first level as published (sizes S, B, M and L)."""
_SLIM = 8
"""Channels without a GPU."""


class MedNeXtArguments(Parameters):
    """Size of a MedNeXt (Roy et al. 2023, arXiv 2303.09975)."""

    channels: int = channels_field(32, 64, "8 is slim; 32, as published, needs a GPU.")
    kernel: int = Field(
        default=3,
        ge=3,
        le=7,
        title="Width of the large kernels",
        json_schema_extra=field_extra("px", advanced=True, step=2),
        description="3 or 5 as published; odd. 5 sees farther and takes three times as long.",
    )
    expansion: int = Field(
        default=2,
        ge=1,
        le=8,
        title="Expansion",
        json_schema_extra=field_extra(advanced=True),
        description="How much wider each block is inside; 2 is the small size, 4 the large one.",
    )
    deep_supervision: bool = deep_supervision_field(
        "As published, in trainings of 250,000 steps; it makes steps slower, so leave it off in short ones.",
        default=False,
    )
    norm: PublishedNorm = published_norm_field()

    @field_validator("kernel")
    @classmethod
    def _odd(cls, kernel: int) -> int:
        if kernel % 2 == 0:
            raise ValueError("the width of the large kernels is odd: 3, 5 or 7")
        return kernel


def _suited(_dimensions: Dimensions, facts: ImageFacts) -> MedNeXtArguments:
    return MedNeXtArguments(channels=_WIDE if facts.gpu_memory_gb else _SLIM)


MEDNEXT_3D, MEDNEXT_2D = in_both_dimensions(
    "mednext",
    "MedNeXt",
    (
        "The strongest plain network of recent comparisons; needs a GPU.",
        "Large kernels in thin blocks; best with a GPU.",
    ),
    MedNeXtArguments,
    divisor=partial(halved, _HALVINGS),
    suited=_suited,
    stages=lambda _arguments: 1 + _HALVINGS,
    reach=_REACH,
    muon=False,
    paper="Roy et al. 2023, arXiv 2303.09975",
)
