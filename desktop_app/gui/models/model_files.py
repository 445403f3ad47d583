"""Renaming and removing models of a project."""

from __future__ import annotations

import shutil
from pathlib import Path

from desktop_app.core.errors import UserError
from desktop_app.io.atomic import writing
from desktop_app.io.models import MODEL_SUFFIX
from desktop_app.io.projects import file_name


def rename_model(path: Path, name: str) -> Path:
    """Give a model's folder or file another name; returns its new place.

    Raises:
        UserError: If the name is taken or empty.
        UnwritableFileError: If the disk refuses.
    """
    target = path.with_name(f"{file_name(name)}{MODEL_SUFFIX}")
    if not name.strip():
        raise UserError("A model needs a name.")
    if target.exists():
        raise UserError(f"There is already a model “{target.stem}”.", hint="Choose another name.")
    with writing(target):
        return path.rename(target)


def remove_model(path: Path) -> None:
    """Delete a model from the disk.

    Raises:
        UnwritableFileError: If the disk refuses.
    """
    with writing(path):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
