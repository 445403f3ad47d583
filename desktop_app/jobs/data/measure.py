"""Measure the objects of a label image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from desktop_app.core.imaging import AS_STATED, ImageReading, Volume, VoxelSize
from desktop_app.core.imaging.region import slabs
from desktop_app.core.job import JobContext, Note, Progress, SubContext
from desktop_app.core.shown_name import shown_name
from desktop_app.io.atomic import make_folder
from desktop_app.io.images.label_reader import open_labels, open_labels_of
from desktop_app.io.images.registry import open_volume
from desktop_app.io.tables import write_csv
from desktop_app.jobs.data.time_points import at_same_time, time_title, wanted_times
from desktop_app.objects.masks import islands_of_mask
from desktop_app.objects.measure import StreamingMeasurer, table_columns, table_rows


@dataclass(frozen=True, slots=True)
class Measured:
    """What was written.

    Attributes:
        table: The CSV file.
        objects: Number of its rows.
    """

    table: Path
    objects: int


def measure_labels(
    labels: Path, image: Path | None, out: Path, ctx: JobContext,
    *, reading: ImageReading = AS_STATED, time: int | None = None,
) -> Measured:  # fmt: skip
    """Write one row per object of a label image, of a movie for each time point; a few slices are in memory at a time.

    Args:
        labels: Label image in which each object has its own number.
        image: Image of the same shape for the mean brightness of each channel, or None.
        out: The CSV file to write.
        ctx: For progress and cancelling.
        reading: What the user said of the files. The image of the file is of the labels where no image is given.
        time: The time point to measure, counted from 0; None: all.

    Raises:
        UserError: If a file cannot be read or written, the shapes differ, or there is no such time point.
    """
    objects, grey = _opened(labels, image, reading)
    for volume in (objects, grey) if grey is not None else (objects,):
        for note in volume.notes:
            ctx.report(Note("warning", f"{shown_name(volume.path or volume.name)}: {note}"))
    voxel_size = objects.voxel_size if objects.voxel_size.known or grey is None else grey.voxel_size
    channels, times = 0 if grey is None else grey.channels, wanted_times(objects, time)
    columns = table_columns(voxel_size, channels, flat=objects.is_2d, several_times=objects.times > 1)
    rows: list[dict[str, Any]] = []
    for number, place in enumerate(times):
        title = time_title(objects, place)
        inner = SubContext(ctx, number / len(times), 1 / len(times), title) if len(times) > 1 else ctx
        at = objects.at_time(place)
        measurer = _measured(at, voxel_size, None if grey is None else at_same_time(grey, at), inner)
        rows += table_rows(measurer.rows(), columns, place if objects.times > 1 else None)
    make_folder(out.parent)
    write_csv(out, rows, columns)
    return Measured(out, len(rows))


def _opened(labels: Path, image: Path | None, reading: ImageReading) -> tuple[Volume, Volume | None]:
    """Labels and image; the axes and the voxel size that the user gave are those of both."""
    of_labels = reading if image is None else reading.model_copy(update={"series": ""})
    if image is None:
        return open_labels(labels, reading=of_labels), None
    grey = open_volume(image, reading=reading)
    return open_labels_of(labels, grey, reading=of_labels), grey


def _measured(objects: Volume, voxel_size: VoxelSize, grey: Volume | None, ctx: JobContext) -> StreamingMeasurer:
    """The objects of one time point."""
    measurer = StreamingMeasurer(objects.shape, voxel_size)
    pieces = slabs(objects.shape)
    name = shown_name(objects.path or objects.name)
    numbered: Iterator[NDArray[Any]] | None = islands_of_mask(objects.read, pieces, ctx.raise_if_cancelled)
    if numbered is None:
        numbered = (objects.read(slab) for slab in pieces)
    else:
        ctx.report(Note("info", f"All labels of {name} have one value; each island is one object."))
    for done, (slab, found) in enumerate(zip(pieces, numbered, strict=True)):
        ctx.raise_if_cancelled()
        ctx.report(Progress(done, len(pieces), f"Measuring {name}"))
        measurer.add(slab, found, None if grey is None else grey.read_channels(slab))
    if measurer.left_out:
        ctx.report(Note("warning", measurer.left_out))
    ctx.report(Progress(len(pieces), len(pieces), "All measured"))
    return measurer
