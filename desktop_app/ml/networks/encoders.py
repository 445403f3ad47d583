"""Encoders by name: what turns an image into maps of four scales."""

from __future__ import annotations

from desktop_app.ml.networks.normalisation import NormKind
from desktop_app.ml.networks.regnet import REGNETS, RegNet
from desktop_app.ml.networks.resnet import RESNETS, ResNet


def build_encoder(name: str, inputs: int, norm: NormKind, output_stride: int = 32) -> ResNet | RegNet:
    """An encoder with fresh random weights.

    Args:
        name: One of ``core.networks.panoptic.Encoder``.
        inputs: Channels of the image.
        norm: Normalisation after each convolution; ``none`` where it was folded into the convolutions.
        output_stride: Pixels of the image per cell of the last map, 32 or 16.
    """
    if name in RESNETS:
        return ResNet(RESNETS[name], inputs, norm, output_stride)
    return RegNet(REGNETS[name], inputs, norm, output_stride)
