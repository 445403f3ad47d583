"""The parts of a run: network, averaged network, optimiser, card."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn

from desktop_app.core.config.model_card import ModelCard, Normalisation
from desktop_app.core.config.recipes import RECIPES as RECIPE_INFOS
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext, Note
from desktop_app.io.models import load_card, read_weights
from desktop_app.ml.networks.registry import build_network, freeze_stages, network_divisor
from desktop_app.ml.recipes import recipe_named
from desktop_app.ml.training.gathering import TrainingData

NORMALISATION = Normalisation()
_SMALLEST_SHARE = 0.25
_SMOOTHING_SHARE = 0.2
_SMOOTHING_BOUNDS = (0.5, 4.0)


@dataclass(slots=True)
class Learner:
    """What learns.

    Attributes:
        network: Trained step by step.
        average: The running mean of its weights; this is validated and saved as the model.
        optimiser: Of the weights that are not frozen.
        card: The model's card.
        device: Where everything is.
    """

    network: nn.Module
    average: nn.Module
    optimiser: torch.optim.Optimizer
    card: ModelCard
    device: torch.device


def normalisation_of(config: TrainingConfig) -> Normalisation:
    """How grey values are scaled: as the model that is finetuned does, or the default."""
    return load_card(Path(config.start_from)).normalisation if config.start_from else NORMALISATION


def new_learner(config: TrainingConfig, data: TrainingData, device: torch.device, ctx: JobContext) -> Learner:
    """Network and optimiser at the start of a run, with the weights of the model to finetune where there is one."""
    torch.manual_seed(config.seed)
    outputs = recipe_named(config.recipe).channels(data.task)
    network = build_network(config.network, config.network_arguments, data.channels, outputs)
    if config.start_from:
        _take_weights(network, Path(config.start_from), ctx)
    frozen = freeze_stages(network, config.optimisation.frozen_stages) if config.start_from else 0
    if frozen:
        ctx.report(Note("info", f"The first {frozen} levels of the network stay as they are."))
    layout = torch.channels_last if data.task.dimensions == 2 else torch.channels_last_3d
    network = cast(Any, network).to(device, memory_format=layout)
    average = copy.deepcopy(network).eval().requires_grad_(False)
    rates = config.optimisation
    optimiser = torch.optim.AdamW(
        [p for p in network.parameters() if p.requires_grad],
        lr=rates.learning_rate,
        weight_decay=rates.weight_decay,
        foreach=device.type == "cuda",
    )
    return Learner(network, average, optimiser, first_card(config, data, outputs), device)


def first_card(config: TrainingConfig, data: TrainingData, outputs: int) -> ModelCard:
    """The card of a model that is being trained; scores and the manifest come at the end."""
    return ModelCard(
        name=config.name,
        recipe=config.recipe,
        recipe_parameters=data.task.parameters.model_dump(),
        network=config.network,
        network_arguments=config.network_arguments,
        dimensions=data.task.dimensions,
        input_channels=data.channels,
        output_channels=outputs,
        label_kind=data.task.kind,
        class_names=data.task.class_names,
        class_values=data.task.class_values,
        normalisation=normalisation_of(config),
        voxel_size=data.voxel_size,
        patch_size=config.patch_size,
        divisor=network_divisor(config.network, config.network_arguments),
        decode=first_decode(config, data),
    )


def first_decode(config: TrainingConfig, data: TrainingData) -> dict[str, Any]:
    """Parameters of decoding that follow from the objects of the training labels."""
    decode: dict[str, Any] = RECIPE_INFOS[config.recipe].decode().model_dump()
    if "objects" in decode:
        decode["objects"] = _way_to_objects(config, data)
    if data.sizes is None or "min_size" not in decode:
        return decode
    small, usual = data.sizes
    decode["min_size"] = max(1, round(_SMALLEST_SHARE * small))
    if data.task.dimensions == 2:
        radius = math.sqrt(usual / math.pi)
    else:
        radius = (0.75 * usual * data.voxel_size.anisotropy / math.pi) ** (1 / 3)
    smoothing = max(_SMOOTHING_BOUNDS[0], min(_SMOOTHING_BOUNDS[1], radius * _SMOOTHING_SHARE))
    decode["smoothing"] = round(smoothing, 1)
    return decode


def _way_to_objects(config: TrainingConfig, data: TrainingData) -> str:
    """Where class labels do not show how touching objects part, each island is one object."""
    if data.task.kind == "objects":
        return "watershed"
    return "connected" if config.recipe_parameters.get("result") == "objects" else "classes"


def _take_weights(network: nn.Module, model: Path, ctx: JobContext) -> None:
    """Weights of a trained model wherever name and shape agree; other parts, such as a new head, start fresh.

    Raises:
        UserError: If hardly anything agrees.
    """
    card, given = load_card(model), read_weights(model)
    own = network.state_dict()
    fitting = {
        name: torch.from_numpy(value.copy())
        for name, value in given.items()
        if name in own and tuple(own[name].shape) == tuple(value.shape)
    }
    if len(fitting) < len(own) / 2:
        raise UserError(
            f"“{card.name}” cannot be finetuned with these settings: its network is another one.",
            hint="Choose the same network and the same network settings as the model has.",
        )
    network.load_state_dict({**own, **fitting})
    fresh = len(own) - len(fitting)
    if fresh:
        ctx.report(Note("info", f"{fresh} parts of “{card.name}” do not fit these images or classes and start fresh."))
    else:
        ctx.report(Note("info", f"Starting from “{card.name}”."))
