"""Everything a run learns from and is checked with."""

from __future__ import annotations

import math
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import psutil
from numpy.typing import NDArray

from desktop_app.core.config.model_card import Normalisation
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region, VoxelSize
from desktop_app.core.imaging.shrunk import reduced, shrunk, shrunk_size
from desktop_app.core.job import JobContext, Note, Progress
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.core.recipes.registry import RECIPES as RECIPE_INFOS
from desktop_app.ml.data.greys import GreyScale, grey_scale
from desktop_app.ml.data.images import LabelledImage, Preparation, PreparedImage
from desktop_app.ml.data.opening import (
    SharedOut,
    affordable,
    cropped,
    labelled_points,
    marked_only,
    object_sizes,
    section_sizes,
    share_out,
)
from desktop_app.ml.recipes.base import Task
from desktop_app.ml.recipes.panoptic.targets import OBJECTS
from desktop_app.ml.recipes.registry import recipe_named

_SHARE_OF_MEMORY = 0.25
_BYTES_PER_VOXEL = 8
_REHEARSED, _REHEARSED_VOXELS = 16, 16 * 2**20


@dataclass(frozen=True, slots=True)
class CheckImage:
    """A validation or test image: its used part as an image of its own.

    Attributes:
        source: Image and labels, cropped to the used part.
        greys: Grey scale of the whole image.
    """

    source: LabelledImage
    greys: GreyScale


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What a run learns from and is checked with.

    Attributes:
        task: What the labels mean.
        train: Images to learn from.
        watched: Validation images as patches, for the validation loss.
        validation: Validation images as wholes.
        test: Test images as wholes.
        rehearsal: When finetuning, a few of the images to learn from as wholes, to see what was learned.
        channels: Channels of the images.
        voxel_size: Of the first training image that states one, as the network sees it.
        sizes: Voxels, as the network sees them, of a small (5th percentile) and of a usual (median) object of the
            training labels; None where there are none.
    """

    task: Task
    train: tuple[PreparedImage, ...]
    watched: tuple[PreparedImage, ...]
    validation: tuple[CheckImage, ...]
    test: tuple[CheckImage, ...]
    rehearsal: tuple[CheckImage, ...]
    channels: int
    voxel_size: VoxelSize
    sizes: tuple[int, int] | None


def task_of(config: TrainingConfig) -> Task:
    """What a configuration wants learned."""
    parameters = RECIPE_INFOS[config.recipe].training.model_validate(config.recipe_parameters)
    return Task.of_dataset(config.dataset, parameters, NETWORKS[config.network].dimensions)


def gather(config: TrainingConfig, normalisation: Normalisation, cache: Path, ctx: JobContext) -> TrainingData:
    """Open, split and prepare all images of a configuration.

    Raises:
        UserError: If a file cannot be read, or nothing is labelled.
    """
    shared = share_out(config, ctx)
    task = task_of(config)
    channels = tuple(range(shared.train[0].image.channels))
    factor = magnification_factor(task)
    originals = [*shared.train, *shared.validation]
    everyone = [_at_magnification(source, factor) for source in originals]
    voxels = sum(source.region.size * (len(channels) + 1) for source in everyone)
    roomy = voxels * _BYTES_PER_VOXEL < _SHARE_OF_MEMORY * psutil.virtual_memory().available
    preparation = Preparation(
        recipe_named(config.recipe), task, channels, roomy, cache, config.seed, ctx.raise_if_cancelled
    )
    shutil.rmtree(cache, ignore_errors=True)
    prepared: list[PreparedImage] = []
    greys: list[GreyScale] = []
    for number, source in enumerate(everyone):
        ctx.raise_if_cancelled()
        ctx.report(Progress(number, len(everyone), f"Preparing image {number + 1} of {len(everyone)}"))
        greys.append(grey_scale(originals[number].image, channels, normalisation))
        prepared.append(preparation.prepare(source, greys[-1]))
    rehearsed = (
        _rehearsed(shared.train, math.prod(recipe_named(config.recipe).max_validation_box)) if config.start_from else ()
    )
    train = _weighted(prepared[: len(shared.train)], shared.train, config.dataset.balance)
    _require_labels(train, task, ctx)
    return TrainingData(
        task=task,
        train=train,
        watched=tuple(prepared[len(shared.train) :]),
        validation=_whole(shared.validation, greys[len(shared.train) :], config),
        test=_whole(shared.test, [grey_scale(s.image, channels, normalisation) for s in shared.test], config),
        rehearsal=_whole(rehearsed, greys[: len(rehearsed)], config),
        channels=len(channels),
        voxel_size=shrunk_size(_voxel_size(shared), factor),
        sizes=_object_sizes(everyone[: len(train)], train, task),
    )


def magnification_factor(task: Task) -> int:
    """How much images are shrunk before the network sees them."""
    return int(getattr(task.parameters, "downsampling", 1))


def _at_magnification(source: LabelledImage, factor: int) -> LabelledImage:
    """An image as the network sees it.

    Raises:
        UserError: If nothing would be left of it.
    """
    if factor == 1:
        return source
    region = reduced(source.region, factor)
    if region.empty:
        raise UserError(
            f"{source.name} is too small to be shrunk by {factor}.", hint="Choose a lower value, or leave it out."
        )
    image, labels = shrunk(source.image, factor), shrunk(source.labels, factor, labels=True)
    z, y, x = source.sampling
    return replace(source, image=image, labels=labels, region=region, sampling=(z, y * factor, x * factor))


def _require_labels(train: Sequence[PreparedImage], task: Task, ctx: JobContext) -> None:
    found = {number for image in train for number in image.points}
    missing = [name for number, name in enumerate(task.class_names, start=1) if number not in found]
    if len(missing) == len(task.class_names):
        raise UserError(
            "The labels of the training images are empty: there is nothing to learn from.",
            hint="Label some objects first, and check that the label values are the right ones.",
        )
    if missing:
        names = ", ".join(f"“{name}”" for name in missing)
        ctx.report(Note("warning", f"The training images show nothing of {names}; the model cannot learn it."))
    unknown = [name for name in getattr(task.parameters, "stuff", ()) if name not in task.class_names]
    if unknown:
        wrong, known = (", ".join(f"“{name}”" for name in names) for names in (unknown, task.class_names))
        ctx.report(Note("warning", f"There is no class {wrong} to learn as a region; the classes are {known}."))


def _whole(
    sources: Sequence[LabelledImage], greys: Sequence[GreyScale], config: TrainingConfig
) -> tuple[CheckImage, ...]:
    """Images cut to what is checked: slices that count, and at most a box that fits into memory."""
    images = []
    flat, most = NETWORKS[config.network].dimensions == 2, recipe_named(config.recipe).max_validation_box
    for source, grey in zip(sources, greys, strict=True):
        if flat and source.slices is not None:
            source = marked_only(source)
        region = source.region
        if source.slices is not None:
            inside = [z for z in source.slices if region.start[0] <= z < region.stop[0]]
            if inside:
                region = Region((inside[0], *region.start[1:]), (inside[-1] + 1, *region.stop[1:]))
        points = labelled_points(replace(source, region=region), config.dataset)
        box = affordable(region.shape, points - np.array(region.start), most).shift(region.start)
        slices = None
        if source.slices is not None:
            slices = tuple(z - box.start[0] for z in source.slices if box.start[0] <= z < box.stop[0])
        part = LabelledImage(
            source.name,
            cropped(source.image, box),
            cropped(source.labels, box),
            Region.whole(box.shape),
            slices,
            source.sampling,
        )
        images.append(CheckImage(part, grey))
    return tuple(images)


def _rehearsed(sources: Sequence[LabelledImage], most: int) -> Sequence[LabelledImage]:
    """The first images, as many as are looked at in little time; of each at most so many voxels are looked at."""
    voxels = np.cumsum([min(source.region.size, most) for source in sources])
    return sources[: max(1, min(_REHEARSED, int((voxels <= _REHEARSED_VOXELS).sum())))]


def _voxel_size(shared: SharedOut) -> VoxelSize:
    known = [s.image.voxel_size for s in shared.train if s.image.voxel_size.known]
    return known[0] if known else VoxelSize.unknown()


def _weighted(
    images: Sequence[PreparedImage], sources: Sequence[LabelledImage], balance: float
) -> tuple[PreparedImage, ...]:
    """Images drawn the more rarely the more of them their source has: (1 / count) to the power of ``balance``."""
    counts = Counter(source.group for source in sources)
    return tuple(
        replace(image, weight=(1 / counts[source.group]) ** balance)
        for image, source in zip(images, sources, strict=True)
    )


def _object_sizes(
    sources: Sequence[LabelledImage], images: Sequence[PreparedImage], task: Task
) -> tuple[int, int] | None:
    if all(OBJECTS in image.targets for image in images):
        found = [section_sizes(image.targets[OBJECTS]) for image in images]
        return _small_and_usual(np.concatenate(found))
    if task.kind != "objects":
        return None
    ignored = {value for value in (task.background, task.unlabelled) if value is not None}
    sizes = object_sizes(sources, ignored, flat=task.dimensions == 2)
    return _small_and_usual(sizes)


def _small_and_usual(sizes: NDArray[np.int64]) -> tuple[int, int] | None:
    if not sizes.size:
        return None
    small, usual = np.percentile(sizes, (5, 50))
    return int(small), int(usual)
