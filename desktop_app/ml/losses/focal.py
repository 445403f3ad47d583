"""Error of the voxels that are hard."""

from __future__ import annotations

import torch

from desktop_app.core.losses.focal import FocalParameters
from desktop_app.ml.losses.class_loss import ClassLoss
from desktop_app.ml.losses.known_voxels import KnownVoxels


class FocalLoss(ClassLoss[FocalParameters]):
    """Cross-entropy in which voxels that are nearly right count little (Lin et al. 2017, arXiv 1708.02002)."""

    def of(self, voxels: KnownVoxels) -> torch.Tensor:
        """As the class says."""
        return voxels.mean(focal(voxels, self.settings.gamma), voxels.class_weights(self.settings.balance))


def focal(voxels: KnownVoxels, gamma: float) -> torch.Tensor:
    """Of each voxel ``(B, [Z,] Y, X)``: its cross-entropy times the chance of its being wrong to the power of gamma."""
    entropy = voxels.entropy()
    return (1 - torch.exp(-entropy)) ** gamma * entropy
