"""Patches as a training would see them, to look at before it begins."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from desktop_app.core.config.model_card import new_scale
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.imaging.contrast import auto_window, to_uint8
from desktop_app.core.job import JobContext, QuietContext
from desktop_app.core.patch_sample import PatchSample
from desktop_app.io.models import load_card
from desktop_app.io.scratch import scratch_folder
from desktop_app.ml.data.dataset import gather
from desktop_app.ml.data.patch_source import PatchRequest
from desktop_app.ml.data.targets import CLASSES, IGNORED
from desktop_app.ml.recipes.base import task_of
from desktop_app.ml.recipes.registry import recipe_named

_MOST_IMAGES = 3
"""Images that samples are drawn from: more take longer to open, and show no other changes."""


def patch_samples(config: TrainingConfig, count: int, draw: int, ctx: JobContext) -> tuple[PatchSample, ...]:
    """Some patches, changed at random as the configuration says.

    Args:
        config: Of the training.
        count: How many.
        draw: Which; the same number gives the same ones.
        ctx: May cancel.

    Raises:
        UserError: If an image cannot be read, or nothing is labelled in the first ones.
    """
    learned = [pair for pair in config.dataset.pairs if pair.role in ("auto", "train")][:_MOST_IMAGES]
    pairs = tuple(pair.model_copy(update={"role": "train"}) for pair in learned)
    dataset = config.dataset.checked_elsewhere().model_copy(update={"pairs": pairs})
    few = config.model_copy(update={"dataset": dataset})
    recipe, task, quiet = recipe_named(config.recipe), task_of(config), QuietContext(ctx)
    scale = load_card(Path(config.start_from)).normalisation if config.start_from else new_scale()
    data = gather(few, recipe, task, scale, quiet)
    with scratch_folder("samples") as folder:
        request = PatchRequest(
            images=data.train,
            patch=config.patch_size,
            batch_size=count,
            augmentation=config.augmentation.used,
            anisotropy=data.voxel_size.anisotropy,
            seed=config.seed,
            in_memory=data.in_memory,
            cache=folder,
            ctx=quiet,
            anywhere=config.optimisation.anywhere,
        )
        source = recipe.patch_source(request, task)
        if source is None:
            raise UserError("Nothing is labelled in the first images.", hint="Label some objects first.")
        ctx.raise_if_cancelled()
        batch = source.batch(draw)
    middle = config.patch_size[0] // 2
    classes = batch.targets.get(CLASSES)
    found = []
    for number in range(count):
        picture = batch.image[number, 0, middle].numpy()
        labels = np.zeros(picture.shape, np.uint32) if classes is None else classes[number, middle].numpy()
        labels = np.where(labels == IGNORED, 0, labels).astype(np.uint32)
        found.append(PatchSample(to_uint8(picture, auto_window(picture)), labels))
    return tuple(found)
