"""Error of the voxels that are hard."""

from __future__ import annotations

import torch
from torch import nn

from desktop_app.core.losses.focal import FocalParameters
from desktop_app.ml.losses.known_voxels import KnownVoxels, known_voxels


class FocalLoss(nn.Module):
    """Cross-entropy in which voxels that are nearly right count little (Lin et al. 2017, arXiv 1708.02002)."""

    def __init__(self, settings: FocalParameters) -> None:
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
        return voxels.mean(focal(voxels, self.settings.gamma), voxels.class_weights(self.settings.balance))


def focal(voxels: KnownVoxels, gamma: float) -> torch.Tensor:
    """Of each voxel ``(B, [Z,] Y, X)``: its cross-entropy times the chance of its being wrong to the power of gamma."""
    entropy = voxels.entropy()
    return (1 - torch.exp(-entropy)) ** gamma * entropy
