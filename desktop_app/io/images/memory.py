"""What a file asks for is held against the memory that there is, before any is taken."""

from __future__ import annotations

from pathlib import Path

import psutil

from desktop_app.core.errors import UnreadableFileError

_ALWAYS_THERE = 256 * 2**20  # bytes; asking the system for each little piece would cost more than the piece


def require_memory(path: Path, count: int, what: str) -> None:
    """There is free memory for what must be in memory at once.

    Args:
        path: The file, for the error.
        count: Bytes.
        what: What needs them, as ``one slice``.

    Raises:
        UnreadableFileError: If there is not.
    """
    if count < _ALWAYS_THERE:
        return
    free = psutil.virtual_memory().available
    if count > free:
        raise UnreadableFileError(
            path, f"{what} needs {count / 1e9:,.1f} GB of memory, and {free / 1e9:.1f} GB are free.",
            hint="Close other programs, or save the image in tiles or strips where it comes from, or as OME-Zarr.",
        )  # fmt: skip
