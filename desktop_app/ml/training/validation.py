"""Checking a network on whole images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from desktop_app.core.config.inference import InferenceConfig, RunMode
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Index3, Region
from desktop_app.core.imaging.contrast import auto_window, to_uint8
from desktop_app.core.job import JobContext, Note, Preview, QuietContext
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.ml.data.greys import GreyScale
from desktop_app.ml.data.images import TrainingImage, affordable, cropped
from desktop_app.ml.inference.engine import InferencePlan, Room, named_labels
from desktop_app.ml.inference.maps import Maps
from desktop_app.ml.inference.predictor import Predictor
from desktop_app.ml.recipes.base import Case, Decoded, LossInput, Task
from desktop_app.ml.recipes.registry import recipe_named
from desktop_app.ml.training.critic import Critic
from desktop_app.ml.training.interruption import stoppable
from desktop_app.ml.training.live_labels import labels_in_file
from desktop_app.ml.training.patches import Patches, network_input
from desktop_app.ml.training.score_trust import ImageScores, present_classes, tuned_on_others

_LOSS_BATCHES = 6
"""Batches behind the validation loss; it is shown, and decides nothing."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """Decoding tuned on validation images.

    Attributes:
        card: Of the model, with parameters of decoding that suit all of them best.
        others: For each image those that suit the others best, to score it with; none where nothing was changed.
        maps: Of each image, as the network gives them; none where some images have no labels.
    """

    card: ModelCard
    others: tuple[dict[str, Any], ...] = ()
    maps: tuple[Any, ...] = ()

    def decode_of(self, place: int) -> dict[str, Any]:
        """Parameters to score the image at that place with."""
        return self.others[place] if place < len(self.others) else self.card.decode


def validate(
    predictor: Predictor,
    images: Sequence[TrainingImage],
    task: Task,
    ctx: JobContext,
    step: int,
    *,
    final: bool = False,
) -> dict[str, float]:
    """Scores of whole images by name, pooled; shows the first image as a preview.

    While training goes on, class maps are scored; ``final`` scores the labels as the user will get them. Images
    without labels are shown only; if there are no others, there are no scores.
    """
    found = scores_of_images(predictor, images, task, ctx, step, final=final)
    return recipe_named(predictor.card.recipe).pool([one.scores for one in found]) if found else {}


def scores_of_images(
    predictor: Predictor,
    images: Sequence[TrainingImage],
    task: Task,
    ctx: JobContext,
    step: int,
    *,
    final: bool = False,
    tuning: Tuning | None = None,
    critic: Critic | None = None,
) -> list[ImageScores]:
    """Scores of each image that has labels, as ``validate`` pools them.

    Args:
        predictor: The network.
        images: Whole images.
        task: What is learned.
        ctx: Hears a preview of the first image, and what is found in each while training goes on; may cancel.
        step: Of the run, for the preview.
        final: Whether labels are scored, not class maps.
        tuning: What is there already of the first images; each is decoded as suits the others.
        critic: Looks at all that have labels, and notices the others.
    """
    recipe, info = recipe_named(predictor.card.recipe), RECIPES[predictor.card.recipe]
    scores: list[ImageScores] = []
    shown = False
    known = Tuning(predictor.card) if tuning is None else tuning
    for place, image in enumerate(images):
        parameters = info.decode.model_validate(known.decode_of(place))
        ctx.raise_if_cancelled()
        quiet = QuietContext(ctx)
        maps = known.maps[place] if place < len(known.maps) else _maps(predictor, image, ctx)
        labels, class_of = named_labels(recipe.engine.decode(maps, parameters, predictor.card, Room(), quiet))
        truth = None if image.labels is None else image.labels.read()
        z = _most_labelled(labels if truth is None else truth)
        if not shown:
            ctx.report(preview_of(image, labels, None if truth is None else task.learned(truth[z]), step, z))
            shown = True
        if not final:
            by_class = info.gives_classes(parameters.model_dump())
            ctx.report(labels_in_file(image, labels, z, step, classes=by_class))
        kept = _kept(image)
        if critic is not None:
            critic.notice(image, Decoded(labels[kept], class_of), None if truth is None else truth[kept])
        if truth is not None:
            classes = None if final else recipe.engine.classes(maps, parameters, predictor.card, quiet)[kept]
            agreed = recipe.score(Decoded(labels[kept], class_of, classes), truth[kept], task)
            scores.append(ImageScores(image.specimen or image.name, agreed, present_classes(truth[kept], task)))
            if critic is not None:
                critic.look(image, Decoded(labels[kept], class_of), truth[kept])
    return scores


def notice_one(predictor: Predictor, image: TrainingImage, most: Index3, critic: Critic, ctx: JobContext) -> None:
    """Let the critic notice what is found in the middle of an image that was learned from.

    Args:
        predictor: The network.
        image: As the network sees it.
        most: Largest box (z, y, x) that is looked at, in voxels.
        critic: Notices it.
        ctx: May cancel.
    """
    recipe, info = recipe_named(predictor.card.recipe), RECIPES[predictor.card.recipe]
    box = affordable(image.image.shape, np.zeros((0, 3), np.int64), most)
    part = replace(image, image=cropped(image.image, box), labels=None, region=Region.whole(box.shape), slices=None)
    channels = image.image.channels
    part = replace(part, greys=GreyScale((0.0,) * channels, (1.0,) * channels))  # it is network input already
    parameters = info.decode.model_validate(predictor.card.decode)
    maps = _maps(predictor, part, ctx)
    found = named_labels(recipe.engine.decode(maps, parameters, predictor.card, Room(), QuietContext(ctx)))
    critic.notice(part, Decoded(*found), None)


def tuned_decoding(predictor: Predictor, images: Sequence[TrainingImage], task: Task, ctx: JobContext) -> Tuning:
    """Parameters of decoding that suit validation images best."""
    recipe, card = recipe_named(predictor.card.recipe), predictor.card
    labelled = [image for image in images if image.labels is not None]
    maps = [_maps(predictor, image, ctx) for image in labelled]
    cases = [
        Case(found if image.slices is None else found.select(image.slices), image.truth.read()[_kept(image)])
        for found, image in zip(maps, labelled, strict=True)
    ]
    decode = recipe.calibrate(cases, task, card, ctx)
    tuned = card.model_copy(update={"decode": decode})
    if len(labelled) < len(images):
        return Tuning(tuned)
    others = tuned_on_others(cases, labelled, recipe, task, card, QuietContext(ctx)) if decode != card.decode else []
    return Tuning(tuned, tuple(others), tuple(maps))


def _maps(predictor: Predictor, image: TrainingImage, ctx: JobContext) -> Maps:
    """Maps of an image, by the recipe's own way through it."""
    channels = tuple(range(predictor.card.input_channels))
    predictor.remember_greys(image.image, channels, image.greys)
    mode: RunMode = "slice" if predictor.card.dimensions == 2 else "auto"
    plan = InferencePlan.of(predictor.card, InferenceConfig(model="", inputs=(), output="", mode=mode))
    engine = recipe_named(predictor.card.recipe).engine
    with stoppable(predictor.network, ctx):
        return engine.predict(predictor, image.image, None, plan, QuietContext(ctx, kept=(Note,)))


def _kept(image: TrainingImage) -> list[int] | slice:
    """The slices that count."""
    return slice(None) if image.slices is None else list(image.slices)


def _most_labelled(labels: NDArray[Any]) -> int:
    """The slice of ``(Z, Y, X)`` with the most labels, the middle one where there are none."""
    filled = (labels > 0).sum(axis=(1, 2))
    return int(filled.argmax()) if filled.any() else len(filled) // 2


def preview_of(
    image: TrainingImage, labels: NDArray[np.uint32], true: NDArray[np.uint32] | None, step: int, z: int
) -> Preview:
    """A slice of an image, with the prediction, and its true labels ``(Y, X)`` where there are some."""
    volume = image.image
    _, height, width = volume.shape
    picture = volume.read(Region((z, 0, 0), (z + 1, height, width)), 0)[0]
    title = f"{image.name}, z {z}" if volume.shape[0] > 1 else image.name
    shown = to_uint8(picture, auto_window(picture))
    return Preview(title, step, shown, labels[z], true)


@torch.inference_mode()
def validation_loss(network: nn.Module, patches: Patches, step: int, ctx: JobContext) -> float:
    """Mean loss of the same few patches each time; NaN without validation images. The user may stop."""
    plan, source = patches.plan, patches.watched
    if source is None:
        return float("nan")
    losses = []
    for number in range(_LOSS_BATCHES):
        batch = source.batch(number)
        image, targets = network_input(batch.image, batch.targets, plan.config.network, plan.device)
        with stoppable(network, ctx):
            loss, _ = plan.recipe.loss(LossInput(image, network(image), targets, step, plan.task))
        losses.append(float(loss))
    return float(np.mean(losses))
