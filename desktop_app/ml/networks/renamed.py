"""Weights in a known layout of another program, turned into those of the network here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from desktop_app.core.config.model_card import Normalisation
from desktop_app.core.errors import UserError
from desktop_app.ml.networks.layouts import Layout
from desktop_app.ml.networks.registry import build_network
from desktop_app.ml.networks.state import COUNTER, first_difference, shapes_of

_SEED = 0  # of what the file does not hold, so that importing it twice gives the same model


@dataclass(frozen=True, slots=True)
class RenamedModel:
    """A network of another program, as it is here.

    Attributes:
        network: Key of ``core.networks.registry.NETWORKS``.
        arguments: Of that network.
        inputs: Channels of the image.
        outputs: Channels of the logits.
        weights: By own names.
        normalisation: Of the images that it saw.
        notes: What the user should know of it.
    """

    network: str
    arguments: dict[str, Any]
    inputs: int
    outputs: int
    weights: dict[str, torch.Tensor]
    normalisation: Normalisation
    notes: tuple[str, ...]


def renamed(tensors: dict[str, torch.Tensor], layout: Layout, name: str) -> RenamedModel:
    """The network that the weights belong to, with them.

    A single logit, which a sigmoid makes a probability of, becomes two, of which that of the background is always 0: a
    softmax of both is the same probability.

    Args:
        tensors: By the names that the layout has.
        layout: That they are in.
        name: Of the file, for messages.

    Raises:
        UserError: If a layer is missing, has another shape, or has no place in the network; the first one is named.
    """
    network, inputs, count = _form(tensors, layout, name)
    arguments = layout.arguments(tensors)
    own = _fresh(network, arguments, inputs, count)
    wanted = _wanted(own, tensors, layout)
    used = {key: value for key, value in tensors.items() if not key.startswith(layout.unused)}
    difference = first_difference(shapes_of(used), {there: tuple(own[key].shape) for key, there in wanted.items()})
    if difference:
        raise _misfit(name, layout, difference)
    taken = {key: _as_here(used[there].to(own[key].dtype), layout.times(there)) for key, there in wanted.items()}
    weights = {**own, **taken}
    notes = [layout.note.format(count=count)] if layout.note else []
    if layout.separate and not any(key.startswith(layout.separate) for key in tensors):
        notes.append("The half of the network that only learning needs is not in the file; it begins anew.")
    if len(used) < len(tensors):
        notes.append(f"{len(tensors) - len(used)} arrays of a branch that only its training needed are left out.")
    outputs = count
    if layout.grows and count == 1:
        outputs = 2
        shapes = shapes_of(_fresh(network, arguments, inputs, outputs))
        weights = {key: _with_background(value, shapes[key]) for key, value in weights.items()}
    return RenamedModel(network, arguments, inputs, outputs, weights, layout.normalisation, tuple(notes))


def _form(tensors: Mapping[str, torch.Tensor], layout: Layout, name: str) -> tuple[str, int, int]:
    """Key of the network, channels of the image and of the logits, as the outermost layers tell."""
    first, last = tensors.get(layout.first), tensors.get(layout.last)
    if first is None or first.ndim not in (4, 5):
        raise _misfit(name, layout, f"its layer {layout.first} is missing, or is no convolution")
    if last is None or last.ndim != 1:
        raise _misfit(name, layout, f"its layer {layout.last} is missing, or is no row of numbers")
    return f"{layout.network}{first.ndim - 2}d", int(first.shape[1]), int(last.shape[0])


def _fresh(network: str, arguments: dict[str, Any], inputs: int, outputs: int) -> dict[str, torch.Tensor]:
    """Random weights, the same each time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_SEED)
        return build_network(network, arguments, inputs, outputs).state_dict()


def _wanted(own: Mapping[str, Any], tensors: Mapping[str, Any], layout: Layout) -> dict[str, str]:
    """By own name what must be in the file."""
    named = {key: foreign for key in own if (foreign := layout.foreign(key)) is not None}
    if layout.separate and not any(key.startswith(layout.separate) for key in tensors):
        named = {key: foreign for key, foreign in named.items() if not foreign.startswith(layout.separate)}
    return {key: foreign for key, foreign in named.items() if foreign in tensors or not key.endswith(COUNTER)}


def _as_here(value: torch.Tensor, times: float) -> torch.Tensor:
    """A copy of weights, for the scale of the images here."""
    return value.clone() if times == 1 else value * times


def _with_background(value: torch.Tensor, shape: tuple[int, ...]) -> torch.Tensor:
    """Weights for one more output, the first one, which stays 0."""
    if value.shape == shape:
        return value
    grown = torch.zeros(shape, dtype=value.dtype)
    grown[tuple(slice(wide - narrow, None) for wide, narrow in zip(shape, value.shape, strict=True))] = value
    return grown


def _misfit(name: str, layout: Layout, why: str) -> UserError:
    return UserError(
        f"The weights in {name} look like those of a {layout.title}, but do not fit it: {why}.",
        hint="Only networks of the sizes that CellSeg3D builds can be imported; check which program saved the file.",
    )
