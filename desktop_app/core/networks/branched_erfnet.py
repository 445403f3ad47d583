"""The branched ERFNet, in 2D and 3D."""

from __future__ import annotations

from functools import partial

from desktop_app.core.config.base import Parameters
from desktop_app.core.imaging import Index3
from desktop_app.core.networks.base import Dimensions, ImageFacts, NetworkSettings, TrainableNetwork
from desktop_app.core.networks.fields import dropout_field
from desktop_app.core.networks.patches import suggested_patch
from desktop_app.core.networks.residual_unet import patches_per_step

_HALVINGS = 3
"""Steps down of the encoder, as published."""
DILATIONS = (2, 4, 8, 16)
"""Distances of its dilated convolutions, in cells of the coarsest map, as published."""


class BranchedERFNetArguments(Parameters):
    """Size of a branched ERFNet (Neven et al. 2019, arXiv 1906.11109)."""

    dropout: float = dropout_field(
        "Keeps the network from learning few images by heart; 0.3 is usual, 0 suits short trainings.", default=0.3
    )


def _divisor(dimensions: Dimensions, _arguments: BranchedERFNetArguments) -> Index3:
    part = 2**_HALVINGS
    return (1 if dimensions == 2 else part), part, part


def _suggest(dimensions: Dimensions, facts: ImageFacts) -> NetworkSettings:
    arguments = BranchedERFNetArguments()
    patch = suggested_patch(facts, _divisor(dimensions, arguments), flat=dimensions == 2)
    return NetworkSettings(arguments.model_dump(), patch, patches_per_step(dimensions, patch))


def _record(name: str, title: str, summary: str, dimensions: Dimensions) -> TrainableNetwork:
    return TrainableNetwork(
        name,
        title,
        summary,
        dimensions,
        BranchedERFNetArguments,
        recipes=("embedding",),
        divisor=partial(_divisor, dimensions),
        suggest=partial(_suggest, dimensions),
        stages=lambda _arguments: _HALVINGS,
        reach=2 * max(DILATIONS) * 2**_HALVINGS,
        paper="Neven et al. 2019, arXiv 1906.11109",
    )


ERFNET_3D = _record("erfnet3d", "Branched ERFNet, 3D", "The published network of spatial embeddings, for volumes.", 3)
ERFNET_2D = _record("erfnet2d", "Branched ERFNet, 2D", "The published network of spatial embeddings, for pictures.", 2)
