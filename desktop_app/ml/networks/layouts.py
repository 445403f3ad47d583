"""Weights of CellSeg3D's networks: which network they belong to here, and what each of them is called there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch

from desktop_app.core.config.model_card import Normalisation

Tensors: TypeAlias = Mapping[str, torch.Tensor]

CLIPPED = Normalisation(kind="clipped", low=1, high=99)
"""What its networks with labels saw: grey values as they are, cut at the first and last percent of the image."""
WHOLE = Normalisation(kind="stretched", low=0, high=100)
"""What its W-Net sees here: the darkest voxel as 0, the brightest as 1."""
_GREYS_THERE = 100.0
"""What its W-Net saw and drew as the brightest voxel. Here it is 1, as for all that learns without labels: what is
learned is measured on that scale."""

_WNET_NOTE = (
    "It tells {count} kinds of places apart, and its file does not say which one your objects are: if it finds the "
    "background, choose another one under “Kind that objects are made of”."
)


@dataclass(frozen=True, slots=True)
class Layout:
    """The weights of one network, as another program writes them.

    Attributes:
        network: Name of the network here, without its dimensions.
        title: Of the network, for messages.
        parts: Beginnings of the names by which such weights are known.
        first: Name of the kernel that sees the image.
        last: Name of the bias of the layer that gives the logits.
        arguments: Of the network here, from the weights.
        foreign: From a name here to the name there; None for what only this program has.
        normalisation: Of the images that the network saw.
        unused: Beginnings of names that only training needed.
        separate: Beginning of own names that may be missing as a whole; they begin at random.
        grows: Whether a single logit becomes two, one of them the background's.
        brightest: What the network saw there where it sees 1 here.
        draws: Beginning of the names of the layer that draws the image, on the same scale; empty where none does.
        note: What the user should know; ``{count}`` stands for the number of outputs.
    """

    network: str
    title: str
    parts: tuple[str, ...]
    first: str
    last: str
    arguments: Callable[[Tensors], dict[str, Any]]
    foreign: Callable[[str], str | None]
    normalisation: Normalisation
    unused: tuple[str, ...] = ()
    separate: str = ""
    grows: bool = True
    brightest: float = 1.0
    draws: str = ""
    note: str = ""

    def times(self, name: str) -> float:
        """By what the weights of that name are multiplied, so that images are seen and drawn on the scale here."""
        if name == self.first:
            return self.brightest
        return 1 / self.brightest if self.draws and name.startswith(self.draws) else 1.0

    def count(self, names: Mapping[str, Any]) -> int:
        """How many of these names are its own."""
        return sum(name.startswith(self.parts) for name in names)


def _inside(name: str) -> str | None:
    """A network of MONAI is held under one more name here; what is beside it, there is not."""
    return name.removeprefix("network.") if name.startswith("network.") else None


_SINGLE = {"0": ("SingleConv1", "conv"), "2": ("SingleConv1", "batchnorm"),
           "3": ("SingleConv2", "conv"), "5": ("SingleConv2", "batchnorm")}  # fmt: skip
"""Of the parts of a level by their place: which of two convolutions, and what of it."""
_LEVEL = re.compile(r"^(encoders|decoders)\.(\d+)\.(\d+)\.(.+)$")


def _plain_unet(name: str) -> str | None:
    level = _LEVEL.match(name)
    if level is None:
        return name
    side, number, place, leaf = level.groups()
    convolution, part = _SINGLE[place]
    return f"{side}.{number}.basic_module.{convolution}.{part}.{leaf}"


_WNET_PARTS = {
    "down.0": "in_b", "down.1": "conv1", "down.2": "conv2", "down.3": "bot", "up.0": "out_b", "up.1": "deconv3",
    "up.2": "deconv2", "enlarge.0": "conv_trans_out", "enlarge.1": "conv_trans3", "enlarge.2": "conv_trans2",
}  # fmt: skip
_WNET_NAME = re.compile(r"^(encoder|decoder)\.((?:down|up|enlarge)\.\d+)\.(.+)$")
_LAYERS_OF_A_STEP = 5
"""Two convolutions, rectifier, dropout, normalisation: a block is two of them, counted through there."""


def _wnet(name: str) -> str | None:
    known = _WNET_NAME.match(name)
    if known is None:
        return None
    half, part, rest = known.groups()
    there = _WNET_PARTS[part]
    if part.startswith("enlarge"):
        return f"{half}.{there}.{rest}"
    numbers = rest.split(".")
    if len(numbers) == 3:
        step, layer, leaf = numbers
        return f"{half}.{there}.module.{_LAYERS_OF_A_STEP * int(step) + int(layer)}.{leaf}"
    return f"{half}.{there}.module.{rest}"


def _plain_unet_arguments(tensors: Tensors) -> dict[str, Any]:
    levels = 1 + max(int(match.group(2)) for name in tensors if (match := re.match(r"^(encoders)\.(\d+)\.", name)))
    return {"channels": _outputs(tensors, "encoders.0.basic_module.SingleConv2.conv.weight"), "levels": levels}


def _outputs(tensors: Tensors, name: str) -> int:
    """Channels that a kernel gives; 0 where there is none, which no network has."""
    return int(tensors[name].shape[0]) if name in tensors else 0


_IN_TRANSITION = "in_tr.conv_block.conv.weight"

LAYOUTS: tuple[Layout, ...] = (
    Layout(
        "vnet", "V-Net", ("in_tr.", "down_tr", "up_tr", "out_tr."), _IN_TRANSITION, "out_tr.conv2.bias",
        lambda _tensors: {"dropout": 0.5, "norm": "published"}, _inside, CLIPPED,
    ),
    Layout(
        "segresnet", "SegResNet", ("convInit.", "down_layers.", "up_layers.", "up_samples.", "conv_final.", "vae_"),
        "convInit.conv.weight", "conv_final.2.conv.bias",
        lambda tensors: {"channels": _outputs(tensors, "convInit.conv.weight"), "dropout": 0.3, "norm": "group"},
        _inside, CLIPPED, unused=("vae_",),
    ),
    Layout(
        "swin_unetr", "Swin UNETR", ("swinViT.",), "swinViT.patch_embed.proj.weight", "out.conv.conv.bias",
        lambda tensors: {
            "features": _outputs(tensors, "swinViT.patch_embed.proj.weight"), "dropout": 0.5,
            "attention_dropout": 0.5, "norm": "published",
        },
        _inside, CLIPPED,
    ),
    Layout(
        "plain_unet", "Plain U-Net of TRAILMAP_MS", ("encoders.", "decoders."),
        "encoders.0.basic_module.SingleConv1.conv.weight", "final_conv.bias",
        lambda tensors: {**_plain_unet_arguments(tensors), "norm": "published"}, _plain_unet, CLIPPED,
    ),
    Layout(
        "wnet", "W-Net", ("encoder.in_b.", "encoder.bot.", "encoder.deconv", "encoder.conv_trans", "encoder.out_b."),
        "encoder.in_b.module.0.weight", "encoder.out_b.module.8.bias",
        lambda tensors: {"channels": _outputs(tensors, "encoder.in_b.module.0.weight"), "norm": "published"},
        _wnet, WHOLE, separate="decoder.", grows=False, brightest=_GREYS_THERE, draws="decoder.out_b.module.8.",
        note=_WNET_NOTE,
    ),
)  # fmt: skip
"""CellSeg3D 0.2 (Achard et al. 2025, eLife 99848): four networks that learn from labels, and one that needs none."""


def layout_of(tensors: Mapping[str, Any]) -> Layout | None:
    """The layout that most of the names belong to; None if none of them belongs to any."""
    best = max(LAYOUTS, key=lambda layout: layout.count(tensors))
    return best if best.count(tensors) else None
