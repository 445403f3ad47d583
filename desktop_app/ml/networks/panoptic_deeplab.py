"""Panoptic-DeepLab: the stronger of the panoptic networks."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from desktop_app.core.networks.base import Dimensions
from desktop_app.core.networks.panoptic_deeplab import OUTPUT_STRIDE, RATES, PanopticDeepLabArguments
from desktop_app.ml.networks.normalisation import ConvNorm, NormKind, SeparableBlock, start_rectified
from desktop_app.ml.networks.panoptic import PanopticNetwork
from desktop_app.ml.networks.patch_mean import PatchMean

_LOW_LEVEL = 32
"""Channels kept of the finest map for the classes, half of them for the objects; as published weights have them."""


class ImagePooling(nn.Module):
    """The mean of a whole patch, at each place: with it a place looks different with what else is around it."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.aspp_pooling = nn.Sequential(
            PatchMean(OUTPUT_STRIDE), nn.Conv2d(inputs, outputs, 1, bias=False), nn.ReLU(inplace=True)
        )

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """``(B, inputs, y, x)`` in, ``(B, outputs, y, x)`` out."""
        mean: torch.Tensor = self.aspp_pooling(values)
        return mean.expand(-1, -1, *values.shape[-2:])


class PyramidPooling(nn.Module):
    """Views of several widths side by side (atrous spatial pyramid pooling; Chen et al. 2017, arXiv 1706.05587)."""

    def __init__(self, inputs: int, outputs: int, dropout: float, norm: NormKind, *, image: bool) -> None:
        super().__init__()
        wide = [ConvNorm(inputs, outputs, 3, norm, dilation=rate) for rate in RATES]
        whole = [ImagePooling(inputs, outputs)] if image else []
        self.convs = nn.ModuleList([ConvNorm(inputs, outputs, 1, norm), *wide, *whole])
        self.project = ConvNorm(len(self.convs) * outputs, outputs, 1, norm)
        self.dropout = nn.Dropout(dropout)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """``(B, inputs, y, x)`` in, ``(B, outputs, y, x)`` out."""
        views = torch.cat([conv(values) for conv in self.convs], dim=1)
        result: torch.Tensor = self.dropout(self.project(views))
        return result


class DeepLabDecoder(nn.Module):
    """From the encoder's coarsest map, sharpened by its finest one, to features at a quarter of the image's size.

    Args:
        inputs: Channels of the encoder's finest and coarsest map.
        low_level: Channels kept of the finest map.
        outputs: Channels of the result.
        dropout: Share of channels left out in training.
        norm: Normalisation of the fusion.
        norm_before: Normalisation of what comes before it, ``none`` where it was folded.
        image_pooling: Whether it also sees the mean of the coarsest map.
    """

    def __init__(
        self,
        inputs: Sequence[int],
        low_level: int,
        outputs: int,
        *,
        dropout: float,
        norm: NormKind,
        norm_before: NormKind,
        image_pooling: bool,
    ) -> None:
        super().__init__()
        finest, coarsest = inputs
        self.aspp = PyramidPooling(coarsest, outputs, dropout, norm_before, image=image_pooling)
        self.project = nn.ModuleList([ConvNorm(finest, low_level, 1, norm_before)])
        self.fuse = nn.ModuleList([SeparableBlock(outputs + low_level, outputs, 5, norm)])
        start_rectified(self)

    def forward(self, finest: torch.Tensor, coarsest: torch.Tensor) -> torch.Tensor:
        """Features ``(B, outputs, H/4, W/4)``."""
        values = self.aspp(coarsest)
        detail = self.project[0](finest)
        values = functional.interpolate(values, size=detail.shape[-2:], mode="bilinear", align_corners=True)
        result: torch.Tensor = self.fuse[0](torch.cat([values, detail], dim=1))
        return result


class PanopticDeepLab(PanopticNetwork):
    """Panoptic-DeepLab (Cheng et al. 2020, arXiv 1911.10194) with PointRend for the outlines.

    Input ``(B, C, Y, X)`` with sizes that are multiples of 16.

    Args:
        _dimensions: Always 2.
        inputs: Channels of the image.
        outputs: Channels of the class logits.
        arguments: Size of the network.
    """

    def __init__(self, _dimensions: Dimensions, inputs: int, outputs: int, arguments: PanopticDeepLabArguments) -> None:
        super().__init__(inputs, outputs, arguments, arguments.channels, OUTPUT_STRIDE)
        self.semantic_decoder = self._decoder(arguments, _LOW_LEVEL)
        self.instance_decoder = self._decoder(arguments, _LOW_LEVEL // 2)

    def decoded(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Features ``(B, channels, H/4, W/4)`` for the classes, and for the objects."""
        finest, *_, coarsest = self.encoder(image)
        return self.semantic_decoder(finest, coarsest), self.instance_decoder(finest, coarsest)

    def _decoder(self, arguments: PanopticDeepLabArguments, low_level: int) -> DeepLabDecoder:
        return DeepLabDecoder(
            (self.encoder.channels[0], self.encoder.channels[-1]),
            low_level,
            arguments.channels,
            dropout=arguments.dropout,
            norm=arguments.norm,
            norm_before="none" if arguments.folded else arguments.norm,
            image_pooling=arguments.image_pooling,
        )
