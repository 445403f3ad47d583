"""Loss of the depth inside objects."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

_INSIDE_WEIGHT = 5.0
"""How many times more a voxel inside an object weighs; chosen by eye, for objects that fill a fifth of an image."""


class DepthLoss(nn.Module):
    """Cross-entropy of a depth between 0 (outside, border) and 1 (middle of an object), as a soft target.

    Voxels inside objects weigh more, because they are few. Without any known voxel the loss is 0. It comes beside the
    loss that the user chooses.
    """

    def forward(
        self, logits: torch.Tensor, depth: torch.Tensor, known: torch.Tensor, counts: torch.Tensor | None = None
    ) -> torch.Tensor:
        """The loss, a scalar.

        Args:
            logits: ``(B, [Z,] Y, X)`` before the sigmoid.
            depth: ``(B, [Z,] Y, X)`` between 0 and 1.
            known: ``(B, [Z,] Y, X)`` bool: voxels that count.
            counts: ``(B, [Z,] Y, X)`` how many times more a voxel counts; None where all count alike.
        """
        if not logits.shape == depth.shape == known.shape:
            raise ValueError(f"Expected one shape, got {logits.shape}, {depth.shape} and {known.shape}")
        loss = functional.binary_cross_entropy_with_logits(logits.float(), depth.float(), reduction="none")
        weight = torch.where(depth > 0, _INSIDE_WEIGHT, 1.0) * known
        weight = weight if counts is None else weight * counts
        return (loss * weight).sum() / known.sum().clamp(min=1)
