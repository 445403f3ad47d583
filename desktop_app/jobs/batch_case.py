"""One image of a batch: maps, labels, table."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.errors import UnwritableFileError, UserError
from desktop_app.core.imaging import Region, Volume, VoxelSource
from desktop_app.core.job import JobContext, Note
from desktop_app.io.images.label_writer import label_writer
from desktop_app.io.images.registry import open_volume
from desktop_app.io.tables import write_csv
from desktop_app.jobs.batch_inputs import BatchCase
from desktop_app.objects.measure import StreamingMeasurer, table_columns, table_rows

_VOXEL_SIZE_TOLERANCE = 1.5
_BYTES_BEFORE_RELEASE = 64 * 2**20
_BYTES_AT_ONCE = 32 * 2**20
_BYTES_PER_VOXEL = {"scratch": 8, "result": 1}


@dataclass(slots=True)
class PassingSource:
    """Voxels of a file that is read once from end to end: what was read does not stay in memory.

    Attributes:
        source: Where voxels come from. Files mapped into memory have ``release``, which lets them go.
    """

    source: VoxelSource
    _bytes: int = 0

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(C, Z, Y, X)."""
        return self.source.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a voxel."""
        return self.source.dtype

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        """The voxels (Z, Y, X) of one channel in ``region``."""
        voxels = self.source.read(channel, region)
        self._bytes += voxels.nbytes
        release = getattr(self.source, "release", None)
        if release is not None and self._bytes > _BYTES_BEFORE_RELEASE:
            self._bytes = 0
            release()
        return voxels


@dataclass(frozen=True, slots=True)
class Labelled:
    """What was written for an image.

    Attributes:
        objects: Number of objects, None for class labels.
        table: The object table, None if not wanted.
    """

    objects: int | None
    table: Path | None


def label_image(case: BatchCase, predictor: Any, parameters: Any, config: InferenceConfig, ctx: JobContext) -> Labelled:
    """Write the label file and the object table of one image.

    Memory stays within the budget whatever the size of the image; large intermediate files lie in the result folder
    and are removed in the end.

    Args:
        case: The image and where its results go.
        predictor: The loaded model.
        parameters: How maps become labels.
        config: The batch.
        ctx: Hears about progress, and may cancel between tiles.

    Raises:
        UserError: If the image cannot be read or does not fit the model, or the disk is full.
        JobCancelled: When asked to stop; nothing is left behind.
    """
    from desktop_app.ml.inference.engines import engine_of, way_of

    volume = open_volume(case.path)
    volume = replace(volume, source=PassingSource(volume.source))
    for note in volume.notes:
        ctx.report(Note("info", f"{case.path.name}: {note}"))
    check_fit(volume, predictor.card, config, ctx)
    check_space(volume, predictor.card, case.labels.parent)
    scratch = case.labels.parent / f".{case.stem}.working"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        way = way_of(predictor.card, config, scratch)
        stream = engine_of(predictor.card).stream(predictor, volume, parameters, way, ctx)
        return _write(case, volume, stream, config, ctx)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _write(case: BatchCase, volume: Volume, stream: Any, config: InferenceConfig, ctx: JobContext) -> Labelled:
    """Labels slab by slab, then the table."""
    counts: bool = stream.counts
    measurer = StreamingMeasurer(volume.shape, volume.voxel_size)
    with label_writer(case.labels, volume, np.uint16 if counts else np.uint8) as writer:
        for region, labels in stream.slabs:
            ctx.raise_if_cancelled()
            if config.measure:
                _measure(measurer, region, labels, volume)
            writer.write(region, labels)
            del labels
    if config.measure:
        columns = table_columns(volume.voxel_size, volume.channels, flat=volume.is_2d)
        try:
            write_csv(case.table, table_rows(measurer.rows(stream.class_of), columns), columns)
        except UserError:
            remove_result(case.labels)
            raise
    return Labelled(len(stream.class_of) if counts else None, case.table if config.measure else None)


def remove_result(labels: Path) -> None:
    """Take a label file or folder away again."""
    if labels.is_dir():
        shutil.rmtree(labels, ignore_errors=True)
    else:
        with suppress(OSError):
            labels.unlink(missing_ok=True)


def _measure(measurer: StreamingMeasurer, region: Region, labels: NDArray[np.uint32], volume: Volume) -> None:
    """Add a slab; grey values are read only where there are objects, several slices at a time."""
    _, height, width = volume.shape
    slices = max(1, _BYTES_AT_ONCE // (height * width * volume.channels * volume.dtype.itemsize))
    for first in range(0, labels.shape[0], slices):
        part = labels[first : first + slices]
        start = region.start[0] + first
        box = Region((start, 0, 0), (start + part.shape[0], height, width))
        measurer.add(box, part, volume.read_channels(box) if part.any() else None)


def check_fit(volume: Volume, card: ModelCard, config: InferenceConfig, ctx: JobContext) -> None:
    """Whether the image suits the model; doubts are noted.

    Raises:
        UserError: If its channels do not fit.
    """
    name, needed = _name(volume), card.input_channels
    if volume.rgb and needed == 1 and config.channels is None:
        raise UserError(
            f"{name} is a colour picture (RGB), but the model expects grey images.",
            hint="Save it as a grey image, or choose one channel under “Input channels”.",
        )
    wanted = config.channels or tuple(range(needed))
    if len(wanted) != needed:
        raise UserError(
            f"The model needs {_channels(needed)}, but {len(wanted)} were chosen.",
            hint="Choose as many channels as the model needs.",
        )
    if config.channels and max(wanted) >= volume.channels:
        raise UserError(
            f"{name} has no channel {max(wanted)}: it has {_channels(volume.channels)}, counted from 0.",
            hint="Choose other channels.",
        )
    if max(wanted) >= volume.channels:
        raise UserError(
            f"The model needs {_channels(needed)}, but {name} has {volume.channels}.",
            hint="Choose the channels to use, or another model.",
        )
    if volume.channels > needed and config.channels is None:
        used = "the first channel is" if needed == 1 else f"the first {needed} channels are"
        ctx.report(Note("info", f"{name} has {volume.channels} channels; {used} used."))
    if volume.is_2d and card.dimensions == 3:
        ctx.report(Note("warning", f"{name} is a single picture, but the model was made for volumes."))
    if _differs(volume, card):
        sizes = f"{volume.voxel_size.describe()}; the model learned at {card.voxel_size.describe()}"
        ctx.report(Note("warning", f"The voxel size of {name} is {sizes}. Results may be poor; resample the image."))


def check_space(volume: Volume, card: ModelCard, folder: Path) -> None:
    """Whether the disk has room for results and intermediate files.

    Raises:
        UnwritableFileError: If it has not.
    """
    voxels = int(np.prod(volume.shape, dtype=np.int64))
    needed = voxels * (2 * card.output_channels + sum(_BYTES_PER_VOXEL.values()))
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise UnwritableFileError(
            folder,
            f"{_name(volume)} needs about {_size(needed)} there, and only {_size(free)} are free.",
            hint="Free some space, or choose a folder on another disk.",
        )


def _differs(volume: Volume, card: ModelCard) -> bool:
    """Whether a voxel edge is more than half as long again as in training, or less than two thirds."""
    if not (volume.voxel_size.known and card.voxel_size.known):
        return False
    first = 1 if card.dimensions == 2 or volume.is_2d else 0
    pairs = list(zip(volume.voxel_size.converted(card.voxel_size.unit).zyx, card.voxel_size.zyx, strict=True))[first:]
    return any(max(a / b, b / a) > _VOXEL_SIZE_TOLERANCE for a, b in pairs)


def _name(volume: Volume) -> str:
    return volume.path.name if volume.path is not None else volume.name or "the image"


def _channels(count: int) -> str:
    return "1 channel" if count == 1 else f"{count} channels"


def _size(count: int) -> str:
    if count >= 2**30:
        return f"{count / 2**30:.1f} GB"
    return f"{count / 2**20:.0f} MB" if count >= 2**20 else f"{-(-count // 1024)} KB"
