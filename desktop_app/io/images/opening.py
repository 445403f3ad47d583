"""An image file opened by its format, as the user says of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import AS_STATED, ImageReading, Volume, VoxelSize
from desktop_app.io.images.browsing_copies import by_copy
from desktop_app.io.images.checks import impossible_size_notes, not_finite_notes
from desktop_app.io.images.file_kinds import require_kind
from desktop_app.io.images.formats import format_of
from desktop_app.io.images.image_format import ImageFormat
from desktop_app.io.images.page_cache import CACHE_BYTES


def open_file(path: Path) -> Volume:
    """A lazy volume over an image file of a known format, as the file states it.

    Raises:
        UnreadableFileError: If the file is missing, damaged, or of no known format.
    """
    return open_as(required_format(path), path, CACHE_BYTES, AS_STATED)


def open_as(form: ImageFormat, path: Path, cache_bytes: int, reading: ImageReading) -> Volume:
    """A lazy volume over an image of a format, at its first time point.

    Args:
        form: The format.
        path: The file or folder.
        cache_bytes: Memory for decoded pieces of compressed files.
        reading: What the user said of the file, against or beyond what it says itself.

    Raises:
        UnreadableFileError: If the file is missing, damaged, or does not have what ``reading`` asks for.
    """
    require_kind(path, form)
    volume = form.open(path, cache_bytes, reading)
    stated = volume.voxel_size
    absurd = impossible_size_notes(stated)
    size = reading.voxel_size or (VoxelSize.unknown() if absurd else stated)
    notes = (*reading.describe(), *volume.notes, *absurd, *not_finite_notes(volume))
    volume = replace(volume, voxel_size=size, reading=reading, notes=notes)
    return volume if form.in_pieces else by_copy(volume, cache_bytes)


def required_format(path: Path) -> ImageFormat:
    """The format of a file.

    Raises:
        UnreadableFileError: If there is no such file, or its ending is that of no format.
    """
    form = format_of(path)
    if form is not None:
        return form
    if not path.exists():
        raise UnreadableFileError(path, "there is no such file.", hint="Was it moved or renamed?")
    raise UnreadableFileError(
        path,
        f"“{path.suffix or 'no ending'}” is no image format known here.",
        hint="Save it as TIFF in Fiji first.",
    )
