"""Overlap and hard voxels together."""

from __future__ import annotations

import torch

from desktop_app.core.losses.dice_focal import DiceFocalParameters
from desktop_app.ml.losses.class_loss import ClassLoss
from desktop_app.ml.losses.focal import focal
from desktop_app.ml.losses.known_voxels import KnownVoxels, tversky_index


class DiceFocalLoss(ClassLoss[DiceFocalParameters]):
    """Weighted sum of one minus the mean soft Dice, background left out, and the mean focal loss."""

    def of(self, voxels: KnownVoxels) -> torch.Tensor:
        """As the class says."""
        overlap = 1 - tversky_index(voxels).mean()
        hard = voxels.mean(focal(voxels, self.settings.gamma))
        return self.settings.dice_weight * overlap + self.settings.focal_weight * hard
