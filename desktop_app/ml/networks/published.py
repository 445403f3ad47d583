"""Networks of the literature as the recipes here use them."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from desktop_app.core.networks.fields import PublishedNorm
from desktop_app.ml.networks.blocks import block_norm

_OWN_NORMS = (nn.GroupNorm, nn.modules.batchnorm._BatchNorm, nn.modules.instancenorm._InstanceNorm)


class PublishedNetwork(nn.Module):
    """Holds a network of MONAI, whose class says what its parts are.

    Input ``(B, C, [Z,] Y, X)`` with sizes that are multiples of the divisor of its record; output the same size with
    raw logits.

    Args:
        network: With fresh random weights.
        norm: ``batch`` puts the batch normalisation used here in place of the network's own.
    """

    network: Any  # its parts are those of MONAI's class

    def __init__(self, network: nn.Module, norm: PublishedNorm) -> None:
        super().__init__()
        self.network = network
        if norm == "batch":
            use_batch_statistics(network)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits ``(B, outputs, [Z,] Y, X)`` of an image ``(B, inputs, [Z,] Y, X)``."""
        logits: torch.Tensor = self.network(image)
        return logits


def use_batch_statistics(network: nn.Module) -> None:
    """Put the batch normalisation used here in place of each normalisation over space; MONAI builds PyTorch's own.

    Group and instance normalisation see a place differently with what else is in the tile.
    """
    for parent in list(network.modules()):
        for name, module in list(parent.named_children()):
            if isinstance(module, _OWN_NORMS):
                channels = module.num_channels if isinstance(module, nn.GroupNorm) else module.num_features
                setattr(parent, name, block_norm("batch", channels))
