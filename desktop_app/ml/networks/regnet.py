"""The RegNet family of encoders.

Not those of torchvision or timm, for the reasons that ``resnet`` gives, and because the published panoptic models have
gates that differ from theirs (see ``Gate``).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from desktop_app.ml.networks.normalisation import ConvNorm, NormKind, start_rectified

_STEM = 32  # channels as published (Radosavovic et al. 2020)
_SQUEEZE = 4  # as published (Radosavovic et al. 2020, RegNetY)


@dataclass(frozen=True, slots=True)
class RegNetSize:
    """Size of a RegNet, from the tables of its paper.

    Attributes:
        depths: Blocks of the four stages.
        widths: Channels of the four stages.
        group_width: Channels of each group of the middle convolutions.
        gated: Whether blocks weight their channels.
    """

    depths: tuple[int, int, int, int]
    widths: tuple[int, int, int, int]
    group_width: int
    gated: bool = False


REGNETS: dict[str, RegNetSize] = {
    "regnety_200mf": RegNetSize((1, 1, 4, 7), (24, 56, 152, 368), 8),
    "regnety_800mf": RegNetSize((1, 3, 8, 2), (64, 128, 320, 768), 16),
    "regnety_3p2gf": RegNetSize((2, 5, 13, 1), (72, 216, 576, 1512), 24),
    "regnety_4gf": RegNetSize((2, 6, 12, 2), (128, 192, 512, 1088), 64),
    "regnetx_6p4gf": RegNetSize((2, 4, 10, 1), (168, 392, 784, 1624), 56),
    "regnety_6p4gf": RegNetSize((2, 7, 14, 2), (144, 288, 576, 1296), 72, gated=True),
    "regnety_8gf": RegNetSize((2, 4, 10, 1), (168, 448, 896, 2016), 56, gated=True),
    "regnety_16gf": RegNetSize((2, 4, 11, 1), (224, 448, 1232, 3024), 112, gated=True),
}


class Gate(nn.Module):
    """Weights channels against each other, at each pixel by itself.

    Squeeze-and-excitation (Hu et al. 2018, arXiv 1709.01507) without the mean over the image, as in the panoptic
    networks that these encoders are compatible with; so the result at a pixel does not depend on the size of the patch.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, channels // _SQUEEZE, 1)
        self.excite = nn.Conv2d(channels // _SQUEEZE, channels, 1)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """``(B, C, Y, X)`` in and out."""
        weights = self.excite(torch.relu(self.squeeze(values)))
        return values * torch.sigmoid(weights)


class RegNetBlock(nn.Module):
    """Convolutions of 1, 3 (in groups) and 1 pixels of one width, with a shortcut."""

    def __init__(self, inputs: int, outputs: int, size: RegNetSize, norm: NormKind, *, stride: int) -> None:
        super().__init__()
        groups = outputs // size.group_width
        self.first = ConvNorm(inputs, outputs, 1, norm)
        self.second = ConvNorm(outputs, outputs, 3, norm, stride=stride, groups=groups)
        self.gate: nn.Module = Gate(outputs) if size.gated else nn.Identity()
        self.third = ConvNorm(outputs, outputs, 1, norm, rectified=False)
        changes = stride != 1 or inputs != outputs
        self.shortcut: nn.Module = (
            ConvNorm(inputs, outputs, 1, norm, stride=stride, rectified=False) if changes else nn.Identity()
        )
        self.relu = nn.ReLU(inplace=True)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """``(B, C, Y, X)`` in and out."""
        inner = self.third(self.gate(self.second(self.first(values))))
        result: torch.Tensor = self.relu(inner + self.shortcut(values))
        return result


class RegNet(nn.Module):
    """RegNet (Radosavovic et al. 2020, arXiv 2003.13678) without its head.

    Args:
        size: Depths and widths.
        inputs: Channels of the image.
        norm: Normalisation after each convolution.
        output_stride: Pixels of the image per cell of the last map; with 16 the last stage does not shrink. It does not
            dilate either, as in the published panoptic networks with these encoders.
    """

    def __init__(self, size: RegNetSize, inputs: int, norm: NormKind, output_stride: int = 32) -> None:
        super().__init__()
        self.channels = size.widths
        self.stem = ConvNorm(inputs, _STEM, 3, norm, stride=2)
        before = (_STEM, *size.widths[:3])
        for index in range(4):
            stride = 1 if output_stride == 16 and index == 3 else 2
            blocks = [
                RegNetBlock(
                    before[index] if number == 0 else size.widths[index],
                    size.widths[index],
                    size,
                    norm,
                    stride=stride if number == 0 else 1,
                )
                for number in range(size.depths[index])
            ]
            setattr(self, f"stage{index + 1}", nn.Sequential(*blocks))
        start_rectified(self, "fan_out")

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        """Maps of the four stages, fine to coarse: strides 4, 8, 16 and 32 (or 16) of ``(B, C, Y, X)``."""
        values, maps = image, []
        for index, stage in enumerate(self.stages()):
            values = stage(values)
            if index > 0:
                maps.append(values)
        return maps

    def stages(self) -> list[nn.Module]:
        """The stem and the four stages, from the image inwards."""
        return [self.stem, *(self.get_submodule(f"stage{number}") for number in range(1, 5))]
