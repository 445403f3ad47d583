"""What the panoptic networks share: encoder, patch, patches per step."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from pydantic import Field, model_validator

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.networks.base import ImageFacts, NetworkSettings, Norm, TrainableNetwork

ENCODER_STAGES = 5
"""Parts of an encoder that can be frozen: the stem and four stages."""
CELL = 4
"""Edge of a cell of the coarse maps, px: the networks give class, centre and offset at a quarter of the size."""
PATCH = 256
"""Usual edge of a patch, px, as the published models of electron microscopy have it."""
_BATCH_GPU, _BATCH_SMALL_GPU, _BATCH_CPU = 16, 8, 4
"""Patches per step with a GPU, with a small one, and on a processor, where time is short; 16 as published."""
_SMALL_GPU_GB = 5.5
"""A GPU of less memory is small: one sold as 6 GB reports a little less than that."""

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
    """What all panoptic networks share: the encoder and its normalisation."""

    encoder: Encoder = Field(
        default="resnet50",
        title="Encoder",
        description="The part that looks at the image. ResNet50 where there is a GPU: only it can start from "
        "weights pretrained on electron microscopy, which the form then offers. ResNet18 or RegNetY-200MF on a "
        "processor alone: two to three times quicker, but from scratch.",
    )
    norm: Norm = Field(
        default="batch",
        title="Normalisation",
        json_schema_extra=field_extra(advanced=True),
        description="Batch normalisation sees a place alike whatever lies around it, so that empty places stay empty. "
        "Group normalisation is what some models of earlier versions have: they can be improved, a new one begins with "
        "batch.",
    )
    folded: bool = Field(
        default=False,
        title="Normalisation folded into the encoder",
        json_schema_extra=field_extra(advanced=True),
        description="Only for imported models, whose encoder was saved without its normalisation; leave it off.",
    )

    @model_validator(mode="before")
    @classmethod
    def _without_a_number_of_points(cls, values: Any) -> Any:
        """Models of earlier versions say how many pixels are refined; now each is that is doubtful."""
        if not isinstance(values, dict):
            return values
        return {key: value for key, value in values.items() if key != "refined_points"}


def panoptic_record(
    name: str,
    title: str,
    summary: str,
    arguments: type[PanopticArguments],
    edge: int,
    paper: str,
    new: Mapping[str, Any] = MappingProxyType({}),
    reach: int = 0,
) -> TrainableNetwork:
    """The record of a panoptic network.

    Args:
        name: Key in files and on the command line.
        title: Shown to the user.
        summary: When to choose it.
        arguments: Model of its arguments.
        edge: Edges of the image (y, x) must be multiples of this, px.
        paper: Who published it, when and where.
        new: Arguments of new networks that are other than the defaults, which stand for models that do not say them.
        reach: Pixels that its view spans at least, as ``TrainableNetwork.reach``.
    """
    return TrainableNetwork(
        name,
        title,
        summary,
        2,
        arguments,
        recipes=("panoptic",),
        divisor=lambda _arguments: (1, edge, edge),
        suggest=partial(_suggest, arguments, edge, new),
        stages=lambda _arguments: ENCODER_STAGES,
        least=1,
        anew=new,
        reach=reach,
        paper=paper,
    )


def _suggest(
    arguments: type[PanopticArguments], edge: int, new: Mapping[str, Any], facts: ImageFacts
) -> NetworkSettings:
    """A strong encoder where there is a GPU; patches of 256 px, smaller where an image is."""
    memory = facts.gpu_memory_gb
    smallest = min((min(size[1:]) for size in facts.sizes), default=PATCH)
    patch = max(edge, min(PATCH, smallest) // edge * edge)
    chosen = arguments.model_validate({"encoder": "resnet50" if memory else "resnet18", **new})
    batch = _BATCH_CPU
    if memory:
        batch = _BATCH_GPU if memory >= _SMALL_GPU_GB else _BATCH_SMALL_GPU
    return NetworkSettings(chosen.model_dump(), (1, patch, patch), batch)
