"""Means of weights: the running one of a training, and the one of a model with what it has learned anew.

The running mean is what a run validates and keeps. When finetuning ends, the start model, what was learned, and the
mean of both are compared, and the best is kept. After few steps from common weights, all weights between both serve,
too, and their mean keeps more of what the model knew before than it loses of what it learned (Wortsman et al. 2022,
"Robust fine-tuning of zero-shot models", arXiv 2109.01903). Labels of a few patches are easily learned by heart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import torch
from torch import nn

from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext, Note, QuietContext
from desktop_app.core.training_result import Kept
from desktop_app.io.models import read_weights
from desktop_app.ml.data.patch_source import batches
from desktop_app.ml.inference.devices import mixed_precision
from desktop_app.ml.inference.predictor import Predictor
from desktop_app.ml.networks.normalisation import BatchNorm
from desktop_app.ml.recipes.base import TrainingData
from desktop_app.ml.recipes.score_uncertainty import counted_objects, needed_gain
from desktop_app.ml.training.interruption import stoppable
from desktop_app.ml.training.patches import Patches, network_input
from desktop_app.ml.training.validation import validate

Weights: TypeAlias = dict[str, torch.Tensor]

_STATISTICS_BATCHES = 8
"""Batches whose mean and spread batch normalisation takes; more change these by less than a run's last steps do."""

_ENOUGH_OBJECTS = 30  # with fewer a difference of scores is chance
_SAID: dict[Kept, Note] = {
    "mean": Note(
        "info",
        "The mean of the start model and what it has learned does as well on your labels, and forgets less: "
        "it is used.",
    ),
    "start": Note(
        "warning",
        "The start model does better on your labels than what was learned from them, so it is kept as it was. Lower "
        "the learning rate, or label more.",
    ),
}


@torch.no_grad()
def follow(average: nn.Module, network: nn.Module, step: int, stays: float) -> None:
    """Move the averaged weights towards the present ones (Polyak averaging); quickly at first.

    ``torch.optim.swa_utils.AveragedModel`` copies the weights at its first update instead of moving towards them, and
    counts updates in a buffer of its own: runs of earlier versions would not go on bit for bit.

    Args:
        average: Changed in place.
        network: As it is after a step.
        step: From 0.
        stays: Share of the old mean that stays once there are steps enough; 0 takes the present weights.
    """
    share = 1 - min(stays, (step + 1) / (step + 10))  # a warm-up as TensorFlow's ExponentialMovingAverage has it
    for slow, fast in zip(average.parameters(), network.parameters(), strict=True):
        slow.lerp_(fast, share)
    for kept, fresh in zip(average.buffers(), network.buffers(), strict=True):
        kept.copy_(fresh)


def learning_norms(network: nn.Module) -> list[str]:
    """Names of the batch normalisations whose statistics change while training."""
    network.train()
    return [name for name, module in network.named_modules() if isinstance(module, BatchNorm) and module.training]


def renew_statistics(network: nn.Module, norms: Sequence[str], patches: Patches, ctx: JobContext) -> None:
    """Batch statistics that belong to averaged weights, from patches that no step sees.

    Args:
        network: With the averaged weights, in evaluation mode, on the plan's device.
        norms: Its batch normalisations to renew.
        patches: Of the run.
        ctx: May cancel; the statistics are then as before.
    """
    if not norms:
        return
    plan = patches.plan
    first = plan.config.optimisation.iterations * plan.config.optimisation.accumulate
    unseen = batches(patches.learned, first, first + _STATISTICS_BATCHES, 0)
    images = (network_input(batch.image, {}, plan.config.network, plan.device)[0] for batch in unseen)
    with stoppable(network, ctx):
        refresh_statistics(network, norms, images, plan.device)


@torch.no_grad()
def refresh_statistics(
    average: nn.Module, names: Iterable[str], images: Iterable[torch.Tensor], device: torch.device
) -> None:
    """Give averaged weights statistics of their own (Izmailov et al. 2018, arXiv 1803.05407, section 3.1).

    The running statistics belong to the weights of the last few steps; the averaged weights give other values.
    ``torch.optim.swa_utils.update_bn`` would renew frozen layers, too, and leave dropout switched on meanwhile.

    Args:
        average: Network in evaluation mode.
        names: Of its batch normalisations to renew.
        images: Batches ``(B, C, Y, X)``; their statistics are averaged.
        device: Where they are.
    """
    norms = [module for name in names if isinstance(module := average.get_submodule(name), BatchNorm)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
        norm.train()
    try:
        for image in images:
            with mixed_precision(device):
                average(image)
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
            norm.eval()


def start_weights(config: TrainingConfig, network: nn.Module) -> Weights | None:
    """Weights of the model that was finetuned; None without one, if it does not fit the network, or if it is gone."""
    if not config.start_from:
        return None
    try:
        found = {name: torch.from_numpy(value.copy()) for name, value in read_weights(Path(config.start_from)).items()}
    except UserError:
        return None
    shapes = {name: value.shape for name, value in network.state_dict().items()}
    return found if {name: value.shape for name, value in found.items()} == shapes else None


def scores_before(learned: Predictor, start: Weights, data: TrainingData, ctx: JobContext) -> dict[str, float]:
    """How the model that was finetuned does on all validation images, for comparison.

    Args:
        learned: With the learned weights, which it has again afterwards.
        start: Weights of the model.
        data: The images.
        ctx: May cancel.
    """
    weights = _copied(learned.network)
    learned.network.load_state_dict(start)
    scores = validate(learned, data.validation, data.task, QuietContext(ctx), 0, final=True)
    learned.network.load_state_dict(weights)
    return scores


def settle_weights(
    learned: Predictor, start: Weights, patches: Patches, ctx: JobContext, wanted: Kept | None = None
) -> Kept:
    """Give a finetuned network the weights that serve best: learned ones, those it started from, or their mean.

    Compared are the validation images, and images it learned from where those hold few objects or are none. The mean
    is taken unless what was learned gains something to believe (``needed_gain``), or twice as much; the start itself
    where neither does as well. So a training never makes a model worse, as far as these images tell.

    Args:
        learned: With the best weights of the run; its network is changed in place.
        start: Weights it started from.
        patches: Of the run.
        ctx: May cancel, and is told if what was learned is not what is kept.
        wanted: What was found to serve best before, by a cross-validation; None compares.

    Returns:
        What is kept; what was learned, where no image has labels to compare with.
    """
    weights, quiet, data = _copied(learned.network), QuietContext(ctx), patches.plan.data
    if wanted is not None:
        return _settled(learned, weights, start, patches, wanted, ctx)
    images = data.validation[: patches.plan.config.validation.max_images]
    scores = validate(learned, images, data.task, quiet, 0) if images else {}
    objects = counted_objects(scores)
    if not images or (objects is not None and objects < _ENOUGH_OBJECTS):
        images += data.rehearsal
        scores = validate(learned, images, data.task, quiet, 0)
    if not scores:
        return "learned"
    learned.network.load_state_dict(_mean(start, weights))
    renew_statistics(learned.network, _changed_norms(learned.network, start, weights), patches, ctx)
    averaged, mean = _copied(learned.network), validate(learned, images, data.task, quiet, 0)
    learned.network.load_state_dict(start)
    before = validate(learned, images, data.task, quiet, 0)
    kept: Kept = "mean"
    if scores["score"] > mean["score"] + min(needed_gain(mean), scores["score"] / 2):
        kept = "learned"
    if before["score"] > (mean if kept == "mean" else scores)["score"]:
        kept = "start"
    learned.network.load_state_dict({"learned": weights, "mean": averaged, "start": start}[kept])
    if kept in _SAID:
        ctx.report(_SAID[kept])
    return kept


def _settled(
    learned: Predictor, weights: Weights, start: Weights, patches: Patches, wanted: Kept, ctx: JobContext
) -> Kept:
    """Give the network the weights that are wanted, without a comparison."""
    if wanted == "start":
        learned.network.load_state_dict(start)
    elif wanted == "mean":
        learned.network.load_state_dict(_mean(start, weights))
        renew_statistics(learned.network, _changed_norms(learned.network, start, weights), patches, ctx)
    if wanted in _SAID:
        ctx.report(_SAID[wanted])
    return wanted


def _copied(network: nn.Module) -> Weights:
    return {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}


def _mean(one: Mapping[str, torch.Tensor], other: Mapping[str, torch.Tensor]) -> Weights:
    """The mean of two networks; whole numbers are the other's."""
    return {
        name: torch.lerp(one[name].to(value.dtype), value, 0.5) if value.is_floating_point() else value  # the mean
        for name, value in other.items()
    }


def _changed_norms(network: nn.Module, one: Mapping[str, torch.Tensor], other: Mapping[str, torch.Tensor]) -> list[str]:
    """Names of the batch normalisations with other statistics than at the start."""
    norms = (name for name, module in network.named_modules() if isinstance(module, BatchNorm))
    key = "{}.running_mean".format
    return [name for name in norms if not torch.equal(one[key(name)], other[key(name)])]
