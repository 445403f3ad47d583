"""Error of single voxels, those beside a border most."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from desktop_app.core.losses.border_cross_entropy import BorderCrossEntropyParameters
from desktop_app.ml.losses.known_voxels import known_voxels


class BorderCrossEntropyLoss(nn.Module):
    """Cross-entropy in which voxels beside a border between classes count more (after Ronneberger et al. 2015,
    arXiv 1505.04597, whose weights fall off with distance; here they are even within the width).
    """

    def __init__(self, settings: BorderCrossEntropyParameters) -> None:
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
        truth = voxels.truth
        dims = truth.dim() - 2
        pool = functional.max_pool2d if dims == 2 else functional.max_pool3d
        edge, pad = 2 * self.settings.width + 1, self.settings.width
        near = (pool(truth, edge, 1, pad) > 0).sum(1) > 1
        return voxels.mean(voxels.entropy(), 1 + self.settings.border_weight * near)
