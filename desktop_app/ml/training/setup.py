"""The parts of a run: network, averaged network, optimiser, card."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import nn

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.config.training import OptimisationParameters, TrainingConfig
from desktop_app.core.job import JobContext, Note
from desktop_app.core.recipes.panoptic.parameters import FINETUNED_STAGES, PanopticTraining
from desktop_app.core.recipes.registry import RECIPES as RECIPE_INFOS
from desktop_app.ml.data.dataset import TrainingData, magnification_factor
from desktop_app.ml.networks.panoptic import PanopticNetwork
from desktop_app.ml.networks.pretrained import load_encoder
from desktop_app.ml.networks.registry import build_network, freeze_stages, network_divisor
from desktop_app.ml.recipes.registry import recipe_named
from desktop_app.ml.training.start import FEW_PATCHES_PER_STEP, Start, read_encoder
from desktop_app.ml.training.transfer import take_weights

_SMALLEST_SHARE = 0.25
_SMOOTHING_SHARE = 0.2
_SMOOTHING_BOUNDS = (0.5, 4.0)
_FEW_PATCHES = 16
_THICK, _FEW_SLICES = 4.0, 12
_SHORT_EXTENT = 2


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


def new_learner(
    config: TrainingConfig,
    data: TrainingData,
    start: Start,
    device: torch.device,
    ctx: JobContext,
    *,
    weights: bool = True,
) -> Learner:
    """Network and optimiser at the start of a run.

    Args:
        config: Of the run.
        data: Its images.
        start: What was decided before.
        device: Where it learns.
        ctx: Told what is taken over.
        weights: Whether to take the weights of the model to finetune or of the pretrained encoder; those of a
            checkpoint need neither file.
    """
    torch.manual_seed(config.seed)
    outputs = recipe_named(config.recipe).channels(data.task)
    network = build_network(config.network, start.arguments, data.channels, outputs)
    if weights:
        _begin(network, config, data, start, ctx)
    _freeze(network, config, data, start, ctx)
    _settle_statistics(network, config, data, start, ctx)
    layout = torch.channels_last if data.task.dimensions == 2 else torch.channels_last_3d
    network = cast(Any, network).to(device, memory_format=layout)
    average = copy.deepcopy(network).eval().requires_grad_(False)
    optimiser = _optimiser(network, config.optimisation, fused=device.type == "cuda")
    return Learner(network, average, optimiser, first_card(config, data, start, outputs), device)


def _begin(network: nn.Module, config: TrainingConfig, data: TrainingData, start: Start, ctx: JobContext) -> None:
    """Take the weights of the model to finetune, or of a pretrained encoder."""
    if config.start_from:
        model, names = Path(config.start_from), data.task.class_names
        take_weights(network, config.network, start.arguments, data.channels, names, model, ctx)
    elif start.encoder is not None:
        weights, _ = read_encoder(start.encoder)
        ctx.report(Note("info", load_encoder(network, weights, start.encoder.name)))


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


def _freeze(network: nn.Module, config: TrainingConfig, data: TrainingData, start: Start, ctx: JobContext) -> None:
    """Keep the first levels of a network that has learned before."""
    wanted, parameters = config.optimisation.frozen_stages, data.task.parameters
    if isinstance(parameters, PanopticTraining):
        wanted = max(wanted, FINETUNED_STAGES[parameters.finetune_layers])
    if not config.start_from and start.encoder is None:
        if wanted and isinstance(parameters, PanopticTraining):
            ctx.report(Note("info", "The encoder starts from random weights, so all of its layers learn."))
        return
    frozen = freeze_stages(network, wanted)
    if frozen:
        ctx.report(Note("info", f"The first {frozen} levels of the network stay as they are."))
    if not config.start_from:
        _release_fresh_norms(network)


def _release_fresh_norms(network: nn.Module) -> None:
    """Group normalisation learns even in frozen levels of a pretrained encoder: published weights have none for it."""
    for module in network.modules():
        if isinstance(module, nn.GroupNorm):
            module.requires_grad_(True)


def _settle_statistics(
    network: nn.Module, config: TrainingConfig, data: TrainingData, start: Start, ctx: JobContext
) -> None:
    """Keep the statistics of batch normalisation where few patches would spoil them."""
    parameters = data.task.parameters
    if not isinstance(network, PanopticNetwork) or not isinstance(parameters, PanopticTraining):
        return
    learned_before = bool(config.start_from) or start.encoder is not None
    if learned_before and _has_statistics(network) and parameters.statistics != "learn":
        batch, patches = config.optimisation.batch_size, patch_count(data, config)
        few = batch < FEW_PATCHES_PER_STEP or patches < _FEW_PATCHES
        reason = f"{batch} patches per step" if batch < FEW_PATCHES_PER_STEP else f"{patches} patches to learn from"
        if few and parameters.statistics == "auto":
            ctx.report(Note("info", f"{reason} are few: the batch statistics of the start weights are kept."))
        if few or parameters.statistics == "keep":
            _keep_statistics(network, everywhere=bool(config.start_from))
    network.train()


def _keep_statistics(network: PanopticNetwork, *, everywhere: bool) -> None:
    """Of the whole network, or of its encoder alone where only that one has learned before."""
    if everywhere:
        network.keep_statistics(True)
        return
    for module in network.encoder.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.requires_grad_(False)


def _has_statistics(network: nn.Module) -> bool:
    return any(isinstance(module, nn.BatchNorm2d) for module in network.modules())


def patch_count(data: TrainingData, config: TrainingConfig) -> int:
    """How many patches lie side by side in the labelled slices of the training images."""
    area = config.patch_size[1] * config.patch_size[2]
    count = 0
    for image in data.train:
        slices = np.unique(np.concatenate([points[:, 0] for points in image.points.values()])) if image.points else ()
        count += len(slices) * max(1, image.shape[1] * image.shape[2] // area)
    return count


def first_card(config: TrainingConfig, data: TrainingData, start: Start, outputs: int) -> ModelCard:
    """The card of a model that is being trained; scores and the manifest come at the end."""
    return ModelCard(
        name=config.name,
        recipe=config.recipe,
        recipe_parameters=_without_folders(data.task.parameters.model_dump()),
        network=config.network,
        network_arguments=start.arguments,
        dimensions=data.task.dimensions,
        input_channels=data.channels,
        output_channels=outputs,
        label_kind=data.task.kind,
        class_names=data.task.class_names,
        class_values=data.task.class_values,
        normalisation=start.normalisation,
        voxel_size=data.voxel_size,
        patch_size=config.patch_size,
        divisor=network_divisor(config.network, config.network_arguments),
        prediction=_first_prediction(config, data),
        decode=first_decode(config, data, start),
        licence=start.licence,
        citation=start.citation,
    )


def _first_prediction(config: TrainingConfig, data: TrainingData) -> dict[str, Any]:
    """How the network sees images: at the magnification that it learns at."""
    fields = RECIPE_INFOS[config.recipe].prediction.model_fields
    return {"downsampling": magnification_factor(data.task)} if "downsampling" in fields else {}


def _without_folders(parameters: dict[str, Any]) -> dict[str, Any]:
    """Parameters that may be passed on: of a file of this computer only the name."""
    file = parameters.get("pretrained_file")
    return {**parameters, "pretrained_file": Path(file).name} if file else parameters


def first_decode(config: TrainingConfig, data: TrainingData, start: Start) -> dict[str, Any]:
    """Parameters of decoding: of the model that is finetuned, but sizes as the objects of the training labels have."""
    decode: dict[str, Any] = RECIPE_INFOS[config.recipe].decode().model_dump()
    decode |= {name: value for name, value in start.decode.items() if name in decode}
    if "objects" in decode:
        decode["objects"] = _way_to_objects(config, data)
    if "min_extent" in decode and _has_few_slices(data):
        decode["min_extent"] = _SHORT_EXTENT
    if data.sizes is None or "min_size" not in decode:
        return decode
    small, usual = data.sizes
    smallest = max(1, round(_SMALLEST_SHARE * small * magnification_factor(data.task) ** 2))
    decode["min_area" if "min_area" in decode else "min_size"] = smallest
    if "smoothing" not in decode:
        return decode
    if data.task.dimensions == 2:
        radius = math.sqrt(usual / math.pi)
    else:
        radius = (0.75 * usual * data.voxel_size.anisotropy / math.pi) ** (1 / 3)
    smoothing = max(_SMOOTHING_BOUNDS[0], min(_SMOOTHING_BOUNDS[1], radius * _SMOOTHING_SHARE))
    decode["smoothing"] = round(smoothing, 1)
    return decode


def _has_few_slices(data: TrainingData) -> bool:
    """Whether objects reach through few slices: because these are thick, or because there are few."""
    thick = data.voxel_size.known and data.voxel_size.anisotropy >= _THICK
    return thick or any(1 < image.shape[0] < _FEW_SLICES for image in data.train)


def _way_to_objects(config: TrainingConfig, data: TrainingData) -> str:
    """Where class labels do not show how touching objects part, each island is one object."""
    if data.task.kind == "objects":
        return "watershed"
    return "connected" if config.recipe_parameters.get("result") == "objects" else "classes"
