"""The branched ERFNet: one encoder, one decoder for where an object's centre is and one for how sure that is."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn

from desktop_app.core.networks.base import Dimensions
from desktop_app.core.networks.branched_erfnet import DILATIONS, BranchedERFNetArguments
from desktop_app.ml.networks.normalisation import BatchNorm

_EPSILON = 1e-3  # of the normalisation, as published
_WIDTHS = (16, 64, 128)  # channels of the three levels, as published
_BLOCKS = 5  # of the second level, as published
_DILATIONS = DILATIONS * 2  # of the blocks of the third level, as published
_SHALLOW_DROPOUT = 0.1  # of the dropout of the third level, so that 0.3 there is 0.03 in the second, as published

_CONVOLUTIONS: dict[int, type[nn.Module]] = {2: nn.Conv2d, 3: nn.Conv3d}
_TRANSPOSED: dict[int, type[nn.Module]] = {2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
_POOLINGS: dict[int, type[nn.Module]] = {2: nn.MaxPool2d, 3: nn.MaxPool3d}
_DROPOUTS: dict[int, type[nn.Module]] = {2: nn.Dropout2d, 3: nn.Dropout3d}


def _normalisation(channels: int) -> BatchNorm:
    norm = BatchNorm(channels, renormalised=True)
    norm.eps = _EPSILON
    return norm


class _Down(nn.Module):
    """Halves the size: part of the channels by a convolution, the rest by the largest value."""

    def __init__(self, dimensions: Dimensions, inputs: int, outputs: int) -> None:
        super().__init__()
        self.convolution = _CONVOLUTIONS[dimensions](inputs, outputs - inputs, 3, 2, 1)
        self.pooling = _POOLINGS[dimensions](2, 2)
        self.norm = _normalisation(outputs)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        joined = torch.cat([self.convolution(values), self.pooling(values)], dim=1)
        return torch.relu(self.norm(joined))


def _lines(dimensions: Dimensions, channels: int, dilation: int) -> Iterator[nn.Module]:
    """A convolution along each axis, with rectifiers between them and a normalisation in the end."""
    for axis in range(dimensions):
        kernel, padding, dilations = [1] * dimensions, [0] * dimensions, [1] * dimensions
        kernel[axis], padding[axis], dilations[axis] = 3, dilation, dilation
        yield _CONVOLUTIONS[dimensions](channels, channels, kernel, 1, padding, dilations)
        if axis < dimensions - 1:
            yield nn.ReLU(inplace=True)
    yield _normalisation(channels)


class _Block(nn.Module):
    """Convolutions along single axes, twice, with a shortcut (Romera et al. 2018, doi 10.1109/TITS.2017.2750080)."""

    def __init__(self, dimensions: Dimensions, channels: int, dropout: float, dilation: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            *_lines(dimensions, channels, 1),
            nn.ReLU(inplace=True),
            *_lines(dimensions, channels, dilation),
            _DROPOUTS[dimensions](dropout) if dropout else nn.Identity(),
        )

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.inner(values) + values)


class _Up(nn.Sequential):
    """Doubles the size."""

    def __init__(self, dimensions: Dimensions, inputs: int, outputs: int) -> None:
        super().__init__(
            _TRANSPOSED[dimensions](inputs, outputs, 3, 2, 1, 1), _normalisation(outputs), nn.ReLU(inplace=True)
        )


def _decoder(dimensions: Dimensions, outputs: int) -> nn.Sequential:
    first, second, third = _WIDTHS
    return nn.Sequential(
        _Up(dimensions, third, second),
        _Block(dimensions, second, 0.0, 1),
        _Block(dimensions, second, 0.0, 1),
        _Up(dimensions, second, first),
        _Block(dimensions, first, 0.0, 1),
        _Block(dimensions, first, 0.0, 1),
        _TRANSPOSED[dimensions](first, outputs, 2, 2),
    )


class BranchedERFNet(nn.Module):
    """Branched ERFNet (Neven et al. 2019, arXiv 1906.11109; in 3D Lalit et al. 2021, arXiv 2101.10033).

    Input ``(B, C, [Z,] Y, X)`` with each size a multiple of 8; output the same size with raw outputs, of which one
    decoder makes the last and another all others. Those begin at 0. The published encoder also holds a layer to be
    trained by itself, which nothing uses afterwards; it is left out.

    Args:
        dimensions: 2 or 3.
        inputs: Channels of the image.
        outputs: Channels of the output, at least two.
        arguments: Size of the network.
    """

    def __init__(self, dimensions: Dimensions, inputs: int, outputs: int, arguments: BranchedERFNetArguments) -> None:
        super().__init__()
        first, second, third = _WIDTHS
        shallow = arguments.dropout * _SHALLOW_DROPOUT
        self.encoder = nn.ModuleList(
            [
                _Down(dimensions, inputs, first),
                nn.Sequential(
                    _Down(dimensions, first, second),
                    *(_Block(dimensions, second, shallow, 1) for _ in range(_BLOCKS)),
                ),
                nn.Sequential(
                    _Down(dimensions, second, third),
                    *(_Block(dimensions, third, arguments.dropout, dilation) for dilation in _DILATIONS),
                ),
            ]
        )
        self.places = _decoder(dimensions, outputs - 1)
        self.seeds = _decoder(dimensions, 1)
        last = self.places[-1]
        nn.init.zeros_(last.get_parameter("weight"))
        nn.init.zeros_(last.get_parameter("bias"))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Raw outputs ``(B, outputs, [Z,] Y, X)`` of an image ``(B, inputs, [Z,] Y, X)``."""
        values = image
        for stage in self.encoder:
            values = stage(values)
        return torch.cat([self.places(values), self.seeds(values)], dim=1)

    def stages(self) -> list[nn.Module]:
        """Parts that can be frozen, from the image inwards."""
        return list(self.encoder)
