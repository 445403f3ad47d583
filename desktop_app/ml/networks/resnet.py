"""The ResNet family of encoders, with the common names of their weights.

Not those of torchvision or timm: these packages bring a torch of their own choice beside the one that is pinned, and
neither has all that is needed here: any number of input channels, group normalisation or none where it was folded, an
output stride of 16, and the maps of all four stages. The names of the weights are the common ones, so that published
weights fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from desktop_app.ml.networks.normalisation import NormKind, normalisation, plain_convolution, start_rectified

_STEM = 64  # channels as published (He et al. 2016)


@dataclass(frozen=True, slots=True)
class ResNetSize:
    """Size of a ResNet.

    Attributes:
        depths: Blocks of the four stages.
        bottleneck: Whether blocks have three convolutions, the middle one narrow, instead of two.
        groups: Groups of the middle convolution.
        group_width: Channels of each group in the first stage.
    """

    depths: tuple[int, int, int, int]
    bottleneck: bool
    groups: int = 1
    group_width: int = _STEM


RESNETS: dict[str, ResNetSize] = {
    "resnet18": ResNetSize((2, 2, 2, 2), False),
    "resnet34": ResNetSize((3, 4, 6, 3), False),
    "resnet50": ResNetSize((3, 4, 6, 3), True),
    "resnet101": ResNetSize((3, 4, 23, 3), True),
    "resnext50_32x4d": ResNetSize((3, 4, 6, 3), True, 32, 4),
}


@dataclass(frozen=True, slots=True)
class _BlockShape:
    inputs: int
    width: int
    outputs: int
    stride: int
    dilation: int
    groups: int
    norm: NormKind


class _Block(nn.Module):
    """What both kinds of block share: the shortcut."""

    def __init__(self, shape: _BlockShape) -> None:
        super().__init__()
        self.relu = nn.ReLU(inplace=True)
        if shape.stride != 1 or shape.inputs != shape.outputs:
            self.downsample: nn.Module = nn.Sequential(
                plain_convolution(shape.inputs, shape.outputs, 1, shape.norm, stride=shape.stride),
                normalisation(shape.norm, shape.outputs),
            )
        else:
            self.downsample = nn.Identity()


class BasicBlock(_Block):
    """Two 3 × 3 convolutions with a shortcut (He et al. 2016, arXiv 1512.03385)."""

    def __init__(self, shape: _BlockShape) -> None:
        super().__init__(shape)
        norm, dilation = shape.norm, shape.dilation
        self.conv1 = plain_convolution(shape.inputs, shape.outputs, 3, norm, stride=shape.stride, dilation=dilation)
        self.bn1 = normalisation(norm, shape.outputs)
        self.conv2 = plain_convolution(shape.outputs, shape.outputs, 3, norm, dilation=dilation)
        self.bn2 = normalisation(norm, shape.outputs)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """``(B, C, Y, X)`` in and out."""
        inner = self.relu(self.bn1(self.conv1(values)))
        inner = self.bn2(self.conv2(inner))
        result: torch.Tensor = self.relu(inner + self.downsample(values))
        return result


class Bottleneck(_Block):
    """Convolutions of 1, 3 and 1 pixels with a shortcut; the stride is in the middle one (version 1.5)."""

    def __init__(self, shape: _BlockShape) -> None:
        super().__init__(shape)
        norm, width = shape.norm, shape.width
        self.conv1 = plain_convolution(shape.inputs, width, 1, norm)
        self.bn1 = normalisation(norm, width)
        self.conv2 = plain_convolution(
            width, width, 3, norm, stride=shape.stride, dilation=shape.dilation, groups=shape.groups
        )
        self.bn2 = normalisation(norm, width)
        self.conv3 = plain_convolution(width, shape.outputs, 1, norm)
        self.bn3 = normalisation(norm, shape.outputs)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """``(B, C, Y, X)`` in and out."""
        inner = self.relu(self.bn1(self.conv1(values)))
        inner = self.relu(self.bn2(self.conv2(inner)))
        inner = self.bn3(self.conv3(inner))
        result: torch.Tensor = self.relu(inner + self.downsample(values))
        return result


class ResNet(nn.Module):
    """ResNet (He et al. 2016, arXiv 1512.03385) and ResNeXt (Xie et al. 2017, arXiv 1611.05431) without their head.

    Args:
        size: Depths and widths.
        inputs: Channels of the image.
        norm: Normalisation after each convolution.
        output_stride: Pixels of the image per cell of the last map; with 16 the last stage dilates, not shrinks.
    """

    def __init__(self, size: ResNetSize, inputs: int, norm: NormKind, output_stride: int = 32) -> None:
        super().__init__()
        self.conv1 = plain_convolution(inputs, _STEM, 7, norm, stride=2)
        self.bn1 = normalisation(norm, _STEM)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        expansion = 4 if size.bottleneck else 1
        widths = [_STEM * 2**stage for stage in range(4)]
        first, second, third, fourth = (width * expansion for width in widths)
        self.channels = (first, second, third, fourth)
        dilated = output_stride == 16
        before = (_STEM, first, second, third)
        strides = (1, 2, 2, 1 if dilated else 2)
        for index in range(4):
            dilation = 2 if dilated and index == 3 else 1
            shape = _BlockShape(
                inputs=before[index],
                width=size.groups * size.group_width * 2**index,
                outputs=self.channels[index],
                stride=strides[index],
                dilation=dilation,
                groups=size.groups,
                norm=norm,
            )
            setattr(self, f"layer{index + 1}", _stage(size, size.depths[index], shape))
        start_rectified(self, "fan_out")

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        """Maps of the four stages, fine to coarse: strides 4, 8, 16 and 32 (or 16) of ``(B, C, Y, X)``."""
        values = self.maxpool(self.relu(self.bn1(self.conv1(image))))
        maps = []
        for stage in self.stages()[1:]:
            values = stage(values)
            maps.append(values)
        return maps

    def stages(self) -> list[nn.Module]:
        """The stem and the four stages, from the image inwards."""
        stages: list[nn.Module] = [self.get_submodule(f"layer{number}") for number in range(1, 5)]
        return [nn.ModuleList([self.conv1, self.bn1]), *stages]


def _stage(size: ResNetSize, depth: int, shape: _BlockShape) -> nn.Sequential:
    kind = Bottleneck if size.bottleneck else BasicBlock
    later = _BlockShape(shape.outputs, shape.width, shape.outputs, 1, shape.dilation, shape.groups, shape.norm)
    return nn.Sequential(kind(shape), *(kind(later) for _ in range(depth - 1)))
