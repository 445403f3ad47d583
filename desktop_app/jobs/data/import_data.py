"""Bring images and labels into a project, and labels out of it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import AS_STATED, ImageReading, Volume
from desktop_app.core.job import JobContext, Note, SubContext
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.core.project import Item
from desktop_app.core.project.named_labels import FIRST_LAYER
from desktop_app.io.atomic import replace_folder, writing
from desktop_app.io.images.label_reader import open_labels_of
from desktop_app.io.labels import LabelFile
from desktop_app.io.labels.transfer import export_labels, import_labels
from desktop_app.io.projects import OpenProject
from desktop_app.jobs.data.time_points import time_title


@dataclass(frozen=True, slots=True)
class AddedLabels:
    """What came of importing labels.

    Attributes:
        item: The image with the origin of its labels written down; not saved yet.
        largest: The largest label found; 0 if the file holds none.
        values: The class numbers found; empty where the labels hold objects.
    """

    item: Item
    largest: int
    values: tuple[int, ...] = ()


def add_labels_to_item(
    opened: OpenProject, item: Item, source: Path, ctx: JobContext, scheme: LabelScheme | None = None, *, time: int = 0,
    reading: ImageReading = AS_STATED,
) -> AddedLabels:  # fmt: skip
    """Replace the labels of an image that are edited by those of a file. The old labels stay if anything fails.

    The labels of the image must not be open for editing meanwhile.

    Args:
        opened: The project.
        item: The image.
        source: Label file of the same shape.
        ctx: For progress and cancelling.
        scheme: Names and colours of the classes; those of the project by default.
        time: The time point of a movie that labels without time are for, counted from 0.
        reading: Which image of the label file is meant.

    Raises:
        UserError: If the file does not fit the image, is damaged or holds no labels.
        JobCancelled: If the user stops it.
    """
    volume = opened.open_image(item)
    labels = open_labels_of(source, volume, reading=reading)
    meaning = scheme or opened.project.scheme
    places = {time: opened.label_path(item.id, time, item.edited) for time in _times(volume, labels, time)}
    new = {place: path.with_name(f".{path.name}") for place, path in places.items()}
    largest, values = 0, set[int]()
    try:
        for number, place in enumerate(places):
            shutil.rmtree(new[place], ignore_errors=True)
            inner = SubContext(ctx, number / len(places), 1 / len(places), time_title(volume, place))
            source_then = labels if labels.times == 1 else labels.at_time(place)
            target = LabelFile.create(new[place], volume.shape, volume.voxel_size, meaning)
            largest = max(largest, import_labels(source_then, target, inner))
            values |= set(map(int, target.used_ids())) if meaning.kind == "classes" else set()
            target.close()
        for place, path in places.items():
            with writing(path):
                replace_folder(new[place], path)
                for journal in _journals(opened, item, place):
                    journal.unlink(missing_ok=True)
    finally:
        for folder in new.values():
            shutil.rmtree(folder, ignore_errors=True)
    if largest == 0:
        ctx.report(Note("warning", f"{source.name} holds no labels: every voxel is 0."))
    first = item.edited == FIRST_LAYER
    imported = item.model_copy(update={"imported_labels": opened.relative(source)}) if first else item
    return AddedLabels(imported, largest, tuple(sorted(values)))


def _times(image: Volume, labels: Volume, time: int) -> Sequence[int]:
    """Time points of an image that labels are for: each, where both have the same; else the one that is meant."""
    return range(image.times) if labels.times == image.times else (min(time, image.times - 1),)


def export_item_labels(
    opened: OpenProject, item: Item, target: Path, ctx: JobContext, *, layer: str = FIRST_LAYER
) -> Path:
    """Write the saved labels of an image as TIFF or OME-Zarr, with the axes and voxel size of the image.

    Those of a movie go into one file with all its time points; where nothing was labelled, it is empty.

    Args:
        opened: The project.
        item: The image.
        target: Its ending names the format.
        ctx: For progress and cancelling.
        layer: Key of the label layer.

    Raises:
        UserError: If there are no labels yet, or the disk refuses.
    """
    times = opened.labelled_times(item.id, layer)
    if not times:
        raise UserError(f"{item.name} has no labels yet.", hint="Label something first.")
    stores = {time: LabelFile.open(opened.label_path(item.id, time, layer)) for time in times}
    return export_labels(stores, target, opened.open_image(item), ctx)


def _journals(opened: OpenProject, item: Item, time: int) -> list[Path]:
    journal = opened.journal_path(item.id, time, item.edited)
    return list(journal.parent.glob(f"{journal.name}*"))
