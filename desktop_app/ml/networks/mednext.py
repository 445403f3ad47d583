"""MedNeXt of MONAI."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from desktop_app.core.networks.base import Dimensions
from desktop_app.core.networks.mednext import MedNeXtArguments
from desktop_app.ml.networks.published import PublishedNetwork


class MedNeXtNetwork(PublishedNetwork):
    """ConvNeXt blocks in a U-Net (Roy et al. 2023, arXiv 2303.09975).

    While it trains with deep supervision it gives the logits of several levels, the finest first, each enlarged to the
    size of the image.

    Args:
        dimensions: 2 or 3.
        inputs: Channels of the image.
        outputs: Channels of the logits.
        arguments: Size of the network.
    """

    def __init__(self, dimensions: Dimensions, inputs: int, outputs: int, arguments: MedNeXtArguments) -> None:
        from monai.networks.nets.mednext import MedNeXt

        network = MedNeXt(
            spatial_dims=dimensions,
            init_filters=arguments.channels,
            in_channels=inputs,
            out_channels=outputs,
            encoder_expansion_ratio=arguments.expansion,
            decoder_expansion_ratio=arguments.expansion,
            bottleneck_expansion_ratio=arguments.expansion,
            kernel_size=arguments.kernel,
            deep_supervision=arguments.deep_supervision,
            use_residual_connection=True,
        )
        super().__init__(network, arguments.norm)

    def forward(self, image: torch.Tensor) -> Any:
        """Logits ``(B, outputs, [Z,] Y, X)``; a tuple of them, the finest first, while it trains at several levels."""
        found = self.network(image)
        if not isinstance(found, tuple):
            return found
        finest, *coarse = found
        return (finest, *(functional.interpolate(level, image.shape[2:]) for level in coarse))

    def stages(self) -> list[nn.Module]:
        """Parts that can be frozen, from the image inwards."""
        net = self.network
        first = nn.ModuleList([net.stem, net.enc_stages[0]])
        others = [
            nn.ModuleList(pair) for pair in zip(net.down_blocks, [*net.enc_stages[1:], net.bottleneck], strict=True)
        ]
        return [first, *others]
