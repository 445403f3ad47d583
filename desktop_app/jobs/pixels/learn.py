"""Learn classes of pixels from strokes, and write them as a model that runs like any other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from desktop_app.core.config.model_card import ModelCard, new_scale
from desktop_app.core.config.pixels import PixelClasses, PixelLearning, PixelSource
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Volume, VoxelSize
from desktop_app.core.job import JobContext, Progress
from desktop_app.core.labelling.layers import VolumeLabels
from desktop_app.core.networks.pixels import PIXELS_2D, PIXELS_3D
from desktop_app.io.atomic import make_place
from desktop_app.io.images.label_reader import open_labels, require_same_shape
from desktop_app.io.images.registry import open_volume
from desktop_app.io.models import save_model
from desktop_app.jobs.pixels.samples import Looking, aspect_of, samples_of, widths_of
from desktop_app.objects.pixels.forest import Samples

SCALE = new_scale()
"""The grey scale of these models."""
_PATCH_2D, _PATCH_3D = (1, 512, 512), (32, 128, 128)  # voxels looked at together: some 40 MB of filters


@dataclass(frozen=True, slots=True)
class LearnedPixels:
    """What was learned.

    Attributes:
        model: The model that was written.
        pixels: How many pixels of each class were learned from, the background first.
    """

    model: Path
    pixels: tuple[int, ...]


def learn_pixels(learning: PixelLearning, ctx: JobContext) -> LearnedPixels:
    """Learn from the strokes of all images and write the model.

    Args:
        learning: Images with strokes, classes and settings.
        ctx: For progress and cancelling.

    Raises:
        UserError: If an image or its labels cannot be read, or fewer than two classes have strokes.
        JobCancelled: If the user stops it; nothing is written.
    """
    found = []
    seen: tuple[VoxelSize, tuple[float, float, float]] | None = None
    for source in learning.sources:
        samples, size, aspect = _samples(source, learning, ctx)
        seen = seen or (size, aspect)
        if samples is not None:
            found.append(samples)
    count = 1 + len(learning.class_names)
    samples = require_two_classes(found, learning).thinned(learning.settings.most_samples)
    ctx.report(Progress(1, 1, "Writing the model"))
    ctx.raise_if_cancelled()
    size, aspect = seen or (VoxelSize.unknown(), (1.0, 1.0, 1.0))
    card = _card(learning, samples, size, aspect)
    make_place(Path(learning.out))
    model = save_model(Path(learning.out), card, {"numbers": samples.numbers, "classes": samples.classes})
    return LearnedPixels(model, tuple(int(n) for n in np.bincount(samples.classes, minlength=count)))


def require_two_classes(found: list[Samples], learning: PixelClasses) -> Samples:
    """All samples together.

    Raises:
        UserError: If there are not at least two classes to tell apart.
    """
    present = {int(value) for samples in found for value in np.unique(samples.classes)}
    if len(present) < 2:
        names = ("the background", *learning.class_names)
        have = f"Only {names[next(iter(present))]} has strokes" if present else "No strokes were found"
        raise UserError(f"{have}.", hint="Paint strokes of at least two classes, one of them the background.")
    return Samples.joined(found)


def looking_at(volume: Volume, classes: PixelClasses, ctx: JobContext) -> Looking:
    """How the pixels of an image are looked at; estimates its grey scale."""
    from desktop_app.ml.data.greys import grey_scale

    greys = grey_scale(volume, classes.channels, SCALE, ctx.raise_if_cancelled)
    return Looking(volume, classes.channels, greys.apply, widths_of(classes.settings), classes.settings.volume)


def _samples(
    source: PixelSource, learning: PixelLearning, ctx: JobContext
) -> tuple[Samples | None, VoxelSize, tuple[float, float, float]]:
    volume = open_volume(Path(source.image), reading=source.reading)
    volume = volume.at_time(min(source.time, volume.times - 1))
    strokes = open_labels(Path(source.strokes))
    strokes = strokes.at_time(min(source.time, strokes.times - 1))
    require_same_shape(volume, strokes)
    looking = looking_at(volume, learning, ctx)
    return samples_of(looking, VolumeLabels(strokes), learning, ctx), volume.voxel_size, aspect_of(volume)


def _card(learning: PixelLearning, samples: Samples, size: VoxelSize, aspect: tuple[float, float, float]) -> ModelCard:
    volume, name = learning.settings.volume, Path(learning.out).name.removesuffix(".vwmodel")
    objects, info = learning.kind == "objects", PIXELS_3D if volume else PIXELS_2D
    return ModelCard(
        name=name,
        description="Learned from strokes by the scribble assistant.",
        recipe=info.recipes[0],
        network=info.name,
        network_arguments={"widths": widths_of(learning.settings), "aspect": aspect if volume else (1.0, 1.0, 1.0)},
        dimensions=3 if volume else 2,
        input_channels=len(learning.channels),
        output_channels=1 + len(learning.class_names),
        label_kind=learning.kind,
        class_names=learning.class_names,
        class_values=learning.class_values,
        normalisation=SCALE,
        voxel_size=size,
        patch_size=_PATCH_3D if volume else _PATCH_2D,
        divisor=(1, 1, 1),
        decode={"objects": "watershed" if objects else "classes"},
        training={"pixels": [int(n) for n in np.bincount(samples.classes)]},
    )
