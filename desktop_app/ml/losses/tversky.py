"""Overlap in which misses and false finds count differently."""

from __future__ import annotations

import torch

from desktop_app.core.losses.tversky import TverskyParameters
from desktop_app.ml.losses.class_loss import ClassLoss
from desktop_app.ml.losses.known_voxels import KnownVoxels, tversky_index


class TverskyLoss(ClassLoss[TverskyParameters]):
    """One minus the mean Tversky index of the classes (Salehi et al. 2017, arXiv 1706.05721)."""

    def of(self, voxels: KnownVoxels) -> torch.Tensor:
        """As the class says."""
        costs = self.settings.false_finds, self.settings.misses
        return 1 - tversky_index(voxels, *costs).mean()
