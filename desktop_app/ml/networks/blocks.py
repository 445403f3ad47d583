"""Building blocks of convolutional networks, for pictures and volumes alike."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from desktop_app.core.networks.base import Dimensions, Norm
from desktop_app.ml.networks.normalisation import BatchNorm

_CONVOLUTION: dict[int, type[nn.Module]] = {2: nn.Conv2d, 3: nn.Conv3d}
_TRANSPOSED: dict[int, type[nn.Module]] = {2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
_POOLING: dict[int, type[nn.Module]] = {2: nn.AvgPool2d, 3: nn.AvgPool3d}
_MOST_GROUPS = 8  # as in MONAI's SegResNet


def convolution(
    dimensions: Dimensions, inputs: int, outputs: int, kernel: int = 3, *, stride: Sequence[int] = (), bias: bool = True
) -> nn.Module:
    """A convolution that keeps the size, or shrinks it by ``stride`` with a kernel twice as wide."""
    strides = tuple(stride) or (1,) * dimensions
    kernels = tuple(2 * s if s > 1 else kernel for s in strides)
    padding = tuple(s // 2 if s > 1 else kernel // 2 for s in strides)
    return _CONVOLUTION[dimensions](inputs, outputs, kernels, strides, padding, bias=bias)


def upscaling(dimensions: Dimensions, inputs: int, outputs: int, stride: Sequence[int]) -> nn.Module:
    """A transposed convolution that undoes a shrinking by ``stride``."""
    return _TRANSPOSED[dimensions](inputs, outputs, tuple(stride), tuple(stride))


def block_norm(kind: Norm, channels: int) -> nn.Module:
    """Batch normalisation with the statistics of training, or group normalisation (Wu and He 2018, arXiv 1803.08494)
    with at most eight groups and the statistics of the tile.
    """
    if kind == "batch":
        return BatchNorm(channels, renormalised=True)
    groups = next(g for g in range(min(_MOST_GROUPS, channels), 0, -1) if channels % g == 0)
    return nn.GroupNorm(groups, channels)


class ConvolutionBlock(nn.Sequential):
    """Convolution, normalisation, leaky rectifier; the size stays."""

    def __init__(self, dimensions: Dimensions, inputs: int, outputs: int, norm: Norm) -> None:
        super().__init__(
            convolution(dimensions, inputs, outputs, bias=False),
            block_norm(norm, outputs),
            nn.LeakyReLU(0.01, inplace=True),
        )


class ResidualBlock(nn.Module):
    """Two convolutions with a shortcut (He et al. 2016, arXiv 1512.03385); the first may shrink the size.

    The shortcut averages where the block shrinks, so that no voxel is passed over.
    """

    def __init__(
        self, dimensions: Dimensions, inputs: int, outputs: int, norm: Norm, stride: Sequence[int] = ()
    ) -> None:
        super().__init__()
        strides = tuple(stride) or (1,) * dimensions
        kernels = tuple(3 for _ in strides)
        conv = _CONVOLUTION[dimensions]
        self.first = conv(inputs, outputs, kernels, strides, 1, bias=False)
        self.first_norm = block_norm(norm, outputs)
        self.second = conv(outputs, outputs, kernels, 1, 1, bias=False)
        self.second_norm = block_norm(norm, outputs)
        self.activation = nn.LeakyReLU(0.01, inplace=True)
        shortcut: list[nn.Module] = []
        if max(strides) > 1:
            shortcut.append(_POOLING[dimensions](strides, strides))
        if inputs != outputs:
            shortcut.append(conv(inputs, outputs, 1, bias=False))
        self.shortcut = nn.Sequential(*shortcut)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """``(B, C, [Z,] Y, X)`` in, the same with the block's channels and size out."""
        inner = self.activation(self.first_norm(self.first(values)))
        inner = self.second_norm(self.second(inner))
        return self.activation(inner + self.shortcut(values))
