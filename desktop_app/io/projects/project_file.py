"""``project.json`` and its backup."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from desktop_app.core.config.base import explain
from desktop_app.core.errors import UnreadableFileError, UserError
from desktop_app.core.json_text import parse_json
from desktop_app.core.project import SCHEMA_VERSION, Project
from desktop_app.io.atomic import write_bytes, write_text
from desktop_app.io.json_files import read_json

PROJECT_FILE = "project.json"
BACKUP_FILE = "project.json.bak"
OLDER_FILE = "project.schema{}.json"
"""What is left of a project file when a newer version writes its own; rename it to go back to the older program."""


def read_project(folder: Path) -> tuple[Project, str]:
    """The project, and a note where it had to be taken from the backup (else an empty text).

    Raises:
        UnreadableFileError: If there is no project, or it and its backup are damaged.
        UserError: If it was made by a newer version.
    """
    path, backup = folder / PROJECT_FILE, folder / BACKUP_FILE
    try:
        return _parsed(path), ""
    except UnreadableFileError as damaged:
        try:
            project = _parsed(backup)
        except UnreadableFileError:
            raise damaged from None
    if path.exists():
        write_bytes(folder / f"{PROJECT_FILE}.damaged", path.read_bytes())
    return project, f"{PROJECT_FILE} was damaged; the project was restored from its last backup."


def write_project(folder: Path, project: Project) -> None:
    """Replace ``project.json``; the one before becomes the backup, unless it is damaged.

    Raises:
        UnwritableFileError: If the disk refuses; the old file stays.
    """
    path = folder / PROJECT_FILE
    try:
        old = path.read_bytes()
        data = parse_json(old)
    except (OSError, ValueError):
        old, data = b"", None
    if old:
        _keep_older(folder, old, data)
        write_bytes(folder / BACKUP_FILE, old)
    write_text(path, project.model_dump_json(indent=2) + "\n")


def _keep_older(folder: Path, old: bytes, data: Any) -> None:
    """Keep the last file that an earlier version wrote, beside the one that it cannot read; once for each schema."""
    version = data.get("schema_version", SCHEMA_VERSION) if isinstance(data, dict) else SCHEMA_VERSION
    if isinstance(version, int) and version < SCHEMA_VERSION:
        kept = folder / OLDER_FILE.format(version)
        if not kept.exists():
            write_bytes(kept, old)


def _parsed(path: Path) -> Project:
    try:
        data = read_json(path)
    except (OSError, ValueError) as error:
        raise UnreadableFileError(path, "the project file is missing or damaged.", details=repr(error)) from error
    if not isinstance(data, dict):
        raise UnreadableFileError(path, "it is no project file.")
    version = data.get("schema_version", SCHEMA_VERSION)
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise UserError(
            f"The project {path.parent.stem} was made by a newer version of Voxelwright.",
            hint="Update Voxelwright to open it.",
        )
    try:
        return Project.model_validate({**data, "schema_version": SCHEMA_VERSION})
    except ValidationError as error:
        raise explain(error, f"The project {path.parent.stem}") from error
