"""Swin UNETR, in 2D and 3D."""

from __future__ import annotations

from functools import partial

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.networks.base import Dimensions, ImageFacts
from desktop_app.core.networks.fields import PublishedNorm, dropout_field, published_norm_field
from desktop_app.core.networks.literature import halved, in_both_dimensions

_HALVINGS = 5
"""How often the image is halved."""
_WIDE = 48
"""Features with a GPU, as published."""
_SLIM = 12
"""Features without one: the fewest that its attention heads divide."""
_STAGES = 5
"""Patch embedding and four stages of attention."""


class SwinUNETRArguments(Parameters):
    """Size of a Swin UNETR (Hatamizadeh et al. 2022, arXiv 2201.01266)."""

    features: int = Field(
        default=48,
        ge=12,
        le=96,
        multiple_of=12,
        title="Features",
        json_schema_extra=field_extra(advanced=True, step=12),
        description="12 is slim; 48, as published, needs a GPU. A multiple of 12.",
    )
    dropout: float = dropout_field("0.1 to 0.5 can help against learning few images by heart.")
    attention_dropout: float = dropout_field(
        "0.5 as published with CellSeg3D; 0 to learn quickly.", title="Dropout of the attention"
    )
    save_memory: bool = Field(
        default=True,
        title="Save memory",
        json_schema_extra=field_extra(advanced=True),
        description="Computes parts twice instead of keeping them: half the memory for a third more time.",
    )

    norm: PublishedNorm = published_norm_field()


def _suited(_dimensions: Dimensions, facts: ImageFacts) -> SwinUNETRArguments:
    return SwinUNETRArguments(features=_WIDE if facts.gpu_memory_gb else _SLIM)


SWIN_UNETR_3D, SWIN_UNETR_2D = in_both_dimensions(
    "swin_unetr",
    "Swin UNETR",
    (
        "A transformer that sees far; needs a GPU and many labels.",
        "A transformer that sees far; needs a GPU and many labels.",
    ),
    SwinUNETRArguments,
    divisor=partial(halved, _HALVINGS),
    suited=_suited,
    stages=lambda _arguments: _STAGES,
    muon=False,
    paper="Hatamizadeh et al. 2022, arXiv 2201.01266",
)
