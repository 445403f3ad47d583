"""Overlap in which misses and false finds count differently."""

from __future__ import annotations

import torch
from torch import nn

from desktop_app.core.losses.tversky import TverskyParameters
from desktop_app.ml.losses.known_voxels import known_voxels, tversky_index


class TverskyLoss(nn.Module):
    """One minus the mean Tversky index of the classes (Salehi et al. 2017, arXiv 1706.05721)."""

    def __init__(self, settings: TverskyParameters) -> None:
        super().__init__()
        self.settings = settings

    def forward(self, logits: torch.Tensor, target: torch.Tensor, weight: torch.Tensor | None = None) -> torch.Tensor:
        """The loss, a scalar.

        Args:
            logits: ``(B, C, [Z,] Y, X)``; channel 0 is the background.
            target: ``(B, [Z,] Y, X)`` class numbers 0 to C - 1, or 255 to ignore.
            weight: ``(B, [Z,] Y, X)`` how much each voxel counts; None: all count alike.
        """
        voxels = known_voxels(logits, target, weight)
        costs = self.settings.false_finds, self.settings.misses
        return 1 - tversky_index(voxels, *costs).mean()
