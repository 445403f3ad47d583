"""One project, one window."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from desktop_app.core.errors import ProjectLockedError
from desktop_app.io.folder_lock import FolderLock


class ProjectLock(FolderLock):
    """Held while a window has a project open.

    Args:
        folder: The project.

    Raises:
        ProjectLockedError: If another window has the project; names user and computer.
        UnwritableFileError: If the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, partial(_locked, folder.stem))


def _locked(project: str, holder: str, details: str) -> ProjectLockedError:
    return ProjectLockedError(
        f"The project {project} is already open in another window ({holder}).",
        hint="Close it there, then open it here.", details=details,
    )  # fmt: skip
