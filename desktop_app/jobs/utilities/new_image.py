"""A utility on an image of a project and its labels, whose result has another shape: a new image with labels."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from desktop_app.core.config.base import explain
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Volume
from desktop_app.core.job import JobContext, SubContext
from desktop_app.core.project import Item
from desktop_app.io.images.registry import image_stem, write_volume
from desktop_app.io.labels import LabelFile
from desktop_app.io.labels.transfer import import_labels, labels_volume
from desktop_app.io.projects import OpenProject
from desktop_app.jobs.data.watched import watched
from desktop_app.jobs.utilities.base import Utility

_IMAGE = 0.6  # share of the progress: labels are fewer bytes, and mostly empty


def image_by_utility(
    utility: Utility, settings: Mapping[str, Any], opened: OpenProject, item: Item, out: Path, ctx: JobContext
) -> Item:
    """Write what a utility makes of an image, with the saved labels that are edited, all or nothing.

    Args:
        utility: One with settings for ``both``.
        settings: Of it.
        opened: The project.
        item: The image; it stays as it is, and so do its labels.
        out: The image file to make.
        ctx: For progress and cancelling.

    Returns:
        The new image, which is not in the project yet and whose name may be taken there.

    Raises:
        UserError: If the settings do not fit, the file exists, the image cannot be read or the disk refuses.
        JobCancelled: If the user stops it; nothing is left behind.
    """
    if utility.both is None or utility.make is None:
        raise ValueError(f"{utility.name} makes no image of another shape")
    if out.exists():
        raise UserError(f"{out.name} exists already.", hint="Give another name for the new image.")
    try:
        for_image, for_labels = utility.both(utility.parameters.model_validate(settings))
    except ValidationError as error:
        raise explain(error, f"“{utility.title}”") from error
    volume = opened.open_image(item)
    new = Item(name=image_stem(out), image=opened.relative(out))
    try:
        made = utility.make((volume,), for_image, ctx).like
        shown = watched(made, SubContext(ctx, 0.0, _IMAGE), f"{utility.title}: {out.name}")
        write_volume(out, shown.source, shown)
        times = opened.labelled_times(item.id, item.edited)
        for number, time in enumerate(times):
            inner = SubContext(ctx, _IMAGE + (1 - _IMAGE) * number / len(times), (1 - _IMAGE) / len(times))
            source = LabelFile.open(opened.label_path(item.id, time, item.edited))
            try:
                labels = utility.make((labels_volume(source, volume.alone()),), for_labels, ctx).like
                _write_labels(labels, opened, new, time, inner)
            finally:
                source.close()
    except BaseException:
        if out.is_dir():
            shutil.rmtree(out, ignore_errors=True)
        out.unlink(missing_ok=True)
        for time in opened.labelled_times(new.id):
            opened.remove_labels(new.id, time)
        raise
    return new.model_copy(update={"status": "in progress"}) if times and item.status != "new" else new


def _write_labels(labels: Volume, opened: OpenProject, item: Item, time: int, ctx: JobContext) -> None:
    path = opened.label_path(item.id, time)
    target = LabelFile.create(path, labels.shape, labels.voxel_size, opened.project.scheme)
    try:
        import_labels(labels, target, ctx)
    finally:
        target.close()
