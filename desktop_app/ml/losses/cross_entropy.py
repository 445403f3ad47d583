"""Error of single voxels."""

from __future__ import annotations

import torch
from torch import nn

from desktop_app.core.losses.cross_entropy import CrossEntropyParameters
from desktop_app.ml.losses.known_voxels import known_voxels


class CrossEntropyLoss(nn.Module):
    """Cross-entropy of the known voxels, rare classes weighted. Without any known voxel it is 0."""

    def __init__(self, settings: CrossEntropyParameters) -> None:
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
        return voxels.mean(voxels.entropy(), voxels.class_weights(self.settings.balance))
