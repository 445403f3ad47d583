"""Overlap and voxel loss together, for classes that exclude each other."""

from __future__ import annotations

import torch

from desktop_app.core.losses.dice_cross_entropy import DiceCrossEntropyParameters
from desktop_app.ml.losses.class_loss import ClassLoss
from desktop_app.ml.losses.known_voxels import KnownVoxels, tversky_index


class DiceCrossEntropyLoss(ClassLoss[DiceCrossEntropyParameters]):
    """Cross-entropy plus one minus the mean soft Dice of the classes (Milletari et al. 2016, arXiv 1606.04797).

    Dice is summed over the whole batch, the background left out; a class that neither occurs nor is predicted
    counts as perfect. Voxels with the target 255 are ignored by both terms. Without any known voxel the loss is 0.
    """

    def of(self, voxels: KnownVoxels) -> torch.Tensor:
        """As the class says."""
        loss = voxels.logits.sum() * 0.0
        if self.settings.cross_entropy_weight:
            loss = loss + self.settings.cross_entropy_weight * voxels.mean(voxels.entropy())
        if self.settings.dice_weight and bool(voxels.known.any()):
            overlap = tversky_index(voxels)
            loss = loss + self.settings.dice_weight * (1 - overlap.mean())
        return loss
