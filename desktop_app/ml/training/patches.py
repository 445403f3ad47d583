"""The patches that a run learns from."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import nn

from desktop_app.core.config.training import TrainingConfig
from desktop_app.ml.data.dataset import TrainingData
from desktop_app.ml.data.sampler import PatchSampler, batches
from desktop_app.ml.recipes.registry import recipe_named
from desktop_app.ml.training.batch_norm import refresh_statistics
from desktop_app.ml.training.validation import network_input

_STATISTICS_BATCHES = 8


def patch_sampler(config: TrainingConfig, data: TrainingData) -> PatchSampler:
    """Where the patches of each step come from."""
    recipe = recipe_named(config.recipe)
    return PatchSampler(
        images=data.train,
        interpolation=recipe.interpolation(data.task),
        patch=config.patch_size,
        batch_size=config.optimisation.batch_size,
        augmentation=config.augmentation,
        anisotropy=data.voxel_size.anisotropy,
        seed=config.seed,
        finish=partial(recipe.patch_targets, task=data.task),
    )


def renew_statistics(
    network: nn.Module, norms: Sequence[str], config: TrainingConfig, data: TrainingData, device: torch.device
) -> None:
    """Batch statistics that belong to averaged weights, from patches that no step sees.

    Args:
        network: With the averaged weights, in evaluation mode.
        norms: Its batch normalisations to renew.
        config: Of the run.
        data: Its images.
        device: Where the network is.
    """
    if not norms:
        return
    first = config.optimisation.iterations
    patches = batches(patch_sampler(config, data), first, first + _STATISTICS_BATCHES, 0)
    images = (network_input(b.image, {}, data.task.dimensions, device)[0] for b in patches)
    refresh_statistics(network, norms, images, device)
