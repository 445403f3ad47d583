"""Bring images and labels into a project, and labels out of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext, Note, Progress
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.core.project import Item, Project
from desktop_app.io.atomic import replace_folder, writing
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.registry import image_stem, is_image_file, list_images, open_volume
from desktop_app.io.labels import LabelFile, export_labels, import_labels
from desktop_app.io.projects import OpenProject


@dataclass(frozen=True, slots=True)
class AddedImages:
    """What came of adding images.

    Attributes:
        project: The project with the new images; not saved yet.
        items: The new images.
        failed: Files left out, as ``(name, reason)``.
    """

    project: Project
    items: tuple[Item, ...]
    failed: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AddedLabels:
    """What came of importing labels.

    Attributes:
        item: The image with the origin of its labels written down; not saved yet.
        largest: The largest label found; 0 if the file holds none.
    """

    item: Item
    largest: int


def add_images(opened: OpenProject, project: Project, paths: Iterable[Path], ctx: JobContext) -> AddedImages:
    """Add image files, and the images of folders; each is opened once, and damaged ones are left out.

    Images that the project already has are passed over.

    Args:
        opened: For the place of the project.
        project: Its present state.
        paths: Files and folders.
        ctx: For progress and cancelling.

    Raises:
        UserError: If there is no image at all.
    """
    files = image_files(paths)
    known = {opened.image_path(item).resolve() for item in project.items}
    items: list[Item] = []
    failed: list[tuple[str, str]] = []
    for done, path in enumerate(files):
        ctx.raise_if_cancelled()
        ctx.report(Progress(done, len(files), path.name))
        if path.resolve() in known:
            continue
        known.add(path.resolve())
        try:
            notes = open_volume(path).notes
        except UserError as error:
            failed.append((path.name, str(error)))
            ctx.report(Note("error", str(error)))
            continue
        for text in notes:
            ctx.report(Note("warning", f"{path.name}: {text}"))
        project, item = project.with_item(opened.relative(path), image_stem(path))
        items.append(item)
    ctx.report(Progress(len(files), len(files), "done"))
    return AddedImages(project, tuple(items), tuple(failed))


def image_files(paths: Iterable[Path]) -> list[Path]:
    """The image files among ``paths`` and in the folders among them.

    Raises:
        UserError: If there is none.
    """
    files: list[Path] = []
    named = [Path(p) for p in paths]
    for path in named:
        if path.is_dir() and not is_image_file(path):
            files += list_images(path)
        else:
            files.append(path)
    if not files:
        where = ", ".join(p.name for p in named) or "the choice"
        raise UserError(
            f"There are no images in {where}.", hint="Choose a folder with TIFF, OME-Zarr, PNG or JPEG files."
        )
    return files


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
    volume = open_volume(opened.image_path(item))
    path = opened.label_path(item.id)
    new = path.with_name(f".{path.name}")
    shutil.rmtree(new, ignore_errors=True)
    size = item.voxel_size or volume.voxel_size
    try:
        target = LabelFile.create(new, volume.shape, size, scheme or opened.project.scheme)
        largest = import_labels(labels, target, ctx)
        target.close()
        with writing(path):
            replace_folder(new, path)
            for journal in _journals(opened, item):
                journal.unlink(missing_ok=True)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    if largest == 0:
        ctx.report(Note("warning", f"{source.name} holds no labels: every voxel is 0."))
    return AddedLabels(item.model_copy(update={"imported_labels": opened.relative(source)}), largest)


def export_item_labels(opened: OpenProject, item: Item, target: Path, ctx: JobContext) -> Path:
    """Write the saved labels of an image as TIFF or OME-Zarr, with the axes and voxel size of the image.

    Raises:
        UserError: If there are no labels yet, or the disk refuses.
    """
    path = opened.label_path(item.id)
    if not path.exists():
        raise UserError(f"{item.name} has no labels yet.", hint="Label something first.")
    volume = open_volume(opened.image_path(item))
    like = volume.with_voxel_size(item.voxel_size) if item.voxel_size else volume
    return export_labels(LabelFile.open(path), target, like, ctx)


def _journals(opened: OpenProject, item: Item) -> list[Path]:
    journal = opened.journal_path(item.id)
    return list(journal.parent.glob(f"{journal.name}*"))
