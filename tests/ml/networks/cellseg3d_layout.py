"""Stand-ins for CellSeg3D's networks: MONAI's own classes as it builds them, and for the two that it brings along the
same layers under the names that they have there, smaller.
"""

from __future__ import annotations

import torch
from torch import nn


def trained(network: nn.Module) -> nn.Module:
    """Weights and statistics as if it had learned something."""
    generator = torch.Generator().manual_seed(3)
    for name, value in network.state_dict().items():
        if name.endswith("running_var"):
            value.uniform_(0.5, 1.5, generator=generator)
        elif name.endswith(("running_mean", "bias")):
            value.normal_(0, 0.1, generator=generator)
    return network.eval()


def vnet() -> nn.Module:
    from monai.networks.nets.vnet import VNet

    return trained(VNet(in_channels=1, out_channels=1, bias=True))


def segresnet() -> nn.Module:
    from monai.networks.nets.segresnet import SegResNetVAE

    return trained(SegResNetVAE(input_image_size=(16, 16, 16), out_channels=1, dropout_prob=0.3))


def swin() -> nn.Module:
    from monai.networks.nets.swin_unetr import SwinUNETR

    return trained(SwinUNETR(in_channels=1, out_channels=1, feature_size=12, use_v2=True))


class Steps(nn.Sequential):
    """Layers by name, as the vendored U-Net adds them."""

    def __init__(self, **parts: nn.Module) -> None:
        super().__init__()
        for name, part in parts.items():
            self.add_module(name, part)


class Trailmap(nn.Module):
    """Convolution, rectifier, batch normalisation, twice a level; nearest enlarging; a sigmoid once it has learned."""

    def __init__(self, width: tuple[int, ...] = (8, 16, 32)) -> None:
        super().__init__()
        before = (1, *width[:-1])
        self.encoders = nn.ModuleList(level(i, max(i, o // 2), o) for i, o in zip(before, width, strict=True))
        self.decoders = nn.ModuleList(
            level(deep + here, here, here) for deep, here in zip(width[:0:-1], width[-2::-1], strict=True)
        )
        self.final_conv = nn.Conv3d(width[0], 1, 1)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        kept: list[torch.Tensor] = []
        for number, encoder in enumerate(self.encoders):
            values = encoder(nn.functional.max_pool3d(values, 2) if number else values)
            kept.insert(0, values)
        for decoder, skip in zip(self.decoders, kept[1:], strict=True):
            values = decoder(torch.cat((skip, nn.functional.interpolate(values, skip.shape[2:])), 1))
        values = self.final_conv(values)
        return values if self.training else torch.sigmoid(values)


def level(inputs: int, middle: int, outputs: int) -> nn.Module:
    def single(i: int, o: int) -> nn.Module:
        return Steps(conv=nn.Conv3d(i, o, 3, padding=1, bias=False), ReLU=nn.ReLU(), batchnorm=nn.BatchNorm3d(o))

    return Steps(basic_module=Steps(SingleConv1=single(inputs, middle), SingleConv2=single(middle, outputs)))


class HalfW(nn.Module):
    """One U-Net of the W-Net: three poolings, groups of a quarter of the channels."""

    def __init__(self, inputs: int, outputs: int, c: int = 8) -> None:
        super().__init__()
        self.in_b = inner(*plain(inputs, c))
        self.conv1, self.conv2, self.bot = block(c, 2 * c), block(2 * c, 4 * c), block(4 * c, 8 * c)
        self.deconv2, self.deconv3 = block(8 * c, 4 * c), block(4 * c, 2 * c)
        self.out_b = inner(*plain(2 * c, c), nn.Conv3d(c, outputs, 1))
        self.conv_trans2 = nn.ConvTranspose3d(8 * c, 4 * c, 2, stride=2)
        self.conv_trans3 = nn.ConvTranspose3d(4 * c, 2 * c, 2, stride=2)
        self.conv_trans_out = nn.ConvTranspose3d(2 * c, c, 2, stride=2)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        first = self.in_b(image)
        second = self.conv1(nn.functional.max_pool3d(first, 2))
        third = self.conv2(nn.functional.max_pool3d(second, 2))
        values = self.bot(nn.functional.max_pool3d(third, 2))
        values = self.deconv2(torch.cat([third, self.conv_trans2(values)], 1))
        values = self.deconv3(torch.cat([second, self.conv_trans3(values)], 1))
        logits: torch.Tensor = self.out_b(torch.cat([first, self.conv_trans_out(values)], 1))
        return logits


def inner(*parts: nn.Module) -> nn.Module:
    return Steps(module=nn.Sequential(*parts))


def end(channels: int) -> list[nn.Module]:
    return [nn.ReLU(), nn.Dropout(0.65), nn.GroupNorm(4, channels)]


def plain(inputs: int, c: int) -> list[nn.Module]:
    return [nn.Conv3d(inputs, c, 3, padding=1), *end(c), nn.Conv3d(c, c, 3, padding=1), *end(c)]


def block(i: int, o: int) -> nn.Module:
    return inner(
        nn.Conv3d(i, i, 3, padding=1), nn.Conv3d(i, o, 1), *end(o),
        nn.Conv3d(o, o, 3, padding=1), nn.Conv3d(o, o, 1), *end(o),
    )  # fmt: skip


class WNet(nn.Module):
    """Both halves, of which the first one answers."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder = HalfW(1, 2), HalfW(2, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.encoder(image)
        return logits
