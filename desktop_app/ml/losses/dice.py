"""Overlap alone."""

from __future__ import annotations

import torch

from desktop_app.core.losses.dice import DiceParameters
from desktop_app.ml.losses.class_loss import ClassLoss
from desktop_app.ml.losses.known_voxels import KnownVoxels, tversky_index


class DiceLoss(ClassLoss[DiceParameters]):
    """One minus the mean soft Dice of the classes (Milletari et al. 2016, arXiv 1606.04797)."""

    def of(self, voxels: KnownVoxels) -> torch.Tensor:
        """As the class says."""
        first = 0 if self.settings.background else 1
        return 1 - tversky_index(voxels, first=first).mean()
