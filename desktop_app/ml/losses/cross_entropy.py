"""Error of single voxels."""

from __future__ import annotations

import torch

from desktop_app.core.losses.cross_entropy import CrossEntropyParameters
from desktop_app.ml.losses.class_loss import ClassLoss
from desktop_app.ml.losses.known_voxels import KnownVoxels


class CrossEntropyLoss(ClassLoss[CrossEntropyParameters]):
    """Cross-entropy of the known voxels, rare classes weighted. Without any known voxel it is 0."""

    def of(self, voxels: KnownVoxels) -> torch.Tensor:
        """As the class says."""
        return voxels.mean(voxels.entropy(), voxels.class_weights(self.settings.balance))
