"""The second branch of SegResNet: it draws the image from what the encoder has seen of it."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from desktop_app.core.networks.base import Dimensions
from desktop_app.ml.networks.blocks import block_norm

_LATENT = 16
"""Channels of the latent map, those to which the paper reduces the encoder's last level."""


class DrawingBranch(nn.Module):
    """A variational autoencoder on the last level of an encoder (Myronenko 2018, arXiv 1810.11654, 3.3).

    The paper has dense layers between the encoder and the branch, which fix the size of a patch. Here mean and variance
    are maps at half the resolution of the last level, so that patches of any size can be drawn.

    Args:
        dimensions: 2 or 3.
        channels: Of the encoder's last level.
        inputs: Channels of the image.
        levels: How often the last level is halved against the image.
    """

    def __init__(self, dimensions: Dimensions, channels: int, inputs: int, levels: int) -> None:
        super().__init__()
        kind = nn.Conv2d if dimensions == 2 else nn.Conv3d
        self._enlarge = "bilinear" if dimensions == 2 else "trilinear"
        self.narrow = nn.Sequential(block_norm("batch", channels), nn.ReLU(), kind(channels, _LATENT, 3, 2, 1))
        self.middle, self.spread = kind(_LATENT, _LATENT, 1), kind(_LATENT, _LATENT, 1)
        widths = [channels, *(max(_LATENT, channels >> (level + 1)) for level in range(levels))]
        self.widen = kind(_LATENT, channels, 1)
        self.ups = nn.ModuleList(
            nn.Sequential(kind(wide, narrow, 3, padding=1), block_norm("batch", narrow), nn.ReLU())
            for wide, narrow in zip(widths, [*widths[1:], widths[-1]], strict=True)
        )
        self.last = kind(widths[-1], inputs, 1)

    def forward(self, deepest: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
        """Squared error of the drawn image plus the Kullback-Leibler divergence of the latent map, means over voxels.

        Args:
            deepest: ``(B, channels, …)``, the encoder's last level.
            image: ``(B, inputs, [Z,] Y, X)``, what the encoder saw.
        """
        narrow = self.narrow(deepest)
        middle, log_variance = self.middle(narrow).float(), self.spread(narrow).float().clamp(-10, 10)
        drawn = self.widen(middle + torch.randn_like(middle) * (log_variance / 2).exp())
        for up in self.ups:
            drawn = up(functional.interpolate(drawn, scale_factor=2, mode=self._enlarge))
        drawn = functional.interpolate(self.last(drawn), size=image.shape[2:], mode=self._enlarge)
        divergence = 0.5 * (middle.square() + log_variance.exp() - log_variance - 1).mean()
        return functional.mse_loss(drawn.float(), image.float()) + divergence
