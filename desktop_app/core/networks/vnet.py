"""V-Net, in 2D and 3D."""

from __future__ import annotations

from functools import partial

from desktop_app.core.config.base import Parameters
from desktop_app.core.networks.base import Dimensions, ImageFacts
from desktop_app.core.networks.fields import PublishedNorm, dropout_field, published_norm_field
from desktop_app.core.networks.literature import halved, in_both_dimensions

_HALVINGS = 4
"""How often the image is halved, as published."""


class VNetArguments(Parameters):
    """How a V-Net learns; its size is fixed (Milletari et al. 2016, arXiv 1606.04797)."""

    dropout: float = dropout_field("0.5 as published; 0.1 to 0.2 is enough for most images.")

    norm: PublishedNorm = published_norm_field()


def _suited(_dimensions: Dimensions, _facts: ImageFacts) -> VNetArguments:
    return VNetArguments()


VNET_3D, VNET_2D = in_both_dimensions(
    "vnet",
    "V-Net",
    (
        "A very large network of 45 million weights; for a GPU.",
        "Large; needs a GPU to learn in a reasonable time.",
    ),
    VNetArguments,
    divisor=partial(halved, _HALVINGS),
    suited=_suited,
    stages=lambda _arguments: 1 + _HALVINGS,
    by_channel=(True, False),
    muon=False,
    paper="Milletari et al. 2016, arXiv 1606.04797",
)
