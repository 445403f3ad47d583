"""Overlap and hard voxels together."""

from __future__ import annotations

import torch
from torch import nn

from desktop_app.core.losses.dice_focal import DiceFocalParameters
from desktop_app.ml.losses.focal import focal
from desktop_app.ml.losses.known_voxels import known_voxels, tversky_index


class DiceFocalLoss(nn.Module):
    """Weighted sum of one minus the mean soft Dice, background left out, and the mean focal loss."""

    def __init__(self, settings: DiceFocalParameters) -> None:
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
        overlap = 1 - tversky_index(voxels).mean()
        hard = voxels.mean(focal(voxels, self.settings.gamma))
        return self.settings.dice_weight * overlap + self.settings.focal_weight * hard
