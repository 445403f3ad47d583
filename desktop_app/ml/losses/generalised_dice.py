"""Overlap in which rare classes count as much as large ones."""

from __future__ import annotations

import math

import torch

from desktop_app.core.losses.generalised_dice import GeneralisedDiceParameters
from desktop_app.ml.losses.class_loss import ClassLoss
from desktop_app.ml.losses.known_voxels import KnownVoxels

_SMOOTH = 1e-5
"""Keeps the ratio defined where nothing is known; as in MONAI."""


class GeneralisedDiceLoss(ClassLoss[GeneralisedDiceParameters]):
    """Dice of all classes together, each weighted by one over its squared volume (Sudre et al. 2017, arXiv 1707.03237).

    A class that does not occur in a batch weighs as much as the rarest that does, as in MONAI: with the weight of a
    single voxel it would outweigh all others, and nothing would be learned of these.
    """

    def of(self, voxels: KnownVoxels) -> torch.Tensor:
        """As the class says."""
        probability, truth = voxels.weighted(voxels.probability), voxels.truth
        volumes = voxels.per_class(truth)
        rarity = volumes.where(volumes > 0, volumes.where(volumes > 0, math.inf).min()).clamp(min=1) ** -2
        overlap = (rarity * voxels.per_class(probability * truth)).sum()
        total = (rarity * voxels.per_class(probability + voxels.weighted(truth))).sum()
        return 1 - (2 * overlap + _SMOOTH) / (total + _SMOOTH)
