"""The networks a user may choose, described without loading torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

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


Encoder: TypeAlias = Literal[
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnext50_32x4d",
    "regnety_200mf",
    "regnety_800mf",
    "regnety_3p2gf",
    "regnety_4gf",
    "regnetx_6p4gf",
    "regnety_6p4gf",
    "regnety_8gf",
    "regnety_16gf",
]
"""The networks that may look at the image first, from the smallest of a family to its largest."""

ENCODER_WITH_WEIGHTS: Encoder = "resnet50"
"""The encoder for which weights pretrained on electron microscopy are published."""


class PanopticArguments(Parameters):
    """What all panoptic networks share: the encoder, its normalisation, and how outlines are refined."""

    encoder: Encoder = Field(
        default="resnet50",
        title="Encoder",
        description="The part that looks at the image. ResNet50, which has weights pretrained on electron microscopy, "
        "where there is a GPU; ResNet18 or RegNetY-200MF on a processor alone.",
    )
    norm: Literal["batch", "group"] = Field(
        default="batch",
        title="Normalisation",
        json_schema_extra=field_extra(advanced=True),
        description="Batch normalisation suits pretrained encoders and 8 or more patches per step; group normalisation "
        "suits training from scratch with fewer.",
    )
    folded: bool = Field(
        default=False,
        title="Normalisation folded into the encoder",
        json_schema_extra=field_extra(advanced=True),
        description="Only for imported models, whose encoder was saved without its normalisation; leave it off.",
    )
    refined_points: int = Field(
        default=8192,
        ge=256,
        le=262144,
        title="Refined points",
        json_schema_extra=field_extra("points per 512 × 512 pixels", advanced=True),
        description="How many of the most doubtful pixels the outlines are refined at in each step; larger images get "
        "more in proportion. 8192 suits most; more makes long outlines finer and takes longer.",
    )


class PanopticDeepLabArguments(PanopticArguments):
    """Size of a Panoptic-DeepLab (Cheng et al. 2020, arXiv 1911.10194)."""

    channels: int = Field(
        default=256,
        ge=32,
        le=512,
        multiple_of=8,
        title="Channels of the decoder",
        json_schema_extra=field_extra(advanced=True, step=8),
        description="256 as published; 128 is quicker and a little coarser.",
    )
    dropout: float = Field(
        default=0.5,
        ge=0,
        le=0.8,
        title="Dropout",
        json_schema_extra=field_extra(advanced=True, step=0.05),
        description="Keeps the network from learning few images by heart; 0.5 for few patches, 0.1 for many thousands.",
    )


class PanopticBiFPNArguments(PanopticArguments):
    """Size of a Panoptic-BiFPN (Tan et al. 2020, arXiv 1911.09070)."""

    channels: int = Field(
        default=128,
        ge=32,
        le=384,
        multiple_of=8,
        title="Channels of the pyramid",
        json_schema_extra=field_extra(advanced=True, step=8),
        description="128 suits most; 64 is quicker, 160 goes with large encoders.",
    )
    layers: int = Field(
        default=3,
        ge=1,
        le=8,
        title="Layers of the pyramid",
        json_schema_extra=field_extra(advanced=True),
        description="How often coarse and fine views are exchanged; 3 suits most.",
    )


class TorchScriptArguments(Parameters):
    """A program that came with an imported model; everything else about it is unknown."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", title="Checksum", description="Of the imported file.")
    divisor: int = Field(
        ge=4, le=4096, multiple_of=4, title="Divisor", description="Edges of the image are multiples of this."
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
        multiple: Edges of a patch in the slice plane must be multiples of this; 0 if that follows from the arguments.
    """

    name: str
    title: str
    summary: str
    dimensions: Literal[2, 3]
    arguments: type[Parameters]
    recipes: tuple[str, ...] = ("semantic",)
    multiple: int = 0


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
        NetworkInfo(
            "panoptic_bifpn",
            "Panoptic-BiFPN",
            "The lighter one: quicker, needs half the memory. Right when resources are short.",
            2,
            PanopticBiFPNArguments,
            ("panoptic",),
            128,
        ),
        NetworkInfo(
            "panoptic_deeplab",
            "Panoptic-DeepLab",
            "The stronger one, with finer outlines; needs a GPU.",
            2,
            PanopticDeepLabArguments,
            ("panoptic",),
            16,
        ),
    )
}

USED_ONLY: dict[str, NetworkInfo] = {
    "torchscript": NetworkInfo(
        "torchscript",
        "TorchScript program",
        "Came with an imported model. It can be used, but not trained.",
        2,
        TorchScriptArguments,
        ("panoptic",),
    )
}
"""Networks of models that can be used, but not trained."""


def network_info(name: str) -> NetworkInfo | None:
    """What is known of a network, None for those of other versions."""
    return NETWORKS.get(name) or USED_ONLY.get(name)
