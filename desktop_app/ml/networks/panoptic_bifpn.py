"""Panoptic-BiFPN: the lighter of the panoptic networks."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from desktop_app.core.networks.base import Dimensions
from desktop_app.core.networks.panoptic_bifpn import LEVELS, PanopticBiFPNArguments
from desktop_app.ml.networks.bifpn import BiFPN, Resample
from desktop_app.ml.networks.normalisation import NormKind, SeparableBlock, normalisation
from desktop_app.ml.networks.panoptic import PanopticNetwork


class PyramidDecoder(nn.Module):
    """From the coarsest map of a pyramid step by step to a quarter of the image's size, beside the finer ones."""

    def __init__(self, channels: int, norm: NormKind) -> None:
        super().__init__()
        self.upsamplings = nn.ModuleList(
            _upsampling(2 * channels if step else channels, channels, norm) for step in range(LEVELS)
        )
        self.fusion = SeparableBlock(2 * channels, channels, 5, norm)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.xavier_uniform_(module.weight)

    def forward(self, maps: Sequence[torch.Tensor]) -> torch.Tensor:
        """Maps of strides 4 to 128, fine to coarse, in; ``(B, channels, H/4, W/4)`` out."""
        *finer, values = maps
        for upsampling, skipped in zip(self.upsamplings, reversed(finer), strict=True):
            values = torch.cat([upsampling(values), skipped], dim=1)
        result: torch.Tensor = self.fusion(values)
        return result


class PanopticBiFPN(PanopticNetwork):
    """Panoptic network on two bidirectional feature pyramids (Tan et al. 2020, arXiv 1911.09070), with PointRend.

    Input ``(B, C, Y, X)`` with sizes that are multiples of 128.

    Args:
        _dimensions: Always 2.
        inputs: Channels of the image.
        outputs: Channels of the class logits.
        arguments: Size of the network.
    """

    def __init__(self, _dimensions: Dimensions, inputs: int, outputs: int, arguments: PanopticBiFPNArguments) -> None:
        channels, norm = arguments.channels, arguments.norm
        super().__init__(inputs, outputs, arguments, channels, output_stride=32)
        finest, *coarser = self.encoder.channels
        self.p2_resample = Resample(finest, channels, norm)
        self.semantic_fpn = BiFPN(coarser, channels, arguments.layers, norm)
        self.semantic_decoder = PyramidDecoder(channels, norm)
        self.instance_fpn = BiFPN(coarser, channels, arguments.layers, norm)
        self.instance_decoder = PyramidDecoder(channels, norm)

    def decoded(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Features ``(B, channels, H/4, W/4)`` for the classes, and for the objects."""
        finest, *coarser = self.encoder(image)
        second = self.p2_resample(finest)
        semantic = self.semantic_decoder([second, *self.semantic_fpn(coarser)])
        return semantic, self.instance_decoder([second, *self.instance_fpn(coarser)])


def _upsampling(inputs: int, outputs: int, norm: NormKind) -> nn.Sequential:
    return nn.Sequential(
        nn.ConvTranspose2d(inputs, outputs, 2, stride=2, bias=False),
        normalisation(norm, outputs),
        nn.ReLU(inplace=True),
    )
