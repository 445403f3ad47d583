"""What all losses of classes have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import Generic, TypeVar

import torch
from torch import nn

from desktop_app.core.config.base import Parameters
from desktop_app.ml.losses.known_voxels import KnownVoxels, known_voxels

_P = TypeVar("_P", bound=Parameters)


class ClassLoss(nn.Module, Generic[_P]):
    """A loss of classes that exclude each other.

    Args:
        settings: Its parameters.
    """

    def __init__(self, settings: _P) -> None:
        super().__init__()
        self.settings = settings

    def forward(self, logits: torch.Tensor, target: torch.Tensor, weight: torch.Tensor | None = None) -> torch.Tensor:
        """The loss, a scalar.

        Args:
            logits: ``(B, C, [Z,] Y, X)``; channel 0 is the background.
            target: ``(B, [Z,] Y, X)`` class numbers 0 to C - 1, or 255 to ignore.
            weight: ``(B, [Z,] Y, X)`` how much each voxel counts; None: all count alike.

        Raises:
            ValueError: If logits and target are not of one shape.
        """
        return self.of(known_voxels(logits, target, weight))

    @abstractmethod
    def of(self, voxels: KnownVoxels) -> torch.Tensor:
        """The loss of a batch, a scalar."""
