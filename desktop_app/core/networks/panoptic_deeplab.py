"""Panoptic-DeepLab."""

from __future__ import annotations

from pydantic import Field

from desktop_app.core.config.base import field_extra
from desktop_app.core.networks.fields import dropout_field
from desktop_app.core.networks.panoptic import PanopticArguments, panoptic_record

OUTPUT_STRIDE = 16
"""Pixels of the image per cell of the encoder's coarsest map, as published."""
RATES = (2, 4, 6)
"""Distances of the dilated convolutions, in cells of the coarsest map; published weights of EM models have them."""


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
    dropout: float = dropout_field(
        "Keeps the network from learning few images by heart; 0.5 for few patches, 0.1 for many thousands.", default=0.5
    )
    image_pooling: bool = Field(
        default=True,
        title="Sees the mean of the whole picture",
        json_schema_extra=field_extra(advanced=True),
        description="As published, and as models of earlier versions have it, which can be improved. New ones begin "
        "without: with it a place looks different with what else is in the picture, and objects vanish where much of "
        "it is black.",
    )


PANOPTIC_DEEPLAB = panoptic_record(
    "panoptic_deeplab",
    "Panoptic-DeepLab",
    "The stronger one, with finer outlines; needs a GPU (54 million weights with a ResNet50).",
    PanopticDeepLabArguments,
    OUTPUT_STRIDE,
    "Cheng et al. 2020, arXiv 1911.10194",
    new={"image_pooling": False},
    reach=2 * max(RATES) * OUTPUT_STRIDE,
)
