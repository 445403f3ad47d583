"""The U-Net with attention gates, in 2D and 3D."""

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

_WIDE = 32
"""Channels of the first level with a GPU."""
_SLIM = 8
"""Channels without one."""


class AttentionUNetArguments(Parameters):
    """Size of an Attention U-Net (Oktay et al. 2018, arXiv 1804.03999)."""

    channels: int = channels_field(16, 128, "8 is slim, 32 needs a GPU. Each level doubles them.")
    levels: int = levels_field(4, 6, "4 for most images; each halves the image, so 5 sees twice as far.")
    dropout: float = dropout_field("0.1 to 0.5 can help against learning few images by heart.")

    norm: PublishedNorm = published_norm_field()


def _suited(_dimensions: Dimensions, facts: ImageFacts) -> AttentionUNetArguments:
    return AttentionUNetArguments(channels=_WIDE if facts.gpu_memory_gb else _SLIM)


ATTENTION_UNET_3D, ATTENTION_UNET_2D = in_both_dimensions(
    "attention_unet",
    "Attention U-Net",
    (
        "Gates hide what lies around the objects; try it where much is found beside them.",
        "Gates hide what lies around the objects.",
    ),
    AttentionUNetArguments,
    divisor=halved_between_levels,
    suited=_suited,
    stages=lambda arguments: arguments.levels,
    paper="Oktay et al. 2018, arXiv 1804.03999",
)
