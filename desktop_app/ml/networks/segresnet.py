"""SegResNet of MONAI."""

from __future__ import annotations

from math import gcd
from typing import Any

import torch
from torch import nn

from desktop_app.core.networks.base import Dimensions
from desktop_app.core.networks.segresnet import BLOCKS, SegResNetArguments
from desktop_app.ml.networks.autoencoder import DrawingBranch
from desktop_app.ml.networks.published import use_batch_statistics
from desktop_app.ml.networks.side_loss import with_side_loss

_MOST_GROUPS = 8
"""Groups of the normalisation, as published; fewer where 8 does not divide the channels."""


class SegResNetNetwork(nn.Module):
    """Encoder-decoder with residual blocks (Myronenko 2018, arXiv 1810.11654).

    Input ``(B, C, [Z,] Y, X)`` with sizes that are multiples of the divisor of its record;
    output the same size with raw logits.

    MONAI is imported when the first one is built, because that takes as long as importing torch.

    Args:
        dimensions: 2 or 3.
        inputs: Channels of the image.
        outputs: Channels of the logits.
        arguments: Size of the network.
    """

    def __init__(self, dimensions: Dimensions, inputs: int, outputs: int, arguments: SegResNetArguments) -> None:
        from monai.networks.nets.segresnet import SegResNet

        super().__init__()
        self.network = SegResNet(
            spatial_dims=dimensions,
            init_filters=arguments.channels,
            in_channels=inputs,
            out_channels=outputs,
            blocks_down=BLOCKS,
            dropout_prob=arguments.dropout or None,
            norm=("GROUP", {"num_groups": gcd(_MOST_GROUPS, arguments.channels)}),
        )

        if arguments.norm == "batch":
            use_batch_statistics(self.network)
        self._weight = arguments.autoencoder
        deepest, levels = arguments.channels * 2 ** (len(BLOCKS) - 1), len(BLOCKS) - 1
        self.drawing = DrawingBranch(dimensions, deepest, inputs, levels) if arguments.autoencoder else None

    def forward(self, image: torch.Tensor) -> Any:
        """Logits ``(B, outputs, [Z,] Y, X)`` of an image ``(B, inputs, [Z,] Y, X)``; in training with its own loss."""
        if self.drawing is None or not self.training:
            return self.network(image)
        deepest, levels = self.network.encode(image)
        logits = self.network.decode(deepest, levels[::-1])
        return with_side_loss(logits, self._weight * self.drawing(deepest, image))

    def stages(self) -> list[nn.Module]:
        """Parts that can be frozen, from the image inwards."""
        first, *others = self.network.down_layers
        return [nn.ModuleList([self.network.convInit, first]), *others]
