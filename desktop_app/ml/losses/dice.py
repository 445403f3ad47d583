"""Overlap alone."""

from __future__ import annotations

import torch
from torch import nn

from desktop_app.core.losses.dice import DiceParameters
from desktop_app.ml.losses.known_voxels import known_voxels, tversky_index


class DiceLoss(nn.Module):
    """One minus the mean soft Dice of the classes (Milletari et al. 2016, arXiv 1606.04797)."""

    def __init__(self, settings: DiceParameters) -> None:
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
        first = 0 if self.settings.background else 1
        return 1 - tversky_index(voxels, first=first).mean()
