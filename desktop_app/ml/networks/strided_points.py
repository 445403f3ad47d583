"""Convolutions of single pixels that leave pixels out."""

from __future__ import annotations

import torch
from torch import nn


class StridedPoints2d(nn.Conv2d):
    """A 1 × 1 convolution with a stride: the pixels that it looks at are taken first.

    The same result as PyTorch's own, in less time. That one writes beyond its memory on processors, where weights lie
    channels last (torch 2.13, 8 channels to 16): the program ends at once, or somewhere else later.
    """

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """``(B, C, Y, X)`` convolved."""
        down, right = self.stride
        return nn.functional.conv2d(values[..., ::down, ::right], self.weight, self.bias, groups=self.groups)


class StridedPoints3d(nn.Conv3d):
    """The same in volumes."""

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """``(B, C, Z, Y, X)`` convolved."""
        deep, down, right = self.stride
        seen = values[..., ::deep, ::down, ::right]
        return nn.functional.conv3d(seen, self.weight, self.bias, groups=self.groups)


_INSTEAD: dict[type[nn.Module], type[nn.Module]] = {nn.Conv2d: StridedPoints2d, nn.Conv3d: StridedPoints3d}


def take_points_first(network: nn.Module) -> None:
    """Have all 1 × 1 convolutions of a network that leave pixels out take the others first; its weights stay."""
    for module in network.modules():
        if type(module) in _INSTEAD and _leaves_out(module):
            module.__class__ = _INSTEAD[type(module)]


def _leaves_out(module: nn.Module) -> bool:
    return (
        isinstance(module, nn.Conv2d | nn.Conv3d)
        and set(module.kernel_size) == {1}
        and max(module.stride) > 1
        and set(module.padding) == {0}
    )
