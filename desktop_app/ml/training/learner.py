"""What learns: network, averaged network, optimiser, card."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn

from desktop_app.core.config.learning import OptimisationParameters
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.job import JobContext
from desktop_app.core.networks.registry import network_divisor
from desktop_app.ml.networks.registry import build_network
from desktop_app.ml.recipes.base import TrainingData
from desktop_app.ml.training.plan import TrainingPlan
from desktop_app.ml.training.transfer import take_weights


@dataclass(slots=True)
class Learner:
    """What learns.

    Attributes:
        network: Trained step by step.
        average: The running mean of its weights; this is validated and saved as the model.
        optimiser: Of the weights that are not frozen.
        card: The model's card.
    """

    network: nn.Module
    average: nn.Module
    optimiser: torch.optim.Optimizer
    card: ModelCard


def new_learner(plan: TrainingPlan, data: TrainingData, ctx: JobContext, *, weights: bool = True) -> Learner:
    """Network and optimiser at the start of a run.

    Args:
        plan: Of the run.
        data: Its images.
        ctx: Told what is taken over.
        weights: Whether to take the weights of the model to finetune or of the pretrained file; those of a checkpoint
            need neither.
    """
    config, start = plan.config, plan.start
    torch.manual_seed(config.seed)
    card = first_card(plan, data)
    network = build_network(config.network, start.arguments, data.channels, card.output_channels)
    if weights and config.start_from:
        names, model = plan.task.class_names, Path(config.start_from)
        take_weights(network, config.network, start.arguments, data.channels, names, model, ctx)
    elif weights:
        plan.recipe.load_pretrained(network, start, ctx)
    plan.recipe.fix_parts(network, config, data, start, ctx)
    layout = torch.channels_last if plan.task.dimensions == 2 else torch.channels_last_3d
    network = cast(Any, network).to(plan.device, memory_format=layout)
    average = copy.deepcopy(network).eval().requires_grad_(False)
    optimiser = _optimiser(network, config.optimisation, fused=plan.device.type == "cuda")
    return Learner(network, average, optimiser, card)


def _optimiser(network: nn.Module, rates: OptimisationParameters, *, fused: bool) -> torch.optim.Optimizer:
    """AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101) of what learns; unless told so, vectors do not decay."""
    learning = [p for p in network.parameters() if p.requires_grad]
    groups: list[dict[str, Any]] = [{"params": learning}]
    if not rates.decay_all:
        groups = [
            {"params": [p for p in learning if p.ndim > 1]},
            {"params": [p for p in learning if p.ndim <= 1], "weight_decay": 0.0},
        ]
    return torch.optim.AdamW(groups, lr=rates.learning_rate, weight_decay=rates.weight_decay, foreach=fused)


def first_card(plan: TrainingPlan, data: TrainingData) -> ModelCard:
    """The card of a model that is being trained; scores and the manifest come at the end."""
    config, start, task = plan.config, plan.start, plan.task
    return ModelCard(
        name=config.name,
        recipe=config.recipe,
        recipe_parameters=plan.recipe.card_parameters(task),
        network=config.network,
        network_arguments=start.arguments,
        dimensions=task.dimensions,
        input_channels=data.channels,
        output_channels=plan.recipe.channels(task),
        label_kind=task.kind,
        class_names=task.class_names,
        class_values=task.class_values,
        normalisation=start.normalisation,
        voxel_size=data.voxel_size,
        patch_size=config.patch_size,
        divisor=network_divisor(config.network, config.network_arguments),
        prediction=plan.recipe.first_prediction(task),
        decode=plan.recipe.first_decode(config, data, start),
        licence=start.licence,
        citation=start.citation,
    )
