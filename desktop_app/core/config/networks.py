"""The networks a user may choose, described without loading torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra


class ResidualUNetArguments(Parameters):
    """Size of a residual U-Net."""

    channels: int = Field(
        default=16,
        ge=4,
        le=128,
        title="Channels of the first level",
        json_schema_extra=field_extra(advanced=True),
        description="Doubles at each level. 16 is quick, 32 is stronger and four times slower.",
    )
    levels: int = Field(
        default=4,
        ge=2,
        le=6,
        title="Levels",
        json_schema_extra=field_extra(advanced=True),
        description="Each level sees twice as far. Objects should be smaller than 2 to the power of levels times 4.",
    )
    blocks: int = Field(
        default=1,
        ge=1,
        le=4,
        title="Blocks per level",
        json_schema_extra=field_extra(advanced=True),
        description="More blocks fit finer detail and take longer; 1 or 2.",
    )
    flat_levels: int = Field(
        default=0,
        ge=0,
        le=5,
        title="Levels that keep the slice direction",
        json_schema_extra=field_extra(advanced=True),
        description="For thick slices: this many levels shrink only y and x. Derived from the voxel size; 3D only.",
    )


class SegResNetArguments(Parameters):
    """Size of a SegResNet (Myronenko 2018, arXiv 1810.11654)."""

    channels: int = Field(
        default=8,
        ge=4,
        le=64,
        title="Channels of the first level",
        json_schema_extra=field_extra(advanced=True),
        description="8 is slim, 16 or 32 need a GPU.",
    )
    dropout: float = Field(
        default=0.0,
        ge=0,
        le=0.8,
        title="Dropout",
        json_schema_extra=field_extra(advanced=True, step=0.05),
        description="0.1 to 0.2 can help against learning few images by heart.",
    )


@dataclass(frozen=True, slots=True)
class NetworkInfo:
    """What the user sees of a network.

    Attributes:
        name: Key in files and on the command line.
        title: Shown to the user.
        summary: One sentence: when to choose it.
        dimensions: 2 or 3.
        arguments: Model of its arguments.
        recipes: Recipes that can use it.
    """

    name: str
    title: str
    summary: str
    dimensions: Literal[2, 3]
    arguments: type[Parameters]
    recipes: tuple[str, ...] = ("semantic",)


NETWORKS: dict[str, NetworkInfo] = {
    info.name: info
    for info in (
        NetworkInfo("unet3d", "Residual U-Net, 3D", "The quick all-rounder for volumes.", 3, ResidualUNetArguments),
        NetworkInfo(
            "unet2d",
            "Residual U-Net, 2D",
            "For single pictures, and for stacks whose slices differ much.",
            2,
            ResidualUNetArguments,
        ),
        NetworkInfo(
            "segresnet3d", "SegResNet, 3D", "Often a little finer, several times slower.", 3, SegResNetArguments
        ),
        NetworkInfo("segresnet2d", "SegResNet, 2D", "A stronger 2D network; best with a GPU.", 2, SegResNetArguments),
    )
}
