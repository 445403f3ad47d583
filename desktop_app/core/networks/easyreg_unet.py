"""The residual U-Net of easyreg's segmentation training, in 2D and 3D."""

from __future__ import annotations

from functools import partial

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.imaging import Index3
from desktop_app.core.networks.base import (
    Dimensions,
    ImageFacts,
    NetworkSettings,
    PublishedNorm,
    TrainableNetwork,
    published_norm_field,
)
from desktop_app.core.networks.patches import suggested_patch
from desktop_app.core.networks.residual_unet import patches_per_step

_PART = 8
"""Sizes must be multiples of this: three halvings."""
_FIRST_WIDTH = 32
"""Channels of the first level as published."""
_SLIM = 8
"""Channels without a GPU."""
_STAGES = 4
"""Of its encoder."""


class EasyregUNetArguments(Parameters):
    """Size of easyreg's “Seg_resid”, a residual U-Net after Zhu et al. 2019 (arXiv 1808.04441)."""

    channels: int = Field(
        default=_FIRST_WIDTH,
        ge=4,
        le=64,
        title="Channels of the first level",
        json_schema_extra=field_extra(advanced=True),
        description="8 is slim; 32, as published, needs a GPU.",
    )

    norm: PublishedNorm = published_norm_field()


def _divisor(dimensions: Dimensions, _arguments: EasyregUNetArguments) -> Index3:
    return (1 if dimensions == 2 else _PART), _PART, _PART


def _stages(_arguments: EasyregUNetArguments) -> int:
    return _STAGES


def _suggest(dimensions: Dimensions, facts: ImageFacts) -> NetworkSettings:
    arguments = EasyregUNetArguments(channels=_FIRST_WIDTH if facts.gpu_memory_gb else _SLIM)
    patch = suggested_patch(facts, _divisor(dimensions, arguments), flat=dimensions == 2)
    return NetworkSettings(arguments.model_dump(), patch, patches_per_step(dimensions, patch))


def _record(name: str, title: str, summary: str, dimensions: Dimensions) -> TrainableNetwork:
    return TrainableNetwork(
        name,
        title,
        summary,
        dimensions,
        EasyregUNetArguments,
        recipes=("semantic",),
        divisor=partial(_divisor, dimensions),
        suggest=partial(_suggest, dimensions),
        stages=_stages,
        special=True,
    )


EASYREG_UNET_3D = _record(
    "easyreg_unet3d", "easyreg U-Net, 3D", "The network of easyreg's segmentation: few levels, for organs in scans.", 3
)
EASYREG_UNET_2D = _record(
    "easyreg_unet2d", "easyreg U-Net, 2D", "The network of easyreg's segmentation, for pictures.", 2
)
