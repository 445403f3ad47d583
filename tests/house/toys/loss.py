"""A loss in one file: cross-entropy in which easy voxels count less (Lin et al. 2017, arXiv 1708.02002)."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import nn
from torch.nn import functional

from desktop_app.core.config.base import Parameters
from desktop_app.core.losses.base import LossInfo
from desktop_app.ml.data.targets import IGNORED

used: list[float] = []
"""The focus of each loss that was computed."""


class ToyLossParameters(Parameters):
    """How much less easy voxels count."""

    focus: float = Field(default=2.0, ge=0, le=5, title="Focus of the toy", description="0 is cross-entropy.")


class ToyLoss(nn.Module):
    """Mean over the known voxels of ``(1 - p) ** focus * -log(p)``, p the probability of the right class."""

    def __init__(self, parameters: ToyLossParameters) -> None:
        super().__init__()
        self.focus = parameters.focus

    def forward(self, logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """A scalar from logits ``(B, C, [Z,] Y, X)`` and classes ``(B, [Z,] Y, X)``, 255 where unknown."""
        used.append(self.focus)
        known = target != IGNORED
        entropy = functional.cross_entropy(logits.float(), target.masked_fill(~known, 0).long(), reduction="none")
        focused = (1 - torch.exp(-entropy)) ** self.focus * entropy
        return (focused * known).sum() / known.sum().clamp(min=1)


RECORD = LossInfo("toy", "Toy loss", "For a test.", ToyLossParameters, recipes=("semantic",))
