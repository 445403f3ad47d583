"""The bidirectional feature pyramid of EfficientDet: coarse and fine views exchanged, again and again."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from desktop_app.core.networks.panoptic_bifpn import LEVELS
from desktop_app.ml.networks.normalisation import ConvNorm, NormKind, SeparableBlock, start_rectified

_TINY = 1e-4  # as published (Tan et al. 2020, section 3.3)


class Resample(nn.Module):
    """Brings a map to the channels of the pyramid; nothing where it has them."""

    def __init__(self, inputs: int, outputs: int, norm: NormKind) -> None:
        super().__init__()
        if inputs == outputs:
            self.conv: nn.Module = nn.Identity()
        else:
            self.conv = ConvNorm(inputs, outputs, 1, norm, rectified=False)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """``(B, inputs, y, x)`` in, ``(B, outputs, y, x)`` out."""
        resampled: torch.Tensor = self.conv(values)
        return resampled


class _Pass(nn.Module):
    """One way through the pyramid: at each level, weighted maps are added and convolved.

    One vector of weights serves all levels: a fusion of n maps at its i-th step takes n of them from the i-th on. One
    convolution, with its statistics, serves all levels, too.
    """

    def __init__(self, laterals: Sequence[int], channels: int, norm: NormKind) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.ones(LEVELS))
        self.resamplings = nn.ModuleList(Resample(inputs, channels, norm) for inputs in laterals)
        self.after_combine = SeparableBlock(channels, channels, 3, norm, nn.SiLU(inplace=True))

    def _weights(self) -> torch.Tensor:
        positive = torch.relu(self.weights)
        return positive / (positive.sum() + _TINY)

    def _combined(self, weights: torch.Tensor, maps: Sequence[torch.Tensor]) -> torch.Tensor:
        shares = weights[: len(maps)]
        shares = shares / (shares.sum() + _TINY)
        fused = maps[0] * shares[0]
        for share, values in zip(shares[1:], maps[1:], strict=True):
            fused = fused + values * share
        result: torch.Tensor = self.after_combine(fused)
        return result


class TopDown(_Pass):
    """From the coarsest map to the finest."""

    def forward(self, maps: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """Maps fine to coarse in, the same in the pyramid's channels out; the coarsest stays as it is."""
        weights = self._weights()
        found = [maps[-1]]
        for step, lateral in enumerate(maps[-2::-1]):
            above = functional.interpolate(found[-1], scale_factor=2, mode="nearest")
            found.append(self._combined(weights[step:], [above, self.resamplings[step](lateral)]))
        return found[::-1]


class BottomUp(_Pass):
    """From the finest map to the coarsest."""

    def forward(self, maps: Sequence[torch.Tensor], refined: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """Fuses ``maps`` with what ``TopDown`` made of them, fine to coarse; its finest is passed on as it is."""
        weights = self._weights()
        found = [refined[0]]
        for step, lateral in enumerate(maps[1:]):
            below = pooled(found[-1])
            middle = [refined[step + 1]] if step + 2 < len(maps) else []
            found.append(self._combined(weights[step:], [below, self.resamplings[step](lateral), *middle]))
        return found


class BiFPNLayer(nn.Module):
    """Once down and once up the pyramid."""

    def __init__(self, inputs: Sequence[int], channels: int, norm: NormKind) -> None:
        super().__init__()
        self.top_down_fpn = TopDown(inputs[-2::-1], channels, norm)
        self.bottom_up_fpn = BottomUp(inputs[1:], channels, norm)

    def forward(self, maps: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """Maps fine to coarse in and out."""
        refined: list[torch.Tensor] = self.bottom_up_fpn(maps, self.top_down_fpn(maps))
        return refined


class BiFPN(nn.Module):
    """Bidirectional feature pyramid (Tan et al. 2020, arXiv 1911.09070) of five levels, strides 8 to 128.

    Args:
        inputs: Channels of the encoder's maps of strides 8, 16 and 32.
        channels: Of all levels of the pyramid.
        layers: How often it is passed down and up.
        norm: Normalisation.
    """

    def __init__(self, inputs: Sequence[int], channels: int, layers: int, norm: NormKind) -> None:
        super().__init__()
        self.p6_resample = Resample(inputs[-1], channels, norm)
        first = [*inputs, channels, channels]
        later = [channels] * LEVELS
        self.bifpns = nn.ModuleList(BiFPNLayer(later if number else first, channels, norm) for number in range(layers))
        start_rectified(self)

    def forward(self, maps: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """The encoder's maps of strides 8, 16 and 32 in; five maps of ``channels`` out, fine to coarse."""
        sixth = pooled(self.p6_resample(maps[-1]))
        levels = [*maps, sixth, pooled(sixth)]
        for layer in self.bifpns:
            levels = layer(levels)
        return levels


def pooled(values: torch.Tensor) -> torch.Tensor:
    """A map at half its size: the largest of 3 × 3 neighbours."""
    return functional.max_pool2d(values, 3, stride=2, padding=1)
