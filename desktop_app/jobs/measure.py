"""Measure the objects of a label image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.imaging import Region, Volume
from desktop_app.core.job import JobContext, Progress
from desktop_app.io.images.label_reader import open_labels, require_same_shape
from desktop_app.io.images.registry import open_volume
from desktop_app.io.tables import write_csv
from desktop_app.objects.measure import StreamingMeasurer, table_columns, table_rows

_SLAB_VOXELS = 8_000_000


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
    voxel_size = objects.voxel_size if objects.voxel_size.known or grey is None else grey.voxel_size
    measurer = StreamingMeasurer(objects.shape, voxel_size)
    slabs = _slabs(objects)
    for done, slab in enumerate(slabs):
        ctx.raise_if_cancelled()
        ctx.report(Progress(done, len(slabs), f"Measuring {labels.name}"))
        measurer.add(slab, objects.read(slab), None if grey is None else grey.read_channels(slab))
    columns = table_columns(voxel_size, 0 if grey is None else grey.channels, flat=objects.is_2d)
    rows = measurer.rows()
    write_csv(out, table_rows(rows, columns), columns)
    ctx.report(Progress(len(slabs), len(slabs), "All measured"))
    return Measured(out, len(rows))


def _slabs(volume: Volume) -> list[Region]:
    """Boxes of whole slices, of a few million voxels each."""
    z, y, x = volume.shape
    step = max(1, _SLAB_VOXELS // (y * x))
    return [Region((start, 0, 0), (min(start + step, z), y, x)) for start in range(0, z, step)]
