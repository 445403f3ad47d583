"""Overlap and voxel loss together, for classes that exclude each other."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from desktop_app.core.losses.dice_cross_entropy import DiceCrossEntropyParameters
from desktop_app.ml.data.targets import IGNORED


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

    def forward(self, logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """The loss, a scalar.

        Args:
            logits: ``(B, C, [Z,] Y, X)``; channel 0 is the background.
            target: ``(B, [Z,] Y, X)`` class numbers 0 to C - 1, or 255 to ignore.
        """
        if logits.shape[0] != target.shape[0] or logits.shape[2:] != target.shape[1:]:
            raise ValueError(f"Expected logits and target of one shape, got {logits.shape} and {target.shape}")
        logits = logits.float()
        known = target != IGNORED
        classes = target.masked_fill(~known, 0).long()
        loss = logits.sum() * 0.0
        count = known.sum().clamp(min=1)
        if self.cross_entropy_weight:
            entropy = functional.cross_entropy(logits, classes, reduction="none")
            loss = loss + self.cross_entropy_weight * (entropy * known).sum() / count
        if self.dice_weight and bool(known.any()):
            loss = loss + self.dice_weight * self._dice(logits, classes, known)
        return loss

    @staticmethod
    def _dice(logits: torch.Tensor, classes: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
        probability = torch.softmax(logits, dim=1)[:, 1:] * known.unsqueeze(1)
        numbers = torch.arange(1, logits.shape[1], device=logits.device)
        shape = (1, -1, *(1,) * (classes.dim() - 1))
        truth = ((classes.unsqueeze(1) == numbers.view(shape)) & known.unsqueeze(1)).to(probability.dtype)
        axes = (0, *range(2, logits.dim()))
        overlap = (probability * truth).sum(axes)
        total = probability.sum(axes) + truth.sum(axes)
        return 1 - ((2 * overlap + 1) / (total + 1)).mean()
