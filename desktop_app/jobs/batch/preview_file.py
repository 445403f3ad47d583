"""What a preview shows of a box of an image, as a label file: to try settings before a batch, without a window."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region
from desktop_app.core.imaging.derived import part_of
from desktop_app.core.imaging.shown_size import ORDER, shown_size
from desktop_app.core.job import JobContext
from desktop_app.io.images.label_dtype import smallest_label_dtype
from desktop_app.io.images.label_writer import label_writer
from desktop_app.io.images.registry import open_volume
from desktop_app.jobs.batch.preview import PreviewSession


@dataclass(frozen=True, slots=True)
class PreviewFileConfig:
    """What to try where.

    Attributes:
        inference: Model, settings, and the image as the only input.
        out: The label file to write; its ending names the format.
        region: The box; None for the middle slice.
        time: Time point of a movie, from 0.
    """

    inference: InferenceConfig
    out: Path
    region: Region | None = None
    time: int = 0


@dataclass(frozen=True, slots=True)
class PreviewWritten:
    """What came of it.

    Attributes:
        labels: The label file, as large as the region.
        objects: How many different labels there are.
        region: What it shows of the image.
        flat: Whether the image has no depth.
        seconds: Of network and decoding.
    """

    labels: Path
    objects: int
    region: Region
    flat: bool
    seconds: float


def preview_to_file(config: PreviewFileConfig, ctx: JobContext) -> PreviewWritten:
    """Label a box of an image as the window's preview does, and write its labels.

    Grey values are scaled by the whole image, and the surroundings of the box are seen: a batch finds the same there,
    but for objects that reach beyond the box, and where its tiles lie otherwise.

    Raises:
        UserError: If the image cannot be read, the box lies outside it or is too large, the model does not fit, or the
            disk is full.
        JobCancelled: When asked to stop; nothing is left behind.
    """
    inference = config.inference
    volume = open_volume(Path(inference.inputs[0]), reading=inference.reading)
    if config.time >= volume.times:
        raise UserError(f"{volume.name} has {volume.times} time points; there is no number {config.time + 1}.")
    volume = volume.at_time(config.time)
    middle = volume.shape[0] // 2
    wanted = config.region or Region((middle, 0, 0), (middle + 1, *volume.shape[1:]))
    region = wanted.intersect(Region.whole(volume.shape))
    if region.empty:
        raise UserError(
            f"The region lies outside the image, which has {shown_size(volume.shape)} voxels {ORDER}.",
            hint="Count from 0, x first.",
        )
    session = PreviewSession(inference.model, inference.device, *(Path(other) for other in inference.together))
    start = time.perf_counter()
    prediction, channels = dict(inference.prediction), inference.channels
    maps = session.predict(volume, region, inference.mode, ctx, prediction, channels, inference.tiling)
    with closing(maps.content):
        labels = session.decode_named(maps, dict(inference.decode)).labels
    seconds = time.perf_counter() - start
    ctx.raise_if_cancelled()
    like = part_of(volume, region).alone()
    with label_writer(config.out, like, smallest_label_dtype(int(labels.max(initial=0)))) as writer:
        writer.write(Region.whole(like.shape), labels)
    return PreviewWritten(config.out, int(np.count_nonzero(np.unique(labels))), region, volume.is_2d, seconds)
