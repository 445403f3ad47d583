"""A network in one file: it halves nothing, but looks at boxes of 3 × 12 × 12 voxels at once."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import nn
from torch.nn import functional

from desktop_app.core.config.base import Parameters
from desktop_app.core.imaging import Index3
from desktop_app.core.networks.base import Dimensions, ImageFacts, NetworkSettings, TrainableNetwork
from desktop_app.core.networks.patches import suggested_patch

BOX: Index3 = (3, 12, 12)


class ToyArguments(Parameters):
    """Size of the toy."""

    width: int = Field(default=2, ge=1, le=8, title="Width of the toy", description="2 is enough.")


class ToyNetwork(nn.Module):
    """Logits ``(B, outputs, Z, Y, X)`` of each voxel and of the mean of its box, of an image of whole boxes."""

    def __init__(self, _dimensions: Dimensions, inputs: int, outputs: int, arguments: ToyArguments) -> None:
        super().__init__()
        self.first = nn.Conv3d(inputs, arguments.width, 1)
        self.last = nn.Conv3d(2 * arguments.width, outputs, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Fails on an image that is not made of whole boxes."""
        values = self.first(image)
        means = functional.avg_pool3d(values, BOX)
        spread = functional.interpolate(means, scale_factor=BOX)
        logits: torch.Tensor = self.last(torch.cat([values, spread], dim=1))
        return logits


def _suggest(facts: ImageFacts) -> NetworkSettings:
    return NetworkSettings(ToyArguments(width=3).model_dump(), suggested_patch(facts, BOX, flat=False), 2)


RECORD = TrainableNetwork(
    "toy",
    "Toy network",
    "For a test.",
    3,
    ToyArguments,
    recipes=("semantic",),
    divisor=lambda _arguments: BOX,
    suggest=_suggest,
    stages=lambda _arguments: 0,
)
