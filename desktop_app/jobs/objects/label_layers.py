"""Copy a label layer of an image in a project, at all its time points."""

from __future__ import annotations

import shutil

from desktop_app.core.job import JobContext, Progress
from desktop_app.core.project import Item
from desktop_app.io.atomic import atomic_folder, writing
from desktop_app.io.projects import OpenProject
from desktop_app.io.projects.reviews import read_review, review_path, write_review

_COUNTED = 64  # files copied between two looks at whether the user has stopped it


def duplicate_labels(opened: OpenProject, item: Item, source: str, target: str, ctx: JobContext) -> None:
    """Copy the saved labels of a layer into the files of another, which has none yet; all or nothing.

    What was said of its objects goes with them, such as their classes; the time spent does not, it was spent once.

    Args:
        opened: The project.
        item: The image.
        source: Key of the layer.
        target: Key of the new one.
        ctx: For progress and cancelling.

    Raises:
        UnreadableFileError: If what was said of the objects cannot be read.
        UnwritableFileError: If the disk refuses.
        JobCancelled: If the user stops it.
    """
    times = opened.labelled_times(item.id, source)
    try:
        for number, time in enumerate(times):
            place, new = (opened.label_path(item.id, time, layer) for layer in (source, target))
            files = sorted(place.rglob("*"))
            with writing(new), atomic_folder(new) as folder:
                for done, path in enumerate(files):
                    if done % _COUNTED == 0:
                        ctx.raise_if_cancelled()
                        ctx.report(Progress(number + done / len(files), len(times), f"Copying {item.name}"))
                    there = folder / path.relative_to(place)
                    if path.is_dir():
                        there.mkdir(parents=True, exist_ok=True)
                    else:
                        there.parent.mkdir(parents=True, exist_ok=True)
                        shutil.copyfile(path, there)
            _copy_review(opened, item, time, source, target)
            opened.note_labels(item.id, time, target)
    except BaseException:
        for time in opened.labelled_times(item.id, target):
            opened.remove_labels(item.id, time, target)
        for time in times:
            review_path(opened.folder, item.id, time, target).unlink(missing_ok=True)
        raise
    ctx.report(Progress(1, 1, "Copied"))


def _copy_review(opened: OpenProject, item: Item, time: int, source: str, target: str) -> None:
    """What was said of the objects of a layer; the key of the new one may have had a layer before, which is gone."""
    place, new = (review_path(opened.folder, item.id, time, layer) for layer in (source, target))
    new.unlink(missing_ok=True)
    if place.exists():
        review = read_review(place, item.name)
        write_review(new, review.model_copy(update={"slice_seconds": {}}), item.name)
