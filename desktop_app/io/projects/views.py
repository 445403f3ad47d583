"""``views/<item>.json``: how the images of a project are looked at."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from desktop_app.core.project.view import ItemView
from desktop_app.io.atomic import write_text
from desktop_app.io.json_files import read_json

_FOLDER = "views"


def read_view(project_folder: Path, item_id: str) -> ItemView:
    """How an image was looked at last; as at first where that is not known or the file is damaged."""
    try:
        return ItemView.model_validate(read_json(_path(project_folder, item_id)))
    except (OSError, ValueError, ValidationError):
        return ItemView()


def write_view(project_folder: Path, item_id: str, view: ItemView) -> None:
    """Remember how an image is looked at.

    Raises:
        UnwritableFileError: If the disk refuses, or the project is gone.
    """
    write_text(_path(project_folder, item_id), view.model_dump_json(indent=2) + "\n")


def _path(project_folder: Path, item_id: str) -> Path:
    return project_folder / _FOLDER / f"{item_id}.json"
