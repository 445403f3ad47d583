"""Overlap in which rare classes count as much as large ones."""

from __future__ import annotations

import torch
from torch import nn

from desktop_app.core.losses.generalised_dice import GeneralisedDiceParameters
from desktop_app.ml.losses.known_voxels import known_voxels

_SMOOTH = 1e-5
"""Keeps the ratio defined where nothing is known; as in MONAI."""


class GeneralisedDiceLoss(nn.Module):
    """Dice of all classes together, each weighted by one over its squared volume (Sudre et al. 2017, arXiv 1707.03237).

    A class that does not occur has the weight of a single voxel.
    """

    def __init__(self, settings: GeneralisedDiceParameters) -> None:
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
        probability, truth = voxels.weighted(voxels.probability), voxels.truth
        rarity = 1 / voxels.per_class(truth).clamp(min=1) ** 2
        overlap = (rarity * voxels.per_class(probability * truth)).sum()
        total = (rarity * voxels.per_class(probability + voxels.weighted(truth))).sum()
        return 1 - (2 * overlap + _SMOOTH) / (total + _SMOOTH)
