"""One image of a batch: maps, labels, table."""

from __future__ import annotations

import shutil
import threading
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.imaging import Region, Volume, VoxelSource
from desktop_app.core.job import JobContext, Note
from desktop_app.core.shown_name import shown_name
from desktop_app.io.atomic import remove_leftovers
from desktop_app.io.images.label_writer import label_writer
from desktop_app.io.images.registry import open_volume
from desktop_app.io.tables import write_csv
from desktop_app.jobs.batch.checks import check_fit, check_space
from desktop_app.jobs.batch.inputs import BatchCase
from desktop_app.jobs.batch.suggestions import hints
from desktop_app.jobs.batch.then import after_steps
from desktop_app.jobs.batch.working_folder import working_folder
from desktop_app.objects.measure import StreamingMeasurer, table_columns, table_rows

_BYTES_BEFORE_RELEASE = 64 * 2**20  # written between two hints to the system that the pages need not stay in memory
_BYTES_AT_ONCE = 32 * 2**20  # of the image while objects are measured: little beside the budget of 0.25 GB or more


@dataclass(slots=True)
class PassingSource:
    """Voxels of a file that is read once from end to end: what was read does not stay in memory.

    Attributes:
        source: Where voxels come from. Files mapped into memory have ``release``, which lets them go.
    """

    source: VoxelSource
    _bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(C, Z, Y, X)."""
        return self.source.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a voxel."""
        return self.source.dtype

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        """The voxels (Z, Y, X) of one channel in ``region``; threads take turns."""
        with self._lock:
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
        more: Further label files beside the result.
    """

    objects: int | None
    table: Path | None
    more: tuple[Path, ...] = ()


def label_image(
    case: BatchCase, predictor: Any, parameters: Any, config: InferenceConfig, ctx: JobContext, mark: str = ""
) -> Labelled:
    """Write the label file and the object table of one image.

    Memory stays within the budget whatever the size of the image; large intermediate files lie in the result folder
    and are removed in the end. What an interrupted run of a recipe that can go on has left there is used.

    Args:
        case: The image and where its results go.
        predictor: The loaded model.
        parameters: How maps become labels.
        config: The batch.
        ctx: Hears about progress, and may cancel between tiles.
        mark: Changes when anything changes that maps depend on; without it nothing of this run is kept for another.

    Raises:
        UserError: If the image cannot be read or does not fit the model, or the disk is full.
        JobCancelled: When asked to stop; no results are left behind.
    """
    from desktop_app.ml.inference.engine import InferencePlan, labelled
    from desktop_app.ml.recipes.registry import recipe_named

    volume = open_volume(case.path)
    volume = replace(volume, source=PassingSource(volume.source))
    for note in (*volume.notes, *volume.time_used):
        ctx.report(Note("warning", f"{shown_name(case.path)}: {note}"))
    check_fit(volume, predictor.card, config, ctx)
    for sentence in hints(predictor.card, volume, config):
        ctx.report(Note("info", f"{shown_name(case.path)}: {sentence}"))
    check_space(volume, predictor.card, config, case.labels.parent)
    with working_folder(case, mark, anew=not (mark and config.resume)) as scratch:
        plan = replace(InferencePlan.of(predictor.card, config, scratch), once=True, lasting=bool(mark))
        engine = recipe_named(predictor.card.recipe).engine
        with (
            closing(labelled(engine, predictor, volume, parameters, plan, ctx)) as stream,
            after_steps(stream, config.then, volume, scratch, ctx) as labels,
        ):
            return _write(case, volume, labels, config, ctx)


def _write(case: BatchCase, volume: Volume, stream: Any, config: InferenceConfig, ctx: JobContext) -> Labelled:
    """Labels slab by slab, further labels if there are any, then the table; all of them or none."""
    counts: bool = stream.counts
    measurer = StreamingMeasurer(volume.shape, volume.voxel_size)
    written: list[Path] = []
    try:
        with label_writer(case.labels, volume, np.uint16 if counts else np.uint8) as writer:
            for region, labels in stream.slabs:
                ctx.raise_if_cancelled()
                if config.measure:
                    _measure(measurer, region, labels, volume)
                writer.write(region, labels)
                del labels
        written.append(case.labels)
        for suffix, slabs in stream.more.items():
            path = case.beside(suffix)
            remove_leftovers([path])
            with label_writer(path, volume, np.uint16 if counts else np.uint8) as writer:
                for region, labels in slabs:
                    ctx.raise_if_cancelled()
                    writer.write(region, labels)
                    del labels
            written.append(path)
        if config.measure:
            columns = table_columns(volume.voxel_size, volume.channels, flat=volume.is_2d)
            if measurer.left_out:
                ctx.report(Note("warning", f"{case.path.name}: {measurer.left_out}"))
            write_csv(case.table, table_rows(measurer.rows(stream.class_of), columns), columns)
    except BaseException:
        for path in written:
            remove_result(path)
        raise
    objects = len(stream.class_of) if counts else None
    return Labelled(objects, case.table if config.measure else None, tuple(written[1:]))


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
