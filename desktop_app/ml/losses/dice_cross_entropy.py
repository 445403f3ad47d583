"""Overlap and voxel loss together, for classes that exclude each other."""

from __future__ import annotations

import torch
from torch import nn

from desktop_app.core.losses.dice_cross_entropy import DiceCrossEntropyParameters
from desktop_app.ml.losses.known_voxels import known_voxels, tversky_index


class DiceCrossEntropyLoss(nn.Module):
    """Cross-entropy plus one minus the mean soft Dice of the classes (Milletari et al. 2016, arXiv 1606.04797).

    Dice is summed over the whole batch, the background left out; a class that neither occurs nor is predicted
    counts as perfect. Voxels with the target 255 are ignored by both terms. Without any known voxel the loss is 0.

    Args:
        weights: Of the overlap and of the voxel term.
    """

    def __init__(self, weights: DiceCrossEntropyParameters) -> None:
        super().__init__()
        self.dice_weight = weights.dice_weight
        self.cross_entropy_weight = weights.cross_entropy_weight

    def forward(self, logits: torch.Tensor, target: torch.Tensor, weight: torch.Tensor | None = None) -> torch.Tensor:
        """The loss, a scalar.

        Args:
            logits: ``(B, C, [Z,] Y, X)``; channel 0 is the background.
            target: ``(B, [Z,] Y, X)`` class numbers 0 to C - 1, or 255 to ignore.
            weight: ``(B, [Z,] Y, X)`` how much each voxel counts; None: all count alike.
        """
        voxels = known_voxels(logits, target, weight)
        loss = voxels.logits.sum() * 0.0
        if self.cross_entropy_weight:
            loss = loss + self.cross_entropy_weight * voxels.mean(voxels.entropy())
        if self.dice_weight and bool(voxels.known.any()):
            overlap = tversky_index(voxels)
            loss = loss + self.dice_weight * (1 - overlap.mean())
        return loss
