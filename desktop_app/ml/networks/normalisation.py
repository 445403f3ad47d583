"""Normalisation layers, and 2D blocks of a convolution with its normalisation."""

from __future__ import annotations

from math import gcd
from typing import Literal, Self, TypeAlias

import torch
from torch import nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from desktop_app.ml.networks.patch_mean import PatchMean

NormKind: TypeAlias = Literal["batch", "group", "none"]
"""``none`` stands for a normalisation that was folded into the convolution before it."""
# Groups as published (Wu and He 2018); of fewer than four channels means are noise.
_MOST_GROUPS, _LEAST_PER_GROUP = 32, 4
_PLAIN_STEPS, _RAMP_STEPS = 20, 100
"""Steps of plain batch normalisation, then steps in which the corrections are let in, up to the bounds below. The paper
takes 5,000 and 20,000 to 35,000 of its 130,000 steps; runs have some hundred here."""
_MOST_SCALED, _MOST_SHIFTED = 3.0, 5.0
"""Bounds of the corrections, as in the paper."""


class BatchNorm(_BatchNorm):
    """Batch normalisation (Ioffe and Szegedy 2015, arXiv 1502.03167) of pictures and volumes, a single value included.

    In evaluation a network with it sees each place alike, whatever else is in the tile: it takes the statistics of
    training. Group normalisation takes those of the tile, and lifts the noise of an empty one until it looks like
    objects.

    A single value has no spread, so the running statistics stand in for its own and stay as they are.

    Args:
        channels: Of its input.
        renormalised: Whether training, too, sees about what the running statistics would give (batch renormalisation,
            Ioffe 2017, arXiv 1702.03275): right for few patches per step, whose own statistics say little.

    Attributes:
        is_frozen: Whether its statistics stay as they are while the rest of the network trains.
    """

    def __init__(self, channels: int, *, renormalised: bool = False) -> None:
        super().__init__(channels)
        self.renormalised = renormalised
        self.is_frozen = False

    def train(self, mode: bool = True) -> Self:
        """Switch to training or evaluation; frozen ones stay as they are."""
        return super().train(mode and not self.is_frozen)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """``(B, C, [Z,] Y, X)`` normalised."""
        if self.training and values.numel() == values.shape[1]:
            return functional.batch_norm(
                values, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
            )
        if self.training and self.renormalised and self.momentum is not None:
            return self._renormalised(values, self.momentum)
        normalised: torch.Tensor = super().forward(values)
        return normalised

    def _renormalised(self, values: torch.Tensor, momentum: float) -> torch.Tensor:
        """As with the running statistics, but with the gradient of batch statistics."""
        mean, variance, steps = self.running_mean, self.running_var, self.num_batches_tracked
        assert mean is not None
        assert variance is not None
        assert steps is not None
        with torch.no_grad():
            middle, spread = _statistics(values.float(), mean, variance)
            wide = (variance + self.eps).sqrt()
            share = ((steps - _PLAIN_STEPS) / _RAMP_STEPS).clamp(0, 1)
            most_scaled, most_shifted = 1 + share * (_MOST_SCALED - 1), share * _MOST_SHIFTED
            scaled = ((spread + self.eps).sqrt() / wide).clamp(1 / most_scaled, most_scaled)
            shifted = ((middle - mean) / wide).clamp(-most_shifted, most_shifted)
            mean.lerp_(middle, momentum)
            variance.lerp_(spread, momentum)
            steps.add_(1)
        weight, bias = self.weight * scaled, self.weight * shifted + self.bias
        return functional.batch_norm(values, None, None, weight, bias, training=True, eps=self.eps)

    def _check_input_dim(self, _values: torch.Tensor) -> None:
        """Pictures and volumes alike."""


def _statistics(values: torch.Tensor, mean: torch.Tensor, variance: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and variance of each channel of ``(B, C, [Z,] Y, X) float32``.

    On a processor in the way of batch normalisation itself, which is many times quicker for channels that lie last;
    the running statistics are only handed over, because it needs some to update.
    """
    if values.device.type == "cpu":
        middle, spread = torch.batch_norm_update_stats(values, mean.clone(), variance.clone(), 0.0)
        return middle, spread
    spread, middle = torch.var_mean(values, dim=(0, *range(2, values.dim())), correction=0)
    return middle, spread


_OF_THE_TILE = (
    nn.GroupNorm, nn.LayerNorm, nn.InstanceNorm2d, nn.InstanceNorm3d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d,
    PatchMean,
)  # fmt: skip


def parts_of_the_tile(network: nn.Module) -> list[nn.Module]:
    """The parts of a network for which a place looks different with what else is in the tile.

    Transformers normalise the channels of each place by themselves, which no other place changes.
    """
    return [
        module
        for module in network.modules()
        if isinstance(module, _OF_THE_TILE)
        and not (isinstance(module, nn.LayerNorm) and len(module.normalized_shape) == 1)
    ]


def sees_places_alike(network: nn.Module) -> bool:
    """Whether a place looks the same to a network whatever else is in the tile, as far as its parts can be seen.

    A network that came as a program hides them.
    """
    return any(isinstance(module, BatchNorm) for module in network.modules()) and not parts_of_the_tile(network)


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
