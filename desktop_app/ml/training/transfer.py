"""Weights of a trained model for a network that is to learn more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import torch
from numpy.typing import NDArray
from torch import nn

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext, Note
from desktop_app.core.networks.registry import network_info
from desktop_app.io.models import load_card, read_weights
from desktop_app.ml.networks.registry import build_network

_COUNTER = "num_batches_tracked"
Shapes: TypeAlias = dict[str, tuple[int, ...]]


def take_weights(
    network: nn.Module,
    name: str,
    arguments: dict[str, Any],
    inputs: int,
    class_names: Sequence[str],
    model: Path,
    ctx: JobContext,
) -> None:
    """Give a network the weights of a trained model with the same settings.

    What depends on the classes starts fresh where their number is another one. A first layer for another number of
    channels is added up over its channels and spread over those of the images.

    Args:
        network: Changed in place.
        name: Key of ``core.networks.registry.NETWORKS``.
        arguments: Of the network.
        inputs: Channels of the images.
        class_names: What is to be learned.
        model: The bundle.
        ctx: Told what did not fit.

    Raises:
        UserError: If the model has another network or other settings of it; frozen layers would then be random.
    """
    card, given = load_card(model), read_weights(model)
    as_taught = _shapes(name, arguments, card.input_channels, card.output_channels)
    if {key: tuple(value.shape) for key, value in given.items() if not key.endswith(_COUNTER)} != as_taught:
        other = _differences(card, name, arguments)
        raise UserError(
            f"“{card.name}” cannot be finetuned with these settings: its network is another one.",
            hint=f"Choose the same network and the same network settings as the model has{other}.",
        )
    seeing = _shapes(name, arguments, inputs, card.output_channels)
    first = {key for key, shape in as_taught.items() if seeing[key] != shape}
    own = network.state_dict()
    taken = {
        key: _shared_out(given[key], inputs) if key in first else torch.from_numpy(given[key].copy())
        for key in as_taught
    }
    fitting = {key: value for key, value in taken.items() if value.shape == own[key].shape}
    network.load_state_dict({**own, **fitting})
    _tell(card, inputs, class_names, fresh=len(fitting) < len(taken), ctx=ctx)


def _shapes(name: str, arguments: dict[str, Any], inputs: int, outputs: int) -> Shapes:
    """Shapes of all weights but counters of a network for so many channels."""
    with torch.device("meta"):
        state = build_network(name, arguments, inputs, outputs).state_dict()
    return {key: tuple(value.shape) for key, value in state.items() if not key.endswith(_COUNTER)}


def _shared_out(kernel: NDArray[Any], inputs: int) -> torch.Tensor:
    """A kernel ``(out, in, …)`` for ``inputs`` channels that sees equal channels as it saw them before."""
    added = torch.from_numpy(kernel.copy()).sum(1, keepdim=True) / inputs
    return added.expand(-1, inputs, *added.shape[2:]).contiguous()


def _differences(card: ModelCard, name: str, arguments: Mapping[str, Any]) -> str:
    """The model's settings that differ, in words; empty if its network is not known."""
    info = network_info(card.network)
    if info is None:
        return ""
    if card.network != name:
        return f": {info.title}"
    theirs, ours = (
        info.arguments.model_validate(values).model_dump() for values in (card.network_arguments, arguments)
    )
    other = [f"{info.arguments.model_fields[key].title} {value}" for key, value in theirs.items() if ours[key] != value]
    return f": {', '.join(other)}" if other else ""


def _tell(card: ModelCard, inputs: int, class_names: Sequence[str], *, fresh: bool, ctx: JobContext) -> None:
    ctx.report(Note("info", f"Starting from “{card.name}”."))
    if inputs != card.input_channels:
        text = (
            f"It was made for {card.input_channels} channels, these images have {inputs}: its first layer was adapted."
        )
        ctx.report(Note("warning", text))
    if fresh:
        known = "one class" if len(card.class_names) == 1 else f"{len(card.class_names)} classes"
        text = f"It knows {known}; here there are {len(class_names)}"
        ctx.report(Note("info", f"{text}: its layers that tell classes apart start fresh."))
    elif sorted(class_names) == sorted(card.class_names) and tuple(class_names) != card.class_names:
        text = f"It learned the classes in another order ({', '.join(card.class_names)})"
        ctx.report(Note("warning", f"{text}; put yours in that order, or it must unlearn them first."))
