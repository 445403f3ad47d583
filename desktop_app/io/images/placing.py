"""Image files and folders put in place in one step, whole."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from desktop_app.io.atomic import atomic_folder, atomic_path
from desktop_app.io.images.image_format import ImageFormat


def in_place(form: ImageFormat, path: Path) -> AbstractContextManager[Path]:
    """A temporary path with the same ending: a new empty folder where the format's images are folders.

    What is there at the end of the block takes the place of ``path``; on an error it vanishes.

    Raises:
        UnwritableFileError: If the disk refuses.
    """
    return atomic_folder(path) if form.folder else atomic_path(path)
