"""Opening and splitting a data set: everything that a run learns from and is checked with."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import psutil

from desktop_app.core.config.class_draw import SplitPart
from desktop_app.core.config.dataset import DatasetConfig, PairConfig
from desktop_app.core.config.model_card import ModelCard, Normalisation, require_channels
from desktop_app.core.config.specimen_names import only_specimen
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.config.training_memory import images_budget
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Index3, Region, Volume, VoxelSize
from desktop_app.core.imaging.grey import as_grey
from desktop_app.core.job import JobContext, Note, Progress
from desktop_app.core.recipes.data_report import NOT_NUMBERS
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.io.images.masked_labels import mask_of, open_masked_labels
from desktop_app.io.images.registry import channel_files, open_volume
from desktop_app.io.models import load_card
from desktop_app.ml.data.greys import grey_scale
from desktop_app.ml.data.images import TrainingImage, as_seen, checked_part, labelled_points
from desktop_app.ml.data.split import (
    KeptSplit,
    SpaceSplit,
    holds_labels,
    load_split,
    pair_states,
    split_by_image,
    split_by_space,
)
from desktop_app.ml.recipes.base import Recipe, Task, TrainingData

_BYTES_PER_VOXEL = 8
"""Grey values as float32 and targets of up to 4 bytes."""

_REHEARSED, _REHEARSED_VOXELS = 16, 16 * 2**20
"""Images looked at again after finetuning, and their voxels: half a minute on a processor."""


_MOST_NAMED = 5
"""Changed images named in one sentence."""


@dataclass(frozen=True, slots=True)
class _Split:
    """Images by their part in the training."""

    train: tuple[TrainingImage, ...]
    validation: tuple[TrainingImage, ...]
    test: tuple[TrainingImage, ...]


def gather(
    config: TrainingConfig,
    recipe: Recipe,
    task: Task,
    normalisation: Normalisation,
    ctx: JobContext,
    record: Path | None = None,
) -> TrainingData:
    """Open and split all images of a configuration.

    Args:
        config: Of the run.
        recipe: Asked what it learns from, and how the network sees images.
        task: What is learned.
        normalisation: How grey values become network input.
        ctx: Hears about progress, is told what changed since the run began, and may cancel.
        record: File with the run's split, which is kept to if there is one, and written if not; None for no run.

    Raises:
        UserError: If a file cannot be read, an image that is learned from lacks labels, or there is none to learn from.
    """
    split = _split(config, recipe, task, normalisation, ctx, record)
    scale, box = recipe.scale(task), RECIPES[config.recipe].largest_check
    seen = partial(as_seen, scale=scale)
    checked = partial(checked_part, dataset=config.dataset, most=box, single_slices=task.dimensions == 2)
    train, watched = tuple(map(seen, split.train)), tuple(map(seen, split.validation))
    channels = split.train[0].image.channels
    voxels = sum(image.region.size * (channels + 1) for image in (*train, *watched))
    budget = images_budget(config, psutil.virtual_memory().available)
    in_memory = voxels * _BYTES_PER_VOXEL < budget
    if not in_memory:
        ctx.report(Note("info", _from_disk(voxels * _BYTES_PER_VOXEL, budget)))
    rehearsed = _rehearsed(split.train, math.prod(box)) if config.start_from else ()
    return TrainingData(
        task=task,
        train=_weighted(train, config.dataset.balance),
        watched=watched,
        validation=tuple(map(checked, split.validation)),
        test=tuple(map(checked, split.test)),
        rehearsal=tuple(map(checked, rehearsed)),
        channels=channels,
        voxel_size=_voxel_size(train),
        in_memory=in_memory,
    )


def gather_to_check(dataset: DatasetConfig, card: ModelCard, task: Task, ctx: JobContext) -> tuple[TrainingImage, ...]:
    """Open all images of a data set, with the part of each that is checked, as a finished model sees them.

    Args:
        dataset: Images with labels, which mean what the model makes.
        card: Of the model.
        task: What it has learned.
        ctx: Hears about progress, and may cancel.

    Raises:
        UserError: If a file cannot be read, an image has no labels, or fewer channels than the model needs.
    """
    info, images = RECIPES[card.recipe], list[TrainingImage]()
    for pair in dataset.pairs:
        ctx.raise_if_cancelled()
        images += _opened(pair, dataset, needs_labels=True, grey=info.color and card.input_channels == 1)
    for image in images:
        require_channels(card, image.image, None)
    _estimate_greys({"test": images}, card.input_channels, card.normalisation, ctx)
    flat = task.dimensions == 2
    return tuple(checked_part(image, dataset, info.largest_check, single_slices=flat) for image in images)


def _from_disk(needed: float, budget: float) -> str:
    return (
        f"Images and what is learned of them take about {needed / 2**30:.1f} GB, more than the {budget / 2**30:.1f} GB "
        "that they may: they are read from the disk patch by patch."
    )


def _split(
    config: TrainingConfig,
    recipe: Recipe,
    task: Task,
    normalisation: Normalisation,
    ctx: JobContext,
    record: Path | None,
) -> _Split:
    """Open all pairs and split them by image; where nothing is left for validation, one image is split by space."""
    dataset = config.dataset
    kept = None if record is None else load_split(record, dataset.pairs)
    states = pair_states(dataset.pairs) if record is not None else ()
    if kept is not None:
        _tell_changes(dataset.pairs, kept, states, ctx)
    holds = partial(holds_labels, dataset=dataset) if RECIPES[config.recipe].needs_labels else None
    learned = dataset.class_values if holds is not None else ()
    parts = kept.parts if kept is not None else tuple(split_by_image(dataset.pairs, dataset.split, holds, learned))
    grey = _takes_grey(config)
    alone = only_specimen([pair.name for pair in dataset.pairs])
    opened: dict[SplitPart, list[TrainingImage]] = {"train": [], "validation": [], "test": [], "unused": []}
    shapes: list[Index3 | None] = []
    for pair, part in zip(dataset.pairs, parts, strict=True):
        images: list[TrainingImage] = []
        if part != "unused":
            ctx.raise_if_cancelled()
            needs = RECIPES[config.recipe].needs_labels
            images = _opened(pair, dataset, needs_labels=needs, grey=grey, alone=alone)
            opened[part] += images
        shapes.append(images[0].image.shape if images else None)
    if not opened["train"]:
        raise UserError("There is no image to learn from.", hint="Add labelled images, or change their roles.")
    _check_channels([*opened["train"], *opened["validation"]])
    _estimate_greys(opened, opened["train"][0].image.channels, normalisation, ctx)
    cut = None
    if not opened["validation"] and dataset.split.kept_aside > 0:
        cut = (
            kept.cut if kept is not None and kept.cut is not None else _best_cut(opened["train"], config, recipe, task)
        )
        _keep_aside(opened, cut, ctx)
    if record is not None and kept is None:
        KeptSplit(parts, states, cut, tuple(shapes)).save(record)
    return _Split(tuple(opened["train"]), tuple(opened["validation"]), tuple(opened["test"]))


def _tell_changes(pairs: Sequence[PairConfig], kept: KeptSplit, states: Sequence[str], ctx: JobContext) -> None:
    """Name the images that are no longer what they were when the run began."""
    # A file that is gone is told when it is opened.
    changed = [pair.name for pair, old, new in zip(pairs, kept.states, states, strict=True) if new and old != new]
    if changed:
        more = f" and {len(changed) - _MOST_NAMED} more" if len(changed) > _MOST_NAMED else ""
        text = (
            f"Since this run began, images or labels have changed: {', '.join(changed[:_MOST_NAMED])}{more}. It goes "
            "on with them as they are now; who learns and who is checked stays as it was."
        )
        ctx.report(Note("warning", text))


def _takes_grey(config: TrainingConfig) -> bool:
    """Whether colour pictures are learned from as grey ones."""
    if not RECIPES[config.recipe].color:
        return False
    return not config.start_from or load_card(Path(config.start_from)).input_channels == 1


def _opened(
    pair: PairConfig, dataset: DatasetConfig, *, needs_labels: bool, grey: bool, alone: str = ""
) -> list[TrainingImage]:
    """An image with its labels, lazily, a movie time by time; with ``grey`` a colour picture becomes a grey one.

    Args:
        pair: The image with its labels.
        dataset: What the labels mean.
        needs_labels: Whether it must be labelled.
        grey: Whether a colour picture becomes a grey one.
        alone: The specimen where all images are of one by their names.

    Raises:
        UserError: If a file cannot be read, the shapes differ, or there are no labels although it must be labelled.
    """
    image = open_volume(Path(pair.image), reading=pair.reading)
    labels = None
    if needs_labels or pair.labels is not None:
        labels = open_masked_labels(pair.label_path, image, mask_of(pair, dataset), dataset.unknown)
    size = image.voxel_size
    if labels is not None:
        size = size if size.known else labels.voxel_size
    image = image.with_voxel_size(size)
    named = (Path(text) for text in (pair.image, pair.labels, pair.mask) if text is not None)
    files = tuple(file for path in named for file in channel_files(path))
    found = []
    for time in _times(pair, image, labels):
        name = pair.name if image.times == 1 else f"{pair.name}, time point {time + 1}"
        then = image.at_time(time).alone()
        truth = None if labels is None else labels.at_time(min(time, labels.times - 1)).alone()
        then = as_grey(then) if grey else then
        found.append(
            TrainingImage(
                name,
                then,
                truth,
                Region.whole(then.shape),
                pair.slices,
                size.zyx,
                pair.source or pair.group,
                weight=pair.weight,
                files=files,
                specimen=pair.group or alone or pair.name,
                time=time,
            )
        )
    return found


def _times(pair: PairConfig, image: Volume, labels: Volume | None) -> Sequence[int]:
    """The time points of an image to learn from: the one that is stated, or all that have labels of their own."""
    if pair.time is not None:
        return (min(pair.time, image.times - 1),)
    return range(image.times if labels is None or labels.times > 1 else 1)


def _check_channels(sources: Sequence[TrainingImage]) -> None:
    counts = {source.image.channels for source in sources}
    if len(counts) > 1:
        few = min(sources, key=lambda s: s.image.channels)
        raise UserError(
            f"The images have different numbers of channels ({', '.join(map(str, sorted(counts)))}); "
            f"{few.name} has {few.image.channels}.",
            hint="Leave out the images that differ.",
        )


def _estimate_greys(
    opened: Mapping[SplitPart, list[TrainingImage]], count: int, normalisation: Normalisation, ctx: JobContext
) -> None:
    """Give each image its grey scale, from the first channels, which the network gets."""
    channels = tuple(range(count))
    number, total = 0, sum(map(len, opened.values()))
    for images in opened.values():
        for place, source in enumerate(images):
            ctx.raise_if_cancelled()
            ctx.report(Progress(number, total, f"Looking at image {number + 1} of {total}"))
            greys = grey_scale(source.image, channels, normalisation, ctx.raise_if_cancelled)
            images[place] = replace(source, greys=greys)
            if greys.broken:
                ctx.report(Note("warning", f"{source.name}: {NOT_NUMBERS}"))
            number += 1


def _best_cut(
    train: Sequence[TrainingImage], config: TrainingConfig, recipe: Recipe, task: Task
) -> tuple[int, SpaceSplit] | None:
    """The largest image to learn from, by its place, and how to cut it in two; None if it is too small."""
    index = max(range(len(train)), key=lambda i: train[i].region.size)
    source = train[index]
    points = labelled_points(source, config.dataset)

    def holds(region: Region) -> bool:
        inside = [(points[:, a] >= region.start[a]) & (points[:, a] < region.stop[a]) for a in range(3)]
        return bool(np.logical_and.reduce(inside).any())

    scale = recipe.scale(task)
    z, y, x = config.patch_size
    patch = (z, y * scale, x * scale)
    wanted = holds if RECIPES[config.recipe].needs_labels else None
    cut = split_by_space(source.region.shape, patch, config.dataset.split.validation, wanted)
    return None if cut is None else (index, cut)


def _keep_aside(
    opened: dict[SplitPart, list[TrainingImage]], cut: tuple[int, SpaceSplit] | None, ctx: JobContext
) -> None:
    """Give a box of an image to learn from to validation; without a cut, the whole largest one."""
    train = opened["train"]
    if cut is None:
        ctx.report(Note("warning", "The image is too small to keep a part aside; validation uses the training image."))
        opened["validation"].append(max(train, key=lambda source: source.region.size))
        return
    index, boxes = cut
    source = train[index]
    train[index] = replace(source, region=boxes.train)
    opened["validation"].append(replace(source, region=boxes.validation))
    ctx.report(Note("info", f"{source.name} was cut in two: one part to learn from, one to check with."))


def _rehearsed(sources: Sequence[TrainingImage], most: int) -> Sequence[TrainingImage]:
    """The first images, as many as are looked at in little time; of each at most so many voxels are looked at."""
    voxels = np.cumsum([min(source.region.size, most) for source in sources])
    return sources[: max(1, min(_REHEARSED, int((voxels <= _REHEARSED_VOXELS).sum())))]


def _voxel_size(sources: Sequence[TrainingImage]) -> VoxelSize:
    known = [s.image.voxel_size for s in sources if s.image.voxel_size.known]
    return known[0] if known else VoxelSize.unknown()


def _weighted(images: Sequence[TrainingImage], balance: float) -> tuple[TrainingImage, ...]:
    """Images drawn the more rarely the more of them their source has: (1 / count) to the power of ``balance``."""
    counts = Counter(image.group for image in images)
    return tuple(replace(image, weight=image.weight * (1 / counts[image.group]) ** balance) for image in images)
