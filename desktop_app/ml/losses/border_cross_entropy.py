"""Error of single voxels, those beside a border most."""

from __future__ import annotations

import torch
from torch.nn import functional

from desktop_app.core.losses.border_cross_entropy import BorderCrossEntropyParameters
from desktop_app.ml.losses.class_loss import ClassLoss
from desktop_app.ml.losses.known_voxels import KnownVoxels


class BorderCrossEntropyLoss(ClassLoss[BorderCrossEntropyParameters]):
    """Cross-entropy in which voxels beside a border between classes count more (after Ronneberger et al. 2015,
    arXiv 1505.04597, whose weights fall off with distance; here they are even within the width).
    """

    def of(self, voxels: KnownVoxels) -> torch.Tensor:
        """As the class says."""
        truth = voxels.truth
        dims = truth.dim() - 2
        pool = functional.max_pool2d if dims == 2 else functional.max_pool3d
        edge, pad = 2 * self.settings.width + 1, self.settings.width
        near = (pool(truth, edge, 1, pad) > 0).sum(1) > 1
        return voxels.mean(voxels.entropy(), 1 + self.settings.border_weight * near)
