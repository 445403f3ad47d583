"""The residual U-Net of easyreg's segmentation training."""

from __future__ import annotations

import torch
from torch import nn

from desktop_app.core.networks.base import Dimensions
from desktop_app.core.networks.easyreg_unet import EasyregUNetArguments
from desktop_app.core.networks.fields import PublishedNorm
from desktop_app.ml.networks.blocks import block_norm, upscaling

_CONVOLUTION: dict[int, type[nn.Module]] = {2: nn.Conv2d, 3: nn.Conv3d}
_BATCH_NORM: dict[int, type[nn.Module]] = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
_LEAK = 0.01
"""Slope of the rectifiers on the way up for negative values, PyTorch's default."""


class EasyregUNet(nn.Module):
    """Encoder-decoder with residual levels, three halvings (as in easyreg's ``Seg_resid``; Zhu et al. 2019).

    The last convolution gives true logits; in easyreg they pass a leaky rectifier, which hides negative evidence.
    With 32 channels its weights are as many as published: 8,578,530 for two classes.

    Args:
        dimensions: 2 or 3.
        inputs: Channels of the image.
        outputs: Channels of the logits.
        arguments: Size of the network.
    """

    def __init__(self, dimensions: Dimensions, inputs: int, outputs: int, arguments: EasyregUNetArguments) -> None:
        super().__init__()
        d, c, norm = dimensions, arguments.channels, arguments.norm
        self.first = _Layer(d, inputs, c, None)
        self.down1 = _ResidualLevel(d, c, 2 * c, norm, bare=2)
        self.down2 = _ResidualLevel(d, 2 * c, 4 * c, norm)
        self.down3 = _ResidualLevel(d, 4 * c, 8 * c, norm)
        self.up3 = _Up(d, 8 * c, 4 * c, norm)
        self.mixed3 = _Layer(d, 8 * c, 4 * c, norm, leak=_LEAK)
        self.again3 = _Layer(d, 4 * c, 4 * c, norm, leak=_LEAK)
        self.up2 = _Up(d, 4 * c, 4 * c, norm)
        self.mixed2 = _Layer(d, 6 * c, 3 * c, norm, leak=_LEAK)
        self.again2 = _Layer(d, 3 * c, 3 * c, norm, leak=_LEAK)
        self.up1 = _Up(d, 3 * c, 3 * c, norm)
        self.mixed1 = _Layer(d, 4 * c, 2 * c, norm, leak=_LEAK)
        self.last = _CONVOLUTION[d](2 * c, outputs, 3, padding=1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits ``(B, outputs, [Z,] Y, X)`` of an image ``(B, inputs, [Z,] Y, X)``."""
        full = self.first(image)
        half = self.down1(full)
        quarter = self.down2(half)
        values = self.mixed3(torch.cat([self.up3(self.down3(quarter)), quarter], 1))
        values = values + self.again3(values)
        values = self.again2(self.mixed2(torch.cat([self.up2(values), half], 1)))
        values = self.mixed1(torch.cat([self.up1(values), full], 1))
        logits: torch.Tensor = self.last(values)
        return logits

    def stages(self) -> list[nn.Module]:
        """Parts that can be frozen, from the image inwards."""
        return [self.first, self.down1, self.down2, self.down3]


class _Layer(nn.Sequential):
    """Convolution, normalisation where there is one, rectifier."""

    def __init__(
        self, d: Dimensions, inputs: int, outputs: int, norm: PublishedNorm | None, stride: int = 1, leak: float = 0.0
    ) -> None:
        parts = [_CONVOLUTION[d](inputs, outputs, 3, stride, 1), *_norm(d, outputs, norm), nn.LeakyReLU(leak)]
        super().__init__(*parts)


class _ResidualLevel(nn.Module):
    """A halving convolution, and two more whose results are added to its own; the first ``bare`` have no norm."""

    def __init__(self, d: Dimensions, inputs: int, outputs: int, norm: PublishedNorm, bare: int = 0) -> None:
        super().__init__()
        norms = [None if layer < bare else norm for layer in range(3)]
        self.shrink = _Layer(d, inputs, outputs, norms[0], stride=2)
        self.second = _Layer(d, outputs, outputs, norms[1])
        self.third = _Layer(d, outputs, outputs, norms[2])

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        first = self.shrink(values)
        second: torch.Tensor = self.second(first)
        result: torch.Tensor = self.third(second + first) + first
        return result


class _Up(nn.Sequential):
    """Twice as large, normalised, rectified."""

    def __init__(self, d: Dimensions, inputs: int, outputs: int, norm: PublishedNorm) -> None:
        super().__init__(upscaling(d, inputs, outputs, (2,) * d), *_norm(d, outputs, norm), nn.LeakyReLU(_LEAK))


def _norm(d: Dimensions, channels: int, norm: PublishedNorm | None) -> list[nn.Module]:
    if norm is None:
        return []
    return [_BATCH_NORM[d](channels) if norm == "published" else block_norm("batch", channels)]
