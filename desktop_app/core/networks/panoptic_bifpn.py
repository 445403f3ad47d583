"""Panoptic-BiFPN."""

from __future__ import annotations

from pydantic import Field

from desktop_app.core.config.base import field_extra
from desktop_app.core.networks.panoptic import PanopticArguments, panoptic_record

LEVELS = 5
"""Levels of the pyramid, from an eighth of the image's size on, each half the one before."""
_FINEST_STRIDE = 8  # px: the finest level of the pyramid is the encoder's third (Tan et al. 2020)


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


PANOPTIC_BIFPN = panoptic_record(
    "panoptic_bifpn",
    "Panoptic-BiFPN",
    "The lighter one, for when resources are short: quicker, half the memory; with a ResNet50 27 million weights.",
    PanopticBiFPNArguments,
    _FINEST_STRIDE * 2 ** (LEVELS - 1),
    "Tan et al. 2020, arXiv 1911.09070",
)
