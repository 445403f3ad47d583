"""The residual U-Net: the all-rounder."""

from __future__ import annotations

import torch
from torch import nn

from desktop_app.core.networks.base import Dimensions
from desktop_app.core.networks.residual_unet import ResidualUNetArguments, level_strides
from desktop_app.ml.networks.blocks import ConvolutionBlock, ResidualBlock, convolution, upscaling

_MOST_CHANNELS = 320
"""As in nnU-Net (Isensee et al. 2021, doi 10.1038/s41592-020-01008-z): wider levels cost memory and gain little."""


class ResidualUNet(nn.Module):
    """U-Net (Ronneberger et al. 2015, arXiv 1505.04597) with residual blocks on the way down.

    Input ``(B, C, [Z,] Y, X)`` with each size a multiple of the divisor of its record;
    output the same size with raw logits.
    The finest level is kept light, because most of the time would be spent there.

    Args:
        dimensions: 2 or 3.
        inputs: Channels of the image.
        outputs: Channels of the logits.
        arguments: Size of the network.
    """

    def __init__(self, dimensions: Dimensions, inputs: int, outputs: int, arguments: ResidualUNetArguments) -> None:
        super().__init__()
        channels = [min(arguments.channels * 2**level, _MOST_CHANNELS) for level in range(arguments.levels)]
        strides, norm = level_strides(dimensions, arguments), arguments.norm
        self.encoder = nn.ModuleList(
            [
                nn.Sequential(
                    ConvolutionBlock(dimensions, inputs, channels[0], norm),
                    *(ConvolutionBlock(dimensions, channels[0], channels[0], norm) for _ in range(arguments.blocks)),
                )
            ]
        )
        self.upscaling = nn.ModuleList()
        self.decoder = nn.ModuleList()
        for level in range(1, arguments.levels):
            fine, coarse, stride = channels[level - 1], channels[level], strides[level - 1]
            more = (ResidualBlock(dimensions, coarse, coarse, norm) for _ in range(arguments.blocks - 1))
            self.encoder.append(nn.Sequential(ResidualBlock(dimensions, fine, coarse, norm, stride), *more))
            self.upscaling.append(upscaling(dimensions, coarse, fine, stride))
            self.decoder.append(ConvolutionBlock(dimensions, 2 * fine, fine, norm))
        self.output = convolution(dimensions, channels[0], outputs, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits ``(B, outputs, [Z,] Y, X)`` of an image ``(B, inputs, [Z,] Y, X)``."""
        values, skipped = image, []
        for stage in self.encoder:
            values = stage(values)
            skipped.append(values)
        for level in range(len(self.decoder) - 1, -1, -1):
            values = torch.cat([self.upscaling[level](values), skipped[level]], dim=1)
            values = self.decoder[level](values)
        logits: torch.Tensor = self.output(values)
        return logits

    def stages(self) -> list[nn.Module]:
        """Parts that can be frozen, from the image inwards."""
        return list(self.encoder)
