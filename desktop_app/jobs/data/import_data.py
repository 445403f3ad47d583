"""Bring images and labels into a project, and labels out of it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext, Note
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.core.project import Item
from desktop_app.io.atomic import replace_folder, writing
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.labels import LabelFile, export_labels, import_labels
from desktop_app.io.projects import OpenProject


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
    opened: OpenProject, item: Item, source: Path, ctx: JobContext, scheme: LabelScheme | None = None
) -> AddedLabels:
    """Replace the labels of an image by those of a file. The old labels stay if anything fails.

    The labels of the image must not be open for editing meanwhile.

    Args:
        opened: The project.
        item: The image.
        source: Label file of the same shape.
        ctx: For progress and cancelling.
        scheme: Names and colours of the classes; those of the project by default.

    Raises:
        UserError: If the file does not fit the image, is damaged or holds no labels.
        JobCancelled: If the user stops it.
    """
    labels = open_labels(source)
    volume = opened.open_image(item)
    path = opened.label_path(item.id)
    new = path.with_name(f".{path.name}")
    shutil.rmtree(new, ignore_errors=True)
    try:
        meaning = scheme or opened.project.scheme
        target = LabelFile.create(new, volume.shape, volume.voxel_size, meaning)
        largest = import_labels(labels, target, ctx)
        values = tuple(int(value) for value in target.used_ids()) if meaning.kind == "classes" else ()
        target.close()
        with writing(path):
            replace_folder(new, path)
            for journal in _journals(opened, item):
                journal.unlink(missing_ok=True)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    if largest == 0:
        ctx.report(Note("warning", f"{source.name} holds no labels: every voxel is 0."))
    return AddedLabels(item.model_copy(update={"imported_labels": opened.relative(source)}), largest, values)


def export_item_labels(opened: OpenProject, item: Item, target: Path, ctx: JobContext) -> Path:
    """Write the saved labels of an image as TIFF or OME-Zarr, with the axes and voxel size of the image.

    Raises:
        UserError: If there are no labels yet, or the disk refuses.
    """
    path = opened.label_path(item.id)
    if not path.exists():
        raise UserError(f"{item.name} has no labels yet.", hint="Label something first.")
    return export_labels(LabelFile.open(path), target, opened.open_image(item), ctx)


def _journals(opened: OpenProject, item: Item) -> list[Path]:
    journal = opened.journal_path(item.id)
    return list(journal.parent.glob(f"{journal.name}*"))
