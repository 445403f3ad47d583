"""Temporary files for what does not fit into memory."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from desktop_app.core.errors import UnwritableFileError


def scratch_file(size: int, suffix: str, folder: Path | None = None) -> Path:
    """A new temporary file whose room on the disk is already taken.

    A file that is mapped into memory and finds the disk full would end the program; so the room is taken first.

    Args:
        size: Bytes.
        suffix: Ending of its name.
        folder: Where it lies; None takes the system's temporary folder.

    Raises:
        UnwritableFileError: If the disk has no room for it, or the folder cannot be written.
    """
    place = Path(folder) if folder is not None else Path(tempfile.gettempdir())
    path: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix="voxelwright-", suffix=suffix, dir=place)
        path = Path(name)
        try:
            if hasattr(os, "posix_fallocate") and size > 0:
                os.posix_fallocate(handle, 0, size)
            else:
                os.truncate(handle, size)
        finally:
            os.close(handle)
    except OSError as error:
        if path is not None:
            with suppress(OSError):
                path.unlink()
        reason = f"there is no room for {size / 2**30:.1f} GB of temporary files."
        hint = "Free some space there, or choose another disk for the results."
        raise UnwritableFileError(place, reason, hint=hint, details=repr(error)) from error
    return path
