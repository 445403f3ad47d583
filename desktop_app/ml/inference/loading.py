"""From a saved model to one that predicts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.config.together import together
from desktop_app.core.errors import UserError
from desktop_app.io.models import load_card, read_weights
from desktop_app.ml.inference.devices import all_devices, choose_device
from desktop_app.ml.inference.predictor import Predictor
from desktop_app.ml.networks.patch_mean import keep_to_patch
from desktop_app.ml.networks.registry import build_network
from desktop_app.ml.networks.state import first_difference, shapes_of

_DOUBLE = 8  # bytes of a float64
_ENTRY_BYTES = 1024  # for the name and shape of a tensor in the header; real ones take some 100


def load_predictor(model: Path | str, device: str = "auto", others: Sequence[Path | str] = ()) -> Predictor:
    """A model bundle (folder or zip) on a device.

    Args:
        model: Path of the ``.vwmodel``.
        device: ``auto``, ``all``, ``cpu``, ``cuda`` or ``cuda:N``.
        others: Further models that it is used together with.

    Raises:
        UserError: If the model cannot be read or does not fit this version.
    """
    paths = [Path(path) for path in (model, *others)]
    cards = [load_card(path) for path in paths]
    card = together(cards)
    networks = [_loaded(path, each) for path, each in zip(paths, cards, strict=True)]
    predictor = predictor_of(card, networks[0], choose_device(device))
    predictor.members = tuple(network.to(predictor.device).eval() for network in networks[1:])
    predictor.devices = all_devices(device, predictor.device)
    return predictor


def _loaded(path: Path, card: ModelCard) -> nn.Module:
    network = network_of(card)
    fill_weights(network, read_weights(path, most_bytes_of(network)), card.name)
    return network


def predictor_of(card: ModelCard, network: nn.Module, device: torch.device) -> Predictor:
    """A network as it stands, ready to predict."""
    network = network.to(device).eval()
    return Predictor(card, network, device)


def network_of(card: ModelCard) -> nn.Module:
    """The network that a card describes, with random weights."""
    network = build_network(card.network, card.network_arguments, card.input_channels, card.output_channels)
    keep_to_patch(network, card.patch_size)
    return network


def most_bytes_of(network: nn.Module) -> int | None:
    """The largest file of weights that can belong to a network: in double precision, with names and shapes.

    None for a network whose weights have no size before they are loaded, such as a program's bytes.
    """
    state = network.state_dict()
    if any(tensor.numel() == 0 for tensor in state.values()):
        return None
    return sum(tensor.numel() for tensor in state.values()) * _DOUBLE + len(state) * _ENTRY_BYTES


def fill_weights(network: nn.Module, weights: dict[str, NDArray[Any]], name: str) -> None:
    """Put weights into a network.

    Raises:
        UserError: If names or shapes differ, or a weight is not a number.
    """
    tensors = {key: torch.from_numpy(np.array(value)) for key, value in weights.items()}
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        difference = first_difference(shapes_of(tensors), shapes_of(network.state_dict()))
        raise UserError(
            f"The weights of “{name}” do not fit its network: {difference or 'they cannot be loaded'}.",
            hint="The model was damaged or made by another version; import it again.",
            details=str(error),
        ) from error
    broken = sum(int((~torch.isfinite(value)).sum()) for value in tensors.values() if value.is_floating_point())
    if broken:
        raise UserError(
            f"“{name}” cannot be used: {broken:,} of its weights are not numbers.",
            hint="Its training went wrong; take an earlier model, or train anew with a lower learning rate.",
        )
