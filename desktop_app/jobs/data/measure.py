"""Measure the objects of a label image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from desktop_app.core.imaging.region import slabs
from desktop_app.core.job import JobContext, Note, Progress
from desktop_app.core.shown_name import shown_name
from desktop_app.io.atomic import make_folder
from desktop_app.io.images.label_reader import open_labels, require_same_shape
from desktop_app.io.images.registry import open_volume
from desktop_app.io.tables import write_csv
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


def measure_labels(labels: Path, image: Path | None, out: Path, ctx: JobContext) -> Measured:
    """Write one row per object of a label image; only a few slices are in memory at a time.

    Args:
        labels: Label image in which each object has its own number.
        image: Image of the same shape for the mean brightness of each channel, or None.
        out: The CSV file to write.
        ctx: For progress and cancelling.

    Raises:
        UserError: If a file cannot be read or written, or the shapes differ.
    """
    objects = open_labels(labels)
    grey = None if image is None else open_volume(image)
    if grey is not None:
        require_same_shape(grey, objects)
    for volume in (objects, grey) if grey is not None else (objects,):
        for note in (*volume.notes, *volume.time_used):
            ctx.report(Note("warning", f"{shown_name(volume.path or volume.name)}: {note}"))
    voxel_size = objects.voxel_size if objects.voxel_size.known or grey is None else grey.voxel_size
    measurer = StreamingMeasurer(objects.shape, voxel_size)
    pieces = slabs(objects.shape)
    numbered: Iterator[NDArray[Any]] | None = islands_of_mask(objects.read, pieces, ctx.raise_if_cancelled)
    if numbered is None:
        numbered = (objects.read(slab) for slab in pieces)
    else:
        ctx.report(Note("info", f"All labels of {labels.name} have one value; each island is one object."))
    for done, (slab, found) in enumerate(zip(pieces, numbered, strict=True)):
        ctx.raise_if_cancelled()
        ctx.report(Progress(done, len(pieces), f"Measuring {labels.name}"))
        measurer.add(slab, found, None if grey is None else grey.read_channels(slab))
    if measurer.left_out:
        ctx.report(Note("warning", measurer.left_out))
    columns = table_columns(voxel_size, 0 if grey is None else grey.channels, flat=objects.is_2d)
    make_folder(out.parent)
    write_csv(out, table_rows(measurer.rows(), columns), columns)
    ctx.report(Progress(len(pieces), len(pieces), "All measured"))
    return Measured(out, measurer.objects)
