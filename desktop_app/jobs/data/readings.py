"""Whether images can be read as the user says, before it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import ImageReading
from desktop_app.core.job import JobContext, Progress
from desktop_app.core.project import Item
from desktop_app.io.images.registry import open_volume
from desktop_app.io.projects import OpenProject


@dataclass(frozen=True, slots=True)
class CheckedReading:
    """For which images something can be kept.

    Attributes:
        same: Ids of images that keep shape and time points.
        other: Ids of images that get others, and have no labels that would not fit any more.
        refused: Why the others cannot be read so, a sentence for each.
    """

    same: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


def check_reading(opened: OpenProject, items: Sequence[Item], reading: ImageReading, ctx: JobContext) -> CheckedReading:
    """Open images as the user says, and compare with how they are read now.

    Args:
        opened: The project.
        items: The images.
        reading: What the user says of their files.
        ctx: For progress and cancelling.
    """
    same: list[str] = []
    other: list[str] = []
    refused: list[str] = []
    for number, item in enumerate(items):
        ctx.raise_if_cancelled()
        ctx.report(Progress(number, len(items), item.name))
        try:
            said = for_item(reading, item)
            now, then = opened.open_image(item), open_volume(opened.image_path(item), reading=said)
        except UserError as error:
            refused.append(str(error))
            continue
        if (now.shape, now.times) == (then.shape, then.times):
            same.append(item.id)
        elif is_labelled(item):
            refused.append(f"{item.name} has labels, which would not fit any more.")
        else:
            other.append(item.id)
    ctx.report(Progress(len(items), len(items)))
    return CheckedReading(tuple(same), tuple(other), tuple(refused))


def for_item(reading: ImageReading, item: Item) -> ImageReading:
    """What is said of one image of a folder; whether it is a folder of slices is its own matter."""
    return reading.model_copy(update={"stack": item.reading.stack})


def is_labelled(item: Item) -> bool:
    """Whether anything was ever labelled in an image; one that was only looked at has an empty label file."""
    return item.status != "new" or item.imported_labels is not None or bool(item.more_labels)
