"""Checking a network on whole images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from desktop_app.core.config.inference import InferenceConfig, RunMode
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.config.training import AugmentationParameters, TrainingConfig
from desktop_app.core.imaging import Region
from desktop_app.core.imaging.contrast import auto_window, to_uint8
from desktop_app.core.job import JobContext, Note, Preview, QuietContext
from desktop_app.core.recipes.registry import RECIPES as RECIPE_INFOS
from desktop_app.ml.data.dataset import CheckImage, TrainingData
from desktop_app.ml.data.sampler import PatchSampler
from desktop_app.ml.inference.engines import engine_of, way_of
from desktop_app.ml.inference.predictor import Predictor
from desktop_app.ml.recipes.base import Case, Decoded, LossInput, Task
from desktop_app.ml.recipes.registry import recipe_named

_LOSS_BATCHES = 6
_NO_AUGMENTATION = AugmentationParameters(flip=False, rotate=False, scale=0, elastic=0, intensity=0, noise=0, blur=0)


def predicted_cases(predictor: Predictor, images: Sequence[CheckImage], ctx: JobContext) -> Iterator[Case]:
    """Maps and truth of each image, one at a time; only the slices that count."""
    for image in images:
        source = image.source
        channels = tuple(range(predictor.card.input_channels))
        predictor.remember_greys(source.image, channels, image.greys)
        mode: RunMode = "slice" if predictor.card.dimensions == 2 else "auto"
        way = way_of(predictor.card, InferenceConfig(model="", inputs=(), output="", mode=mode))
        maps = engine_of(predictor.card).maps(predictor, source.image, None, way, QuietContext(ctx, kept=(Note,)))
        yield Case(maps, source.labels.read())


def validate(
    predictor: Predictor, images: Sequence[CheckImage], task: Task, ctx: JobContext, step: int, *, final: bool = False
) -> dict[str, float]:
    """Scores of whole images by name, pooled; shows the first image as a preview.

    While training goes on, class maps are scored; ``final`` scores the labels as the user will get them.
    """
    recipe = recipe_named(predictor.card.recipe)
    parameters = RECIPE_INFOS[predictor.card.recipe].decode.model_validate(predictor.card.decode)
    scores: list[dict[str, float]] = []
    for image, case in zip(images, predicted_cases(predictor, images, ctx), strict=True):
        ctx.raise_if_cancelled()
        decoded = recipe.decode(case.maps, parameters, predictor.card)
        if not scores:
            ctx.report(preview_of(image, decoded, case.truth, step))
        kept = list(image.source.slices) if image.source.slices is not None else slice(None)
        classes = None if final or decoded.classes is None else decoded.classes[kept]
        scores.append(recipe.score(Decoded(decoded.labels[kept], decoded.class_of, classes), case.truth[kept], task))
    return recipe.pool(scores)


def preview_of(image: CheckImage, decoded: Decoded, truth: NDArray[np.generic], step: int) -> Preview:
    """The slice with the most labels of an image, with prediction and truth."""
    source = image.source
    filled = (truth > 0).sum(axis=(1, 2))  # type: ignore[operator]
    z = int(filled.argmax()) if filled.any() else source.image.shape[0] // 2
    _, height, width = source.image.shape
    picture = source.image.read(Region((z, 0, 0), (z + 1, height, width)), 0)[0]
    title = f"{source.name}, slice {z + 1}" if source.image.shape[0] > 1 else source.name
    shown = to_uint8(picture, auto_window(picture))
    return Preview(title, step, shown, decoded.labels[z].astype(np.uint32), truth[z].astype(np.uint32))


@torch.inference_mode()
def validation_loss(
    network: nn.Module, data: TrainingData, config: TrainingConfig, device: torch.device, step: int
) -> float:
    """Mean loss of the same few patches each time; NaN without validation images."""
    holders = [image for image in data.watched if image.points]
    if not holders:
        return float("nan")
    recipe = recipe_named(config.recipe)
    sampler = PatchSampler(
        images=holders,
        interpolation=recipe.interpolation(data.task),
        patch=config.patch_size,
        batch_size=config.optimisation.batch_size,
        augmentation=_NO_AUGMENTATION,
        anisotropy=data.voxel_size.anisotropy,
        seed=config.dataset.split.seed,
        finish=partial(recipe.patch_targets, task=data.task),
    )
    losses = []
    for number in range(_LOSS_BATCHES):
        batch = sampler.batch(number)
        image, targets = network_input(batch.image, batch.targets, data.task.dimensions, device)
        loss, _ = recipe.loss(LossInput(image, network(image), targets, step, data.task))
        losses.append(float(loss))
    return float(np.mean(losses))


def network_input(
    image: torch.Tensor, targets: dict[str, torch.Tensor], dimensions: int, device: torch.device
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """A batch on the device, without the z axis for 2D networks, in the layout that computes fastest."""
    if dimensions == 2:
        image, targets = image[:, :, 0], {name: t[:, 0] for name, t in targets.items()}
    layout = torch.channels_last if dimensions == 2 else torch.channels_last_3d
    moved = image.to(device, non_blocking=True).contiguous(memory_format=layout)
    return moved, {name: t.to(device, non_blocking=True) for name, t in targets.items()}


def calibrated_card(predictor: Predictor, images: Sequence[CheckImage], task: Task, ctx: JobContext) -> ModelCard:
    """The model's card with parameters of decoding that suit validation images best."""
    recipe = recipe_named(predictor.card.recipe)
    cases = []
    for image, case in zip(images, predicted_cases(predictor, images, ctx), strict=True):
        source = image.source
        kept = list(source.slices) if source.slices is not None else slice(None)
        maps = case.maps if source.slices is None else case.maps[:, kept]
        cases.append(Case(maps, case.truth[kept]))
    decode = recipe.calibrate(cases, task, predictor.card, ctx)
    return predictor.card.model_copy(update={"decode": decode})
