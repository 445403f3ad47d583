"""The W-Net: two U-Nets in a row, learned without labels."""

from __future__ import annotations

import itertools
import math

import torch
from torch import nn

from desktop_app.core.networks.base import Dimensions
from desktop_app.core.networks.fields import PublishedNorm
from desktop_app.core.networks.wnet import WNetArguments
from desktop_app.ml.networks.blocks import block_norm, convolution, upscaling

KINDS, RECONSTRUCTION = "kinds", "reconstruction"
_GROUPS = 4  # of the group normalisation as published
_POOLING: dict[int, type[nn.Module]] = {2: nn.MaxPool2d, 3: nn.MaxPool3d}
_REMEMBERED = 0.9
"""Share of the old mean grey value of a kind that a training step keeps: the mean of about ten steps."""
_LEAST_SHARE = 1e-3
"""Of all voxels: what is rarer counts as no kind, as its mean grey value is chance."""


class WNet(nn.Module):
    """A U-Net that sorts voxels into kinds, and one that draws the image from these.

    W-Net (Xia and Kulis 2017, arXiv 1711.08506) with the blocks and sizes of WNet3D (Achard et al. 2025, eLife 99848):
    with 64 channels and 4 levels 25,265,090 weights sort one channel into two kinds. Sizes are multiples of its
    record's divisor.

    In training it gives ``kinds``, logits ``(B, outputs, [Z,] Y, X)``, and ``reconstruction``, ``(B, inputs, [Z,] Y,
    X)``, and remembers how bright each kind is. Afterwards it gives the logits alone, the most conspicuous kind first:
    that whose mean grey value is farthest from the mean of all, as far as it was seen at all.

    Args:
        dimensions: 2 or 3.
        inputs: Channels of the image.
        outputs: How many kinds.
        arguments: Size of the network.
    """

    mean_greys: torch.Tensor
    shares: torch.Tensor

    def __init__(self, dimensions: Dimensions, inputs: int, outputs: int, arguments: WNetArguments) -> None:
        super().__init__()
        self.encoder = _UNet(dimensions, inputs, outputs, arguments)
        self.decoder = _UNet(dimensions, outputs, inputs, arguments)
        self.register_buffer("mean_greys", torch.zeros(outputs))
        self.register_buffer("shares", torch.zeros(outputs))

    def forward(self, image: torch.Tensor) -> torch.Tensor | dict[str, torch.Tensor]:
        """What the two nets make of an image ``(B, inputs, [Z,] Y, X)``."""
        logits: torch.Tensor = self.encoder(image)
        if not self.training:
            order = self.order()
            if torch.jit.is_tracing():  # type: ignore[attr-defined]
                # It is what it is once learned, and not each runtime can sort.
                order = torch.tensor(order.tolist())
            return logits[:, order]
        kinds = torch.softmax(logits, 1)
        self._remember(image, kinds)
        return {KINDS: logits, RECONSTRUCTION: self.decoder(kinds)}

    def order(self) -> torch.Tensor:
        """Places of the kinds ``(outputs,)``, the most conspicuous first."""
        mean = (self.mean_greys * self.shares).sum() / self.shares.sum().clamp_min(_LEAST_SHARE)
        contrast = torch.where(self.shares < _LEAST_SHARE, -1.0, (self.mean_greys - mean).abs())
        return torch.argsort(contrast, descending=True, stable=True)

    def stages(self) -> list[nn.Module]:
        """Parts that can be frozen, from the image inwards."""
        return list(self.encoder.down)

    @torch.no_grad()
    def _remember(self, image: torch.Tensor, kinds: torch.Tensor) -> None:
        """Follow mean grey value and share of each kind, first channel of the image."""
        weights = kinds.float().transpose(0, 1).flatten(1)
        shares = weights.mean(1)
        greys = (weights * image[:, 0].float().flatten()).mean(1) / shares.clamp_min(1e-6)
        kept = _REMEMBERED if self.shares.any() else 0.0
        self.mean_greys.copy_(kept * self.mean_greys + (1 - kept) * greys)
        self.shares.copy_(kept * self.shares + (1 - kept) * shares)


class _UNet(nn.Module):
    """One of the two."""

    def __init__(self, dimensions: Dimensions, inputs: int, outputs: int, arguments: WNetArguments) -> None:
        super().__init__()
        width = [arguments.channels * 2**level for level in range(arguments.levels)]
        steps = (2,) * dimensions

        def block(before: int, after: int) -> nn.Module:
            parts = [_inner(dimensions, before, after, arguments), _inner(dimensions, after, after, arguments)]
            return nn.Sequential(*parts)

        def plain(before: int) -> list[nn.Module]:
            first = [convolution(dimensions, before, width[0]), *_end(width[0], arguments)]
            return [*first, convolution(dimensions, width[0], width[0]), *_end(width[0], arguments)]

        self.pooling = _POOLING[dimensions](2)
        self.down = nn.ModuleList([nn.Sequential(*plain(inputs)), *map(block, width, width[1:])])
        self.enlarge = nn.ModuleList(
            upscaling(dimensions, deep, here, steps) for here, deep in itertools.pairwise(width)
        )
        self.up = nn.ModuleList(
            [
                nn.Sequential(*plain(2 * width[0]), convolution(dimensions, width[0], outputs, 1)),
                *(block(2 * here, here) for here in width[1:-1]),
            ]
        )

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """``(B, C, [Z,] Y, X)`` in, the same with its outputs out."""
        skipped = []
        for level, stage in enumerate(self.down):
            values = stage(self.pooling(values) if level else values)
            skipped.append(values)
        for level in range(len(self.up) - 1, -1, -1):
            values = self.up[level](torch.cat([skipped[level], self.enlarge[level](values)], 1))
        return values


def _inner(dimensions: Dimensions, before: int, after: int, arguments: WNetArguments) -> nn.Module:
    """A convolution over space, one over channels, and what ends a block."""
    parts = [convolution(dimensions, before, before), convolution(dimensions, before, after, 1)]
    return nn.Sequential(*parts, *_end(after, arguments))


def _end(channels: int, arguments: WNetArguments) -> list[nn.Module]:
    """Rectifier, dropout, normalisation; the last as published, or that of the networks here."""
    return [nn.ReLU(inplace=True), nn.Dropout(arguments.dropout), _norm(channels, arguments.norm)]


def _norm(channels: int, kind: PublishedNorm) -> nn.Module:
    return nn.GroupNorm(math.gcd(_GROUPS, channels), channels) if kind == "published" else block_norm("batch", channels)
