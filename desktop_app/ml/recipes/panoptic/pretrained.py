"""Encoders that start from weights trained on other images."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from desktop_app.core.errors import UserError
from desktop_app.ml.networks.normalisation import BatchNorm
from desktop_app.ml.networks.panoptic import PanopticNetwork
from desktop_app.ml.networks.state import (
    State,
    encoder_signature,
    folded,
    known_encoders,
    norm_after,
    shapes_of,
    tensors_of,
)

_ENOUGH = 0.75  # of the layers; with fewer it is another encoder
_FOLLOWERS = ("encoder_k", "momentum", "teacher", "target", "ema")


def load_encoder(network: nn.Module, state: State, name: str) -> str:
    """Start the encoder of a panoptic network from published weights, such as those of ImageNet or CEM500K.

    Prefixes before the common names of layers, such as ``module.encoder_q.``, and heads for other tasks are passed
    over. A first layer for colour images is added up over its colours, so that it sees a grey image as it saw a grey
    colour image.

    Args:
        network: Its encoder is changed in place.
        state: Weights by name, or a checkpoint with ``state_dict``.
        name: Of the file, for messages.

    Returns:
        What was done, in a sentence for the user.

    Raises:
        UserError: If the weights belong to another encoder, or hardly any fit.
    """
    if not isinstance(network, PanopticNetwork):
        raise UserError(
            f"{name} cannot be used: the network has no encoder that takes pretrained weights.",
            hint="Choose a panoptic network, or start without pretrained weights.",
        )
    encoder, title = network.encoder, network.encoder_name
    given = _without_prefix(tensors_of(state), encoder)
    _require_same(given, title, name)
    wanted = encoder.state_dict()
    inputs = next(iter(wanted.values())).shape[1]
    found, remarks = _fitting(encoder, given, inputs)
    layers = [key for key, value in wanted.items() if value.ndim == 4]
    fitting = sum(key in found for key in layers)
    if fitting < _ENOUGH * len(layers):
        raise UserError(
            f"{name} does not fit the encoder {title}: {fitting} of its {len(layers)} layers have weights there.",
            hint="Choose the encoder that the weights were trained for, or start without pretrained weights.",
            details=f"Names in the file: {', '.join(list(given)[:8])}",
        )
    encoder.load_state_dict({**wanted, **found})
    return f"The encoder starts from {name}: {fitting} of {len(layers)} layers{''.join(remarks)}."


def _without_prefix(given: dict[str, torch.Tensor], encoder: nn.Module) -> dict[str, torch.Tensor]:
    """The entries of the encoder, whatever stands before their names; of two encoders the one that was trained."""
    wanted = [key for key, value in encoder.state_dict().items() if value.ndim == 4]
    first = wanted[0]
    prefixes = {key.removesuffix(first) for key in given if key == first or key.endswith(f".{first}")}
    ranked = sorted(
        prefixes,
        key=lambda prefix: (
            -sum(prefix + key in given for key in wanted),
            any(word in prefix for word in _FOLLOWERS),
            len(prefix),
        ),
    )
    best = ranked[0] if ranked else ""
    return {key.removeprefix(best): value for key, value in given.items() if key.startswith(best)}


def _require_same(given: Mapping[str, torch.Tensor], title: str, name: str) -> None:
    other = known_encoders().get(encoder_signature(shapes_of(given)))
    if other is not None and other != title:
        raise UserError(
            f"{name} holds weights of the encoder {other}, but the network has {title}.",
            hint=f"Choose {other} as encoder, or start without pretrained weights.",
        )


def _fitting(
    encoder: nn.Module, given: dict[str, torch.Tensor], inputs: int
) -> tuple[dict[str, torch.Tensor], list[str]]:
    """The weights that the encoder can take, and remarks on what had to be changed."""
    wanted = encoder.state_dict()
    first = next(iter(wanted))
    remarks = []
    if first in given and given[first].ndim == 4 and given[first].shape[1] != inputs:
        remarks.append(f"; its first layer, made for {given[first].shape[1]} channels, was added up for {inputs}")
        summed = given[first].float().sum(1, keepdim=True) / inputs
        given = {**given, first: summed.expand(-1, inputs, -1, -1)}
    if any(isinstance(module, nn.GroupNorm) for module in encoder.modules()):
        given = {key: value for key, value in given.items() if value.ndim == 4}
        remarks.append("; its normalisation is learned anew, because the network uses group normalisation")
    elif not any(isinstance(module, BatchNorm) for module in encoder.modules()):
        given = _folded(encoder, given)
    found = {
        key: given[key].to(value.dtype)
        for key, value in wanted.items()
        if key in given and given[key].shape == value.shape
    }
    return found, remarks


def _folded(encoder: nn.Module, given: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Convolutions with the normalisation that follows them; those that were folded before stay as they are."""
    result = dict(given)
    for name, module in encoder.named_modules():
        if isinstance(module, nn.Conv2d):
            norm = norm_after(name)
            if f"{name}.weight" in given and f"{norm}.running_var" in given:
                result[f"{name}.weight"], result[f"{name}.bias"] = folded(given, name, norm)
    return result
