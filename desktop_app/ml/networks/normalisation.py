"""Normalisation layers of 2D networks, and blocks of a convolution with its normalisation."""

from __future__ import annotations

from math import gcd
from typing import Literal, TypeAlias

import torch
from torch import nn
from torch.nn import functional

NormKind: TypeAlias = Literal["batch", "group", "none"]
"""``none`` stands for a normalisation that was folded into the convolution before it."""
# Groups as published (Wu and He 2018); of fewer than four channels means are noise.
_MOST_GROUPS, _LEAST_PER_GROUP = 32, 4


class BatchNorm(nn.BatchNorm2d):
    """Batch normalisation (Ioffe and Szegedy 2015, arXiv 1502.03167) that also takes a single value per channel.

    A single value has no spread, so the running statistics stand in for its own and stay as they are.
    """

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """``(B, C, Y, X)`` normalised."""
        if self.training and values.numel() == values.shape[1]:
            return functional.batch_norm(
                values, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
            )
        normalised: torch.Tensor = super().forward(values)
        return normalised


def normalisation(kind: NormKind, channels: int) -> nn.Module:
    """The normalisation of ``channels`` channels; nothing for ``none``."""
    if kind == "batch":
        return BatchNorm(channels)
    if kind == "group":
        return nn.GroupNorm(_groups(channels), channels)
    return nn.Identity()


def _groups(channels: int) -> int:
    """At most 32, of four channels or more: of a map of one pixel, too, a group has a mean and a spread."""
    groups = gcd(_MOST_GROUPS, channels)
    while groups > 1 and channels // groups < _LEAST_PER_GROUP:
        groups //= 2
    return groups


def plain_convolution(
    inputs: int, outputs: int, kernel: int, norm: NormKind, *, stride: int = 1, dilation: int = 1, groups: int = 1
) -> nn.Conv2d:
    """A convolution that keeps the size but for its stride; it has a bias only where the normalisation is folded."""
    padding = dilation * (kernel // 2)
    return nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, groups, bias=norm == "none")


class ConvNorm(nn.Sequential):
    """Convolution (``0``), normalisation (``1``) and, unless told otherwise, rectifier."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        norm: NormKind,
        *,
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
        rectified: bool = True,
    ) -> None:
        conv = plain_convolution(inputs, outputs, kernel, norm, stride=stride, dilation=dilation, groups=groups)
        super().__init__(conv, normalisation(norm, outputs), *([nn.ReLU(inplace=True)] if rectified else []))


class SeparableConvolution(nn.Module):
    """A convolution of each channel by itself, then one across channels (Chollet 2017, arXiv 1610.02357)."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__()
        self.sepconv = nn.Sequential(
            nn.Conv2d(inputs, inputs, kernel, padding=kernel // 2, groups=inputs, bias=False),
            nn.Conv2d(inputs, outputs, 1, bias=False),
        )

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """``(B, inputs, Y, X)`` in, ``(B, outputs, Y, X)`` out."""
        mixed: torch.Tensor = self.sepconv(values)
        return mixed


class SeparableBlock(nn.Sequential):
    """Separable convolution, normalisation, activation (a rectifier unless given)."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, norm: NormKind, activation: nn.Module | None = None
    ) -> None:
        super().__init__(
            SeparableConvolution(inputs, outputs, kernel),
            normalisation(norm, outputs),
            activation or nn.ReLU(inplace=True),
        )


def start_rectified(root: nn.Module, mode: Literal["fan_in", "fan_out"] = "fan_in") -> None:
    """Random start weights for convolutions before a rectifier (He et al. 2015, arXiv 1502.01852)."""
    for module in root.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.kaiming_normal_(module.weight, mode=mode, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
