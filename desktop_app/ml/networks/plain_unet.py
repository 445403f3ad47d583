"""The plain U-Net of TRAILMAP_MS."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from desktop_app.core.networks.base import Dimensions
from desktop_app.core.networks.fields import PublishedNorm
from desktop_app.core.networks.plain_unet import PlainUNetArguments
from desktop_app.ml.networks.blocks import block_norm, convolution

_POOLING: dict[int, type[nn.Module]] = {2: nn.MaxPool2d, 3: nn.MaxPool3d}
_BATCH_NORM: dict[int, type[nn.Module]] = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}


class PlainUNet(nn.Module):
    """U-Net with pooling and nearest-neighbour enlarging (Çiçek et al. 2016, arXiv 1606.06650).

    Each level is twice a convolution, a rectifier and a normalisation, as in TRAILMAP_MS of CellSeg3D, whose weights
    fit with 64 channels and 4 levels. Sizes are multiples of its record's divisor.

    Args:
        dimensions: 2 or 3.
        inputs: Channels of the image.
        outputs: Channels of the logits.
        arguments: Size of the network.
    """

    def __init__(self, dimensions: Dimensions, inputs: int, outputs: int, arguments: PlainUNetArguments) -> None:
        super().__init__()
        width = [arguments.channels * 2**level for level in range(arguments.levels)]
        norm = arguments.norm
        self.encoders = nn.ModuleList(
            _double(dimensions, below, max(below, here // 2), here, norm)
            for below, here in zip([inputs, *width[:-1]], width, strict=True)
        )
        self.decoders = nn.ModuleList(
            _double(dimensions, here + deeper, here, here, norm)
            for deeper, here in zip(width[:0:-1], width[-2::-1], strict=True)
        )
        self.pooling = _POOLING[dimensions](2)
        self.final_conv = convolution(dimensions, width[0], outputs, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits ``(B, outputs, [Z,] Y, X)`` of an image ``(B, inputs, [Z,] Y, X)``."""
        values, kept = image, []
        for level, encoder in enumerate(self.encoders):
            values = encoder(self.pooling(values) if level else values)
            kept.append(values)
        for decoder, skip in zip(self.decoders, kept[-2::-1], strict=True):
            values = decoder(torch.cat([skip, functional.interpolate(values, skip.shape[2:], mode="nearest")], 1))
        logits: torch.Tensor = self.final_conv(values)
        return logits

    def stages(self) -> list[nn.Module]:
        """Parts that can be frozen, from the image inwards."""
        return list(self.encoders)


def _double(dimensions: Dimensions, inputs: int, middle: int, outputs: int, norm: PublishedNorm) -> nn.Module:
    """Twice convolution, rectifier, normalisation."""
    parts: list[nn.Module] = []
    for before, after in ((inputs, middle), (middle, outputs)):
        own = _BATCH_NORM[dimensions](after) if norm == "published" else block_norm("batch", after)
        parts += [convolution(dimensions, before, after, bias=False), nn.ReLU(inplace=True), own]
    return nn.Sequential(*parts)
