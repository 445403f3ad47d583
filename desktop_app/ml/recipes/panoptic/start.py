"""What a panoptic network starts from, and which of its parts learn."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from desktop_app.core.config.model_card import Normalisation, new_scale
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext, Note
from desktop_app.core.networks.panoptic import ENCODER_WITH_WEIGHTS
from desktop_app.core.networks.registry import NETWORKS, network_divisor
from desktop_app.core.recipes.panoptic.parameters import FINETUNED_STAGES, PanopticTraining
from desktop_app.io.models.catalogue import load_catalogue, pretrained_encoder
from desktop_app.io.models.tensors import read_tensors
from desktop_app.ml.data.images import TrainingImage, label_slices
from desktop_app.ml.networks.normalisation import BatchNorm
from desktop_app.ml.networks.panoptic import PanopticNetwork
from desktop_app.ml.networks.registry import freeze_stages
from desktop_app.ml.networks.state import (
    StateDict,
    encoder_signature,
    folded,
    known_encoders,
    norm_after,
    shapes_of,
    tensors_of,
)
from desktop_app.ml.recipes.base import Start, Task, TrainingData
from desktop_app.ml.recipes.panoptic.targets import panoptic_training

_FEW_PATCHES_PER_STEP = 8
"""Below this, batch statistics of a step are a poor guess (Wu and He 2018, arXiv 1803.08494, figure 1)."""

_FEW_VALUES = 32
"""Values of the coarsest maps per channel and step below which their mean and spread say little."""

_FEW_PATCHES = 16
"""Patches in all below which batch statistics learn these few images by heart."""

_ENOUGH = 0.75  # of the layers; with fewer it is another encoder
_FOLLOWERS = ("encoder_k", "momentum", "teacher", "target", "ema")

_ELECTRONS = new_scale(kind="stretched", mean=0.57571, std=0.12765)
"""Mean and standard deviation of the images that the published CEM weights have seen; those fill their 8 bits."""


def panoptic_start(config: TrainingConfig, ctx: JobContext) -> Start:
    """Grey scale and encoder weights of a run without a model to finetune.

    Raises:
        UserError: If a file with pretrained weights cannot be used.
        JobCancelled: If the user stops the download of pretrained weights.
    """
    parameters = PanopticTraining.model_validate(config.recipe_parameters)
    encoder = _encoder_file(config, parameters, ctx)
    if encoder is None:
        return Start(_ELECTRONS, config.network_arguments)
    return Start(read_encoder(encoder)[1], config.network_arguments, encoder, *_credit_of(encoder))


def read_encoder(path: Path) -> tuple[dict[str, NDArray[Any]], Normalisation]:
    """Weights of an encoder from a file, and the grey scale that they were trained with where the file tells it.

    Raises:
        UserError: If the file holds no weights.
    """
    found = read_tensors(path)
    norms = found.extras.get("norms")
    if isinstance(norms, dict):
        norms = [norms.get("mean"), norms.get("std")]
    if not isinstance(norms, list | tuple) or len(norms) != 2:
        return found.tensors, _ELECTRONS
    mean, std = (float(np.ravel(value)[0]) for value in norms)
    return found.tensors, _ELECTRONS.model_copy(update={"mean": mean, "std": std})


def load_encoder(network: nn.Module, state: StateDict, name: str) -> str:
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


def fix_panoptic_parts(
    network: nn.Module, config: TrainingConfig, data: TrainingData, start: Start, ctx: JobContext
) -> None:
    """Keep layers and statistics as they are that shall not learn, or would learn from too little."""
    parameters = panoptic_training(data.task)
    _tell_unknown_regions(parameters, data.task, ctx)
    frozen = max(config.optimisation.frozen_stages, FINETUNED_STAGES[parameters.finetune_layers])
    if config.start_from or start.pretrained is not None:
        freeze_stages(network, frozen, ctx)
        if not config.start_from:
            _release_fresh_norms(network)
        if isinstance(network, PanopticNetwork):
            _settle_statistics(network, config, data, parameters, ctx)
    else:
        if frozen:
            ctx.report(Note("info", "The encoder starts from random weights, so all of its layers learn."))
        _renormalise(network, config, parameters, ctx)
    network.train()


def patch_count(data: TrainingData, config: TrainingConfig) -> int:
    """How many patches lie side by side in the slices of the training images of which something is known."""
    area = config.patch_size[1] * config.patch_size[2]
    count = 0
    for image in data.train:
        patches = max(1, image.region.shape[1] * image.region.shape[2] // area)
        count += _known_slices(image, data.task.unlabelled) * patches
    return count


def _known_slices(image: TrainingImage, unlabelled: int | None) -> int:
    """Slices of an image that are not wholly unlabelled; labels are read only where some voxels may be."""
    depth = image.region.shape[0]
    if unlabelled is not None:
        return sum(bool((picture != unlabelled).any()) for _, picture in label_slices(image, depth))
    if image.slices is None:
        return depth
    return sum(image.region.start[0] <= z < image.region.stop[0] for z in image.slices)


def without_folders(parameters: dict[str, Any]) -> dict[str, Any]:
    """Parameters that may be passed on: of a file of this computer only the name."""
    file = parameters.get("pretrained_file")
    return {**parameters, "pretrained_file": Path(file).name} if file else parameters


def _tell_unknown_regions(parameters: PanopticTraining, task: Task, ctx: JobContext) -> None:
    unknown = [name for name in parameters.stuff if name not in task.class_names]
    if unknown:
        wrong, known = (", ".join(f"“{name}”" for name in names) for names in (unknown, task.class_names))
        ctx.report(Note("warning", f"There is no class {wrong} to learn as a region; the classes are {known}."))


def _credit_of(encoder: Path) -> tuple[str, str]:
    """Licence and citation of published weights, which are known by their file name."""
    entry = next((entry for entry in load_catalogue().entries if entry.file_name == encoder.name), None)
    return (entry.licence, entry.whole_citation) if entry else ("", "")


def _encoder_file(config: TrainingConfig, parameters: PanopticTraining, ctx: JobContext) -> Path | None:
    if parameters.pretrained_file:
        path = Path(parameters.pretrained_file)
        if not path.is_file():
            raise UserError(
                f"The file with pretrained weights {path.name} is not there.", hint="Choose it again, or use none."
            )
        return path
    arguments = NETWORKS[config.network].arguments.model_validate(config.network_arguments)
    encoder = getattr(arguments, "encoder", "")
    if not parameters.pretrained or encoder != ENCODER_WITH_WEIGHTS:
        return None
    path_or_none = pretrained_encoder(encoder, ctx)
    if path_or_none is None:
        text = "The training starts from random weights. It then needs more steps and more labelled images."
        ctx.report(Note("warning", text))
    return path_or_none


def _renormalise(network: nn.Module, config: TrainingConfig, parameters: PanopticTraining, ctx: JobContext) -> None:
    """Train with about the running statistics where a step is too small to tell a mean and a spread of its own."""
    norms = [module for module in network.modules() if isinstance(module, BatchNorm)]
    few = _few_values(config) and parameters.statistics == "auto"
    if not norms or not (few or parameters.statistics == "keep"):
        return
    batch, edge = config.optimisation.batch_size, config.patch_size[1]
    reason = "There are no batch statistics to keep"
    if few:
        reason = f"{batch} patches of {edge} px per step are too few for batch statistics of their own"
    ctx.report(Note("info", f"{reason}: the network learns with those of all steps."))
    for norm in norms:
        norm.renormalised = True


def _few_values(config: TrainingConfig) -> bool:
    """Whether a step shows few patches, or few values of the coarsest maps."""
    batch, divisor = config.optimisation.batch_size, network_divisor(config.network, config.network_arguments)
    cells = (config.patch_size[1] // divisor[1]) * (config.patch_size[2] // divisor[2])
    return batch < _FEW_PATCHES_PER_STEP or batch * cells < _FEW_VALUES


def _release_fresh_norms(network: nn.Module) -> None:
    """Group normalisation learns even in frozen levels of a pretrained encoder: published weights have none for it."""
    for module in network.modules():
        if isinstance(module, nn.GroupNorm):
            module.requires_grad_(True)


def _settle_statistics(
    network: PanopticNetwork,
    config: TrainingConfig,
    data: TrainingData,
    parameters: PanopticTraining,
    ctx: JobContext,
) -> None:
    """Keep the statistics of batch normalisation where few patches would spoil them."""
    if parameters.statistics == "learn" or not any(isinstance(m, BatchNorm) for m in network.modules()):
        return
    batch, patches = config.optimisation.batch_size, patch_count(data, config)
    few = batch < _FEW_PATCHES_PER_STEP or patches < _FEW_PATCHES
    reason = f"{batch} patches per step" if batch < _FEW_PATCHES_PER_STEP else f"{patches} patches to learn from"
    if few and parameters.statistics == "auto":
        ctx.report(Note("info", f"{reason} are few: the batch statistics of the start weights are kept."))
    if few or parameters.statistics == "keep":
        _keep_statistics(network, everywhere=bool(config.start_from))


def _keep_statistics(network: PanopticNetwork, *, everywhere: bool) -> None:
    """Of the whole network, or of its encoder alone where only that one has learned before."""
    if everywhere:
        network.keep_statistics(True)
        return
    for module in network.encoder.modules():
        if isinstance(module, BatchNorm):
            module.requires_grad_(False)
