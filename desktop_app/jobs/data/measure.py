"""Measure the objects of a label image."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.measuring import MeasureSettings
from desktop_app.core.imaging import AS_STATED, ImageReading, Region, Times, Volume, VoxelSize
from desktop_app.core.imaging.region import slabs
from desktop_app.core.job import JobContext, Note, Progress, SubContext
from desktop_app.core.shown_name import shown_name
from desktop_app.io.atomic import make_place
from desktop_app.io.images.label_reader import open_labels, open_labels_of
from desktop_app.io.images.registry import open_volume
from desktop_app.io.tables import write_table
from desktop_app.jobs.data.time_points import at_same_time, time_title, wanted_times
from desktop_app.objects.class_islands import ClassIslands
from desktop_app.objects.columns import Column, Group, columns_of, table_rows
from desktop_app.objects.gaps import GapMeter
from desktop_app.objects.masks import mask_sentence, objects_of
from desktop_app.objects.measure import ObjectRow, StreamingMeasurer
from desktop_app.objects.neighbours import TouchCounter, neighbourhoods
from desktop_app.objects.outlines import OutlineMeter
from desktop_app.objects.slab_windows import with_neighbours

EVERYTHING = MeasureSettings()
_GROUPS: tuple[Group, ...] = ("shape", "intensity", "neighbours")


@dataclass(frozen=True, slots=True)
class Measured:
    """What was written.

    Attributes:
        table: The file.
        objects: Number of its rows.
    """

    table: Path
    objects: int


@dataclass(frozen=True, slots=True)
class Classes:
    """What label values mean.

    Attributes:
        names: The name of each class by its value; where each number is an object, its usual name at 0.
        of_objects: Where each number is an object, the names of those that are of another class.
        background: Number of an object that is none; None where there is no such number.
        whole: Values of classes that are one object each, such as a background or a tissue.
        mask: Whether labels of one number alone are a mask, whose islands are the objects; None: as they look.
    """

    names: dict[int, str] = field(default_factory=dict)
    of_objects: dict[int, str] = field(default_factory=dict)
    background: int | None = None
    whole: tuple[int, ...] = ()
    mask: bool | None = None


@dataclass(slots=True)
class ObjectTable:
    """Measured objects.

    Attributes:
        columns: Names of the columns, in order.
        rows: One per object, by the names of the columns.
        advice: What each column means, by its name.
    """

    columns: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    advice: dict[str, str] = field(default_factory=dict)

    def extend(self, rows: Iterator[dict[str, Any]], columns: Sequence[Column], first: dict[str, str]) -> None:
        """Add the objects of one image; ``first`` are columns in front of those measured, with their advice."""
        said = first | {column.name: column.advice for column in columns}
        self.columns += [name for name in said if name not in self.columns]
        self.advice |= said
        self.rows += rows

    def write(self, out: Path) -> Measured:
        """Write it as the file's ending says.

        Raises:
            UserError: If the file cannot be written, or its ending is no table's.
        """
        make_place(out)
        write_table(out, self.rows, self.columns)
        return Measured(out, len(self.rows))


def measure_labels(
    labels: Path, image: Path | None, out: Path, ctx: JobContext,
    *, settings: MeasureSettings = EVERYTHING, reading: ImageReading = AS_STATED, time: Times = None,
) -> Measured:  # fmt: skip
    """Write one row per object of a label image, of a movie for each time point; a few slices are in memory at a time.

    Args:
        labels: Label image.
        image: Image of the same shape for the grey values of each channel, or None.
        out: The table to write (``.csv`` or ``.xlsx``).
        ctx: For progress and cancelling.
        settings: What is measured.
        reading: What the user said of the files. The image of the file is of the labels where no image is given.
        time: The time points to measure, counted from 0; None: all.

    Raises:
        UserError: If a file cannot be read or written, the shapes differ, or there is no such time point.
    """
    objects, grey = _opened(labels, image, reading)
    for volume in (objects, grey) if grey is not None else (objects,):
        for note in volume.notes:
            ctx.report(Note("warning", f"{shown_name(volume.path or volume.name)}: {note}"))
    return measured_table(objects, grey, ctx, settings=settings, time=time).write(out)


def measured_table(
    objects: Volume, grey: Volume | None, ctx: JobContext,
    *, settings: MeasureSettings = EVERYTHING, classes: Classes = Classes(), time: Times = None,
) -> ObjectTable:  # fmt: skip
    """Measure labels that are open; arguments as for ``measure_labels``.

    Raises:
        UserError: If a file cannot be read, or there is no such time point.
        JobCancelled: If the user stops it.
    """
    voxel_size = objects.voxel_size if objects.voxel_size.known or grey is None else grey.voxel_size
    columns, times, table = (
        image_columns(objects, grey, voxel_size, settings),
        wanted_times(objects, time),
        ObjectTable(),
    )
    for number, place in enumerate(times):
        title = time_title(objects, place)
        inner = SubContext(ctx, number / len(times), 1 / len(times), title) if len(times) > 1 else ctx
        at = objects.at_time(place)
        rows = object_rows(at, None if grey is None else at_same_time(grey, at), voxel_size, inner, settings, classes)
        several = objects.times > 1
        first = {"time": "Number of the time point."} if several else {}
        table.extend(table_rows(rows, columns, place if several else None), columns, first)
    ctx.report(Progress(1, 1, "All measured"))
    return table


def image_columns(
    objects: Volume, grey: Volume | None, voxel_size: VoxelSize, settings: MeasureSettings
) -> tuple[Column, ...]:
    """The columns for the objects of an image."""
    groups = frozenset(group for group in _GROUPS if getattr(settings, group))
    channels: int | tuple[str, ...] = 0 if grey is None else grey.channel_names or grey.channels
    return columns_of(voxel_size, channels, flat=objects.is_2d, groups=groups)


def object_rows(
    objects: Volume, grey: Volume | None, voxel_size: VoxelSize, ctx: JobContext, settings: MeasureSettings,
    classes: Classes = Classes(),
) -> Iterator[ObjectRow]:  # fmt: skip
    """Measure the objects of one time point, in order of their numbers; slab by slab.

    Args:
        objects: The labels.
        grey: The image, or None.
        voxel_size: Of both.
        ctx: For progress and cancelling.
        settings: What is measured.
        classes: What label values mean.

    Raises:
        UserError: If a file cannot be read.
        JobCancelled: If the user stops it.
    """
    pieces, name = slabs(objects.shape), shown_name(objects.path or objects.name)
    spacing = voxel_size.zyx if voxel_size.known else (1.0, 1.0, 1.0)
    measurer, outlines = StreamingMeasurer(objects.shape, voxel_size), OutlineMeter(objects.shape, spacing)
    touches, gaps = TouchCounter(), GapMeter(objects.shape, spacing)
    numbered, names = _numbered(objects, pieces, settings, classes, name, ctx)
    found = zip(pieces, (labels.astype(np.uint32, copy=False) for labels in numbered), strict=True)
    wanted = outlines.wanted if settings.shape else _alone
    empty_before = True
    for done, (slab, labels, box) in enumerate(with_neighbours(found, wanted)):
        go_on = _told(ctx, done, len(pieces), f"Measuring {name}")
        go_on(0.0)
        # Of a large volume with few objects most slabs are empty: neither is the image read there nor anything sought.
        empty = not labels.any()
        if not empty:
            measurer.add(slab, labels, grey.read_channels(slab) if grey is not None and settings.intensity else None)
        if settings.neighbours:
            gaps.add(labels)
            if not (empty and empty_before):
                touches.add(labels)
        if settings.shape and box.any():
            outlines.add(slab, box, go_on)
        empty_before = empty
    if measurer.left_out:
        ctx.report(Note("warning", measurer.left_out))
    around = None
    if settings.neighbours:
        apart = gaps.gaps(_told(ctx, 0, 1, f"Looking for neighbours in {name}"))
        if gaps.too_many:
            ctx.report(Note("warning", f"{name}: the surfaces are too many to measure how far they are apart."))
        around = neighbourhoods(measurer.ids, measurer.centers(), touches.counts(), apart)
    return measurer.rows(names(measurer.ids.tolist()), outlines.outlines() if settings.shape else None, around)


def _opened(labels: Path, image: Path | None, reading: ImageReading) -> tuple[Volume, Volume | None]:
    """Labels and image; the axes and the voxel size that the user gave are those of both."""
    of_labels = reading if image is None else reading.model_copy(update={"series": ""})
    if image is None:
        return open_labels(labels, reading=of_labels), None
    grey = open_volume(image, reading=reading)
    return open_labels_of(labels, grey, reading=of_labels), grey


def _numbered(
    objects: Volume, pieces: list[Region], settings: MeasureSettings, classes: Classes, name: str, ctx: JobContext
) -> tuple[Iterator[NDArray[Any]], Callable[[list[int]], dict[int, str]]]:
    """Object numbers slab by slab, and what gives the classes when all were taken."""
    if settings.kind == "classes":
        islands = ClassIslands(objects.read, pieces, ctx.raise_if_cancelled, classes.whole)
        said = classes.names
        return islands.numbered(), lambda _ids: {o: said.get(c, str(c)) for o, c in islands.class_of.items()}
    read = partial(_without, objects, classes.background)
    numbered, is_mask = objects_of(read, pieces, ctx.raise_if_cancelled, mask=classes.mask)
    if is_mask:
        ctx.report(Note("info", mask_sentence(name)))
    usual = classes.names.get(0, "")
    return numbered, lambda ids: {number: classes.of_objects.get(number, usual) for number in ids}


def _without(objects: Volume, background: int | None, slab: Region) -> NDArray[Any]:
    """Labels without what stands for the background."""
    labels = objects.read(slab)
    return labels if background is None else np.where(labels == background, labels.dtype.type(0), labels)


def _alone(slab: Region) -> Region:
    return slab


def _told(ctx: JobContext, done: int, total: int, words: str) -> Callable[[float], None]:
    """What tells how much of a piece is done, and stops where the user wants it."""

    def go_on(share: float) -> None:
        ctx.raise_if_cancelled()
        ctx.report(Progress(done + share, total, words))

    return go_on
