"""The W-Net, which learns without labels, in 2D and 3D."""

from __future__ import annotations

from desktop_app.core.config.base import Parameters
from desktop_app.core.networks.base import Dimensions, ImageFacts
from desktop_app.core.networks.fields import (
    PublishedNorm,
    channels_field,
    dropout_field,
    levels_field,
    published_norm_field,
)
from desktop_app.core.networks.literature import halved_between_levels, in_both_dimensions

_WIDE = 64
"""Channels of the first level as published with CellSeg3D."""
_SLIM = 8
"""Channels without a GPU: a sixty-fourth of the operations, so that two cores make a step in about a second."""


class WNetArguments(Parameters):
    """Size of each of the two U-Nets of a W-Net (Xia and Kulis 2017, arXiv 1711.08506)."""

    channels: int = channels_field(64, 128, "8 is slim; 64, as published, needs a GPU. Each level doubles them.")
    levels: int = levels_field(4, 6, "4 as published; each halves the image, so 5 sees twice as far.")
    dropout: float = dropout_field("0.65 as published, for trainings of many thousand steps; 0 suits short ones.", 0.65)
    norm: PublishedNorm = published_norm_field()


def _suited(_dimensions: Dimensions, facts: ImageFacts) -> WNetArguments:
    return WNetArguments(channels=_WIDE if facts.gpu_memory_gb else _SLIM, dropout=0.0)


WNET_3D, WNET_2D = in_both_dimensions(
    "wnet",
    "W-Net",
    (
        "Two U-Nets: one sorts the voxels into kinds, the other one draws the image from these.",
        "Two U-Nets: one sorts the pixels into kinds, the other one draws the picture from these.",
    ),
    WNetArguments,
    divisor=halved_between_levels,
    suited=_suited,
    stages=lambda arguments: arguments.levels,
    recipes=("unsupervised",),
    special=False,
    paper="Xia and Kulis 2017, arXiv 1711.08506; WNet3D: Achard et al. 2025, doi 10.7554/eLife.99848",
)
