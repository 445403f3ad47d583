"""What learns: network, averaged network, optimiser; and the weights of a trained model that it may start from."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, cast

import torch
from numpy.typing import NDArray
from torch import nn

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.errors import UserError
from desktop_app.core.imaging.volume import counted_channels
from desktop_app.core.job import JobContext, Note
from desktop_app.core.networks.registry import network_info
from desktop_app.io.models import load_card, read_weights
from desktop_app.ml.inference.loading import network_of
from desktop_app.ml.networks.registry import memory_order
from desktop_app.ml.networks.state import COUNTER, first_difference
from desktop_app.ml.training.optimisers import new_optimiser
from desktop_app.ml.training.plan import TrainingPlan

_Shapes: TypeAlias = dict[str, tuple[int, ...]]


@dataclass(slots=True)
class Learner:
    """What learns.

    Attributes:
        network: Trained step by step.
        average: The running mean of its weights; this is validated and saved as the model.
        optimiser: Of the weights that are not frozen.
    """

    network: nn.Module
    average: nn.Module
    optimiser: torch.optim.Optimizer


def new_learner(plan: TrainingPlan, ctx: JobContext, *, weights: bool = True) -> Learner:
    """Network and optimiser at the start of a run.

    Args:
        plan: Of the run.
        ctx: Told what is taken over.
        weights: Whether to take the weights of the model to finetune or of the pretrained file; those of a checkpoint
            need neither.
    """
    config, start = plan.config, plan.start
    torch.manual_seed(config.seed)
    network = plan.recipe.first_weights(network_of(plan.card), plan.task)
    if weights and config.start_from:
        take_weights(network, plan.card, Path(config.start_from), ctx)
    elif weights:
        plan.recipe.load_pretrained(network, start, ctx)
    plan.recipe.fix_parts(network, config, plan.data, start, ctx)
    network = cast(Any, network).to(plan.device, memory_format=memory_order(config.network))
    average = copy.deepcopy(network).eval().requires_grad_(False)
    fused, later = plan.device.type == "cuda", plan.releases_at is not None
    return Learner(network, average, new_optimiser(network, config.optimisation, fused=fused, later=later))


def take_weights(network: nn.Module, wanted: ModelCard, model: Path, ctx: JobContext) -> None:
    """Give a network the weights of a trained model with the same settings.

    What depends on the classes starts fresh where their number is another one; where it is the same, but more or less
    is learned beside them, what is known of the classes is kept. A first layer for another number of channels is added
    up over its channels and spread over those of the images.

    Args:
        network: The one that ``wanted`` describes; changed in place.
        wanted: Of the model to be made.
        model: The bundle to start from.
        ctx: Told what did not fit.

    Raises:
        UserError: If the model has another network or other settings of it; frozen layers would then be random.
    """
    card, given = load_card(model), read_weights(model)
    as_made = _shapes(wanted, card.input_channels, card.output_channels)
    shapes = {key: tuple(value.shape) for key, value in given.items() if not key.endswith(COUNTER)}
    if shapes != as_made:
        raise UserError(
            f"“{card.name}” cannot be finetuned with these settings: its network is another one "
            f"({first_difference(shapes, as_made)}).",
            hint=f"Choose the same network and the same network settings as the model has{_differences(card, wanted)}.",
        )
    inputs = wanted.input_channels
    seeing = _shapes(wanted, inputs, card.output_channels)
    first = {key for key, shape in as_made.items() if seeing[key] != shape}
    own = network.state_dict()
    taken = {
        key: _spread(given[key], inputs) if key in first else torch.from_numpy(given[key].copy()) for key in as_made
    }
    fitting = {key: value for key, value in taken.items() if value.shape == own[key].shape}
    fresh = len(fitting) < len(taken)
    if fresh and len(card.class_names) == len(wanted.class_names):
        fitting, fresh = {key: _in_part(value, own[key]) for key, value in taken.items()}, False
    network.load_state_dict({**own, **fitting})
    _tell(card, wanted, fresh=fresh, ctx=ctx)


def _shapes(wanted: ModelCard, inputs: int, outputs: int) -> _Shapes:
    """Shapes of all weights but counters of the wanted network, were it for so many channels."""
    changed = wanted.model_copy(update={"input_channels": inputs, "output_channels": outputs})
    with torch.device("meta"):
        state = network_of(changed).state_dict()
    return {key: tuple(value.shape) for key, value in state.items() if not key.endswith(COUNTER)}


def _in_part(value: torch.Tensor, own: torch.Tensor) -> torch.Tensor:
    """Weights for another number of outputs: the first outputs, which say the same, say what they said before."""
    if value.shape == own.shape:
        return value
    grown, known = own.clone(), tuple(slice(min(sizes)) for sizes in zip(value.shape, own.shape, strict=True))
    if value.ndim > 1:
        grown[known[0], value.shape[1] :] = 0  # what new outputs say of old ones
    grown[known] = value[known]
    return grown


def _spread(kernel: NDArray[Any], inputs: int) -> torch.Tensor:
    """A kernel ``(out, in, …)`` for ``inputs`` channels that sees equal channels as it saw them before."""
    added = torch.from_numpy(kernel.copy()).sum(1, keepdim=True) / inputs
    return added.expand(-1, inputs, *added.shape[2:]).contiguous()


def _differences(card: ModelCard, wanted: ModelCard) -> str:
    """The model's settings that differ, in words; empty if its network is not known."""
    info = network_info(card.network)
    if info is None:
        return ""
    if card.network != wanted.network:
        return f": {info.title}"
    theirs, ours = (info.arguments.model_validate(each.network_arguments).model_dump() for each in (card, wanted))
    other = [f"{info.arguments.model_fields[key].title} {value}" for key, value in theirs.items() if ours[key] != value]
    return f": {', '.join(other)}" if other else ""


def _tell(card: ModelCard, wanted: ModelCard, *, fresh: bool, ctx: JobContext) -> None:
    ctx.report(Note("info", f"Starting from “{card.name}”."))
    inputs, names = wanted.input_channels, wanted.class_names
    if inputs != card.input_channels:
        made_for = counted_channels(card.input_channels)
        text = f"It was made for {made_for}, these images have {inputs}: its first layer was adapted."
        ctx.report(Note("warning", text))
    more = wanted.output_channels - card.output_channels
    if more > 0 and not fresh:
        ctx.report(Note("info", "What it knows of the classes is kept; what it has not told so far begins anew."))
    if fresh:
        known = "one class" if len(card.class_names) == 1 else f"{len(card.class_names)} classes"
        text = f"It knows {known}; here there are {len(names)}"
        ctx.report(Note("info", f"{text}: its layers that tell classes apart start fresh."))
    elif sorted(names) == sorted(card.class_names) and names != card.class_names:
        text = f"It learned the classes in another order ({', '.join(card.class_names)})"
        ctx.report(Note("warning", f"{text}; put yours in that order, or it must unlearn them first."))
