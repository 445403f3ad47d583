"""The quick U-Net: a residual U-Net below a stem that shrinks the image at once."""

from __future__ import annotations

import torch
from torch import nn

from desktop_app.core.networks.base import Dimensions
from desktop_app.core.networks.quick_unet import QuickUNetArguments, quick_strides
from desktop_app.ml.networks.blocks import ConvolutionBlock, ResidualBlock, block_norm, convolution, upscaling

_MOST_CHANNELS = 320
"""As in nnU-Net (Isensee et al. 2021, doi 10.1038/s41592-020-01008-z): wider levels cost time and gain little."""


class QuickUNet(nn.Module):
    """A residual U-Net that sees the image through a strided stem, and draws its edges beside the image itself.

    Most operations of a U-Net are those of its finest level, and most of what it knows lies below. So the finest level
    is a single thin block here: of what the levels below say, enlarged, beside the grey values (a skip as thin as the
    image), which keeps the edges of objects where they are. Skips between the levels below are added, not put beside
    (as in SegResNet, Myronenko 2018, arXiv 1810.11654), which halves what the way up costs.

    Input ``(B, C, [Z,] Y, X)`` with each size a multiple of the divisor of its record; output the same size with raw
    logits.

    Args:
        dimensions: 2 or 3.
        inputs: Channels of the image.
        outputs: Channels of the logits.
        arguments: Size of the network.
    """

    def __init__(self, dimensions: Dimensions, inputs: int, outputs: int, arguments: QuickUNetArguments) -> None:
        super().__init__()
        stride, *strides = quick_strides(dimensions, arguments)
        width = [min(arguments.channels * 2**level, _MOST_CHANNELS) for level in range(arguments.levels - 1)]
        more = arguments.blocks - 1
        self.stem = nn.Sequential(
            convolution(dimensions, inputs, width[0], stride=stride, bias=False),
            block_norm("batch", width[0]),
            nn.LeakyReLU(0.01, inplace=True),
        )
        self.encoder = nn.ModuleList([_blocks(dimensions, width[0], width[0], more)])
        self.upscaling, self.decoder = nn.ModuleList(), nn.ModuleList()
        for fine, coarse, step in zip(width[:-1], width[1:], strides, strict=True):
            self.encoder.append(_blocks(dimensions, fine, coarse, more, step))
            self.upscaling.append(upscaling(dimensions, coarse, fine, step))
            self.decoder.append(ConvolutionBlock(dimensions, fine, fine, "batch"))
        self.enlarging = upscaling(dimensions, width[0], arguments.fine_channels, stride)
        self.edges = ConvolutionBlock(dimensions, arguments.fine_channels + inputs, arguments.fine_channels, "batch")
        self.output = convolution(dimensions, arguments.fine_channels, outputs, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits ``(B, outputs, [Z,] Y, X)`` of an image ``(B, inputs, [Z,] Y, X)``."""
        values, skipped = self.stem(image), []
        for stage in self.encoder:
            values = stage(values)
            skipped.append(values)
        for level in range(len(self.decoder) - 1, -1, -1):
            values = self.decoder[level](self.upscaling[level](values) + skipped[level])
        beside = torch.cat([self.enlarging(values), image], dim=1)
        logits: torch.Tensor = self.output(self.edges(beside))
        return logits

    def stages(self) -> list[nn.Module]:
        """Parts that can be frozen, from the image inwards."""
        return [self.stem, *self.encoder]


def _blocks(
    dimensions: Dimensions, inputs: int, outputs: int, more: int, stride: tuple[int, ...] = ()
) -> nn.Sequential:
    """A residual block, which may shrink the size, and so many more."""
    rest = (ResidualBlock(dimensions, outputs, outputs, "batch") for _ in range(more))
    return nn.Sequential(ResidualBlock(dimensions, inputs, outputs, "batch", stride), *rest)
