"""Labels from a file onto an image of a project."""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.job import JobContext
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.registry import open_volume
from desktop_app.io.labels import LabelFile, import_labels


def import_label_file(source: Path, image: Path, target: Path, scheme: LabelScheme, ctx: JobContext) -> int:
    """Replace the labels of an image by those of a file; returns the largest label.

    Args:
        source: The label file; same shape as the image.
        image: The image.
        target: The project's label file of that image; made if it is missing.
        scheme: What the labels mean.
        ctx: For progress and cancelling.

    Raises:
        UserError: If the shapes differ or a file cannot be read or written.
    """
    labels = open_labels(source)
    if target.exists():
        store = LabelFile.open(target)
    else:
        volume = open_volume(image)
        store = LabelFile.create(target, volume.shape, volume.voxel_size, scheme)
    try:
        return import_labels(labels, store, ctx)
    finally:
        store.close()
