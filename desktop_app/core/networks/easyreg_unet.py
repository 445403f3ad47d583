"""The residual U-Net of easyreg's segmentation training, in 2D and 3D."""

from __future__ import annotations

from functools import partial

from desktop_app.core.config.base import Parameters
from desktop_app.core.networks.base import Dimensions, ImageFacts
from desktop_app.core.networks.fields import PublishedNorm, channels_field, published_norm_field
from desktop_app.core.networks.literature import halved, in_both_dimensions

_HALVINGS = 3
"""How often the image is halved."""
_FIRST_WIDTH = 32
"""Channels of the first level as published."""
_SLIM = 8
"""Channels without a GPU."""
_STAGES = 4
"""Of its encoder."""


class EasyregUNetArguments(Parameters):
    """Size of easyreg's “Seg_resid”, a residual U-Net after Zhu et al. 2019 (arXiv 1808.04441)."""

    channels: int = channels_field(_FIRST_WIDTH, 64, "8 is slim; 32, as published, needs a GPU.")

    norm: PublishedNorm = published_norm_field()


def _suited(_dimensions: Dimensions, facts: ImageFacts) -> EasyregUNetArguments:
    return EasyregUNetArguments(channels=_FIRST_WIDTH if facts.gpu_memory_gb else _SLIM)


EASYREG_UNET_3D, EASYREG_UNET_2D = in_both_dimensions(
    "easyreg_unet",
    "easyreg U-Net",
    (
        "The network of easyreg's segmentation: few levels, for organs in scans.",
        "The network of easyreg's segmentation, for pictures.",
    ),
    EasyregUNetArguments,
    divisor=partial(halved, _HALVINGS),
    suited=_suited,
    stages=lambda _arguments: _STAGES,
    paper="after Zhu et al. 2019, arXiv 1808.04441",
)
