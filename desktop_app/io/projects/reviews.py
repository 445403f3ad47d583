"""``review/<image>.json``: what was said of the objects and slices of an image."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.project.named_labels import FIRST_LAYER
from desktop_app.core.project.review import REVIEW_VERSION, Review
from desktop_app.io.atomic import write_text
from desktop_app.io.json_files import read_json
from desktop_app.io.labels.naming import naming

_FOLDER = "review"


def review_path(project_folder: Path, item_id: str, time: int = 0, layer: str = FIRST_LAYER) -> Path:
    """Where the review of an image at a time point (from 0) is, or will be; each label layer has its own."""
    named = f"{item_id}.{layer}" if layer else item_id
    return project_folder / _FOLDER / (f"{named}.t{time}.json" if time else f"{named}.json")


def read_review(path: Path, title: str) -> Review:
    """The review of an image; an empty one where there is none yet.

    Args:
        path: From ``review_path``.
        title: Name of the image, for errors.

    Raises:
        UnreadableFileError: If the file is damaged, or of a newer version.
    """
    if not path.exists():
        return Review()
    try:
        data = read_json(path)
        version = data.get("schema_version", REVIEW_VERSION) if isinstance(data, dict) else REVIEW_VERSION
        if isinstance(version, int) and version > REVIEW_VERSION:
            raise UnreadableFileError(
                path, f"the review of {title} was written by a newer version.", hint="Update Voxelwright to see it."
            )
        return Review.model_validate(data)
    except (OSError, ValueError, ValidationError) as error:
        raise UnreadableFileError(
            path,
            f"states, notes, classes and locks of the objects of {title} cannot be read; the labels are not touched.",
            hint="Put the file back from a backup, or go on: it is kept under another name and a new one is started.",
            details=repr(error),
        ) from error


def write_review(path: Path, review: Review, title: str = "") -> None:
    """Remember the review of an image.

    Args:
        path: From ``review_path``.
        review: What was said.
        title: Name of the image, for errors.

    Raises:
        UnwritableFileError: If the disk refuses, or the project is gone; the old file stays.
    """
    with naming(f"the review of {title}" if title else "", kept=""):
        write_text(path, review.model_dump_json(exclude_defaults=True) + "\n")


def set_damaged_aside(path: Path) -> None:
    """Keep a file that cannot be read under another name, so that nothing of it is lost when a new one is written."""
    kept, number = path.with_name(f"{path.name}.damaged"), 2
    while kept.exists():
        kept, number = path.with_name(f"{path.name}.damaged-{number}"), number + 1
    if path.exists():
        path.rename(kept)
