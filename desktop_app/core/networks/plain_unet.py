"""The plain U-Net of TRAILMAP, in 2D and 3D."""

from __future__ import annotations

from desktop_app.core.config.base import Parameters
from desktop_app.core.networks.base import Dimensions, ImageFacts
from desktop_app.core.networks.fields import PublishedNorm, channels_field, levels_field, published_norm_field
from desktop_app.core.networks.literature import halved_between_levels, in_both_dimensions

_WIDE = 64
"""Channels of the first level as published with TRAILMAP_MS."""
_SLIM = 16
"""Channels without a GPU: a sixteenth of the operations, so that two cores make a step in about a second."""


class PlainUNetArguments(Parameters):
    """Size of a U-Net with pooling and skip connections (Çiçek et al. 2016, arXiv 1606.06650)."""

    channels: int = channels_field(64, 128, "16 is slim; 64, as published, needs a GPU. Each level doubles them.")
    levels: int = levels_field(4, 6, "4 as published; each halves the image, so 5 sees twice as far.")

    norm: PublishedNorm = published_norm_field()


def _suited(_dimensions: Dimensions, facts: ImageFacts) -> PlainUNetArguments:
    return PlainUNetArguments(channels=_WIDE if facts.gpu_memory_gb else _SLIM)


PLAIN_UNET_3D, PLAIN_UNET_2D = in_both_dimensions(
    "plain_unet",
    "Plain U-Net",
    (
        "The network of TRAILMAP, for thin structures such as axons; also loads its published weights.",
        "The classical U-Net with pooling.",
    ),
    PlainUNetArguments,
    divisor=halved_between_levels,
    suited=_suited,
    stages=lambda arguments: arguments.levels,
    paper="Çiçek et al. 2016, arXiv 1606.06650; TRAILMAP: Friedmann et al. 2020, doi 10.1073/pnas.1918465117",
)
