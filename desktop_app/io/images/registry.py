"""The image formats, in one table."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from desktop_app.core.errors import UnreadableFileError, UnwritableFileError
from desktop_app.core.imaging import Volume, VoxelSource
from desktop_app.io.images import picture, tiff, volume_writer
from desktop_app.io.images.checks import not_finite_notes
from desktop_app.io.images.page_cache import CACHE_BYTES


@dataclass(frozen=True, slots=True)
class ImageFormat:
    """One format.

    Attributes:
        title: Shown in file dialogs.
        suffixes: Endings of its files, lower case.
        open: Opens a file lazily.
        write: Writes an image, None where only reading is supported.
        folder: Whether a "file" is a folder.
    """

    title: str
    suffixes: tuple[str, ...]
    open: Callable[[Path, int], Volume]
    write: Callable[[Path, VoxelSource, Volume], None] | None = None
    folder: bool = False


def _open_ome_zarr(path: Path, cache_bytes: int) -> Volume:
    """As ``open_ome_zarr``; the library behind it is loaded with the first such image."""
    from desktop_app.io.images.ome_zarr import open_ome_zarr

    return open_ome_zarr(path, cache_bytes)


FORMATS: tuple[ImageFormat, ...] = (
    ImageFormat("TIFF, ImageJ and OME-TIFF", tiff.SUFFIXES, tiff.open_tiff, volume_writer.write_tiff),
    ImageFormat("OME-Zarr", (".ome.zarr", ".zarr"), _open_ome_zarr, volume_writer.write_zarr, folder=True),
    ImageFormat("Pictures", picture.SUFFIXES, picture.open_picture),
)
IMAGE_SUFFIXES: tuple[str, ...] = tuple(suffix for form in FORMATS for suffix in form.suffixes)


def open_volume(path: Path, cache_bytes: int = CACHE_BYTES) -> Volume:
    """A lazy volume over an image file.

    Args:
        path: The file, or the folder of an OME-Zarr image.
        cache_bytes: Memory for decoded pieces of compressed files.

    Raises:
        UnreadableFileError: If the file is missing, damaged, or of no known format.
    """
    path = Path(path)
    form = _format_of(path)
    if form is None:
        if not path.exists():
            raise UnreadableFileError(path, "there is no such file.", hint="Was it moved or renamed?")
        if path.is_dir():
            raise UnreadableFileError(path, "it is a folder without an image in it.")
        raise UnreadableFileError(
            path,
            f"“{path.suffix or 'no ending'}” is no image format known here.",
            hint="Save it as TIFF in Fiji first.",
        )
    volume = form.open(path, cache_bytes)
    return replace(volume, notes=volume.notes + not_finite_notes(volume))


def is_image_file(path: Path) -> bool:
    """Whether the ending is one of an image format, and it is a file or folder as that format has it."""
    form = _format_of(path)
    return form is not None and (path.is_dir() if form.folder else path.is_file())


def list_images(folder: Path) -> list[Path]:
    """The images in a folder (not below it), in the order a person counts: z2 before z10. Hidden files are left out.

    Raises:
        UnreadableFileError: If the folder is missing or may not be read.
    """
    try:
        paths = [p for p in Path(folder).iterdir() if not p.name.startswith(".") and is_image_file(p)]
    except OSError as error:
        raise UnreadableFileError(folder, "the folder is missing or may not be read.", details=repr(error)) from error
    return sorted(paths, key=lambda p: natural_key(p.name))


def write_volume(path: Path, source: VoxelSource, like: Volume) -> None:
    """Write an image slice by slice, with the axes, channel names and voxel size of ``like``.

    Raises:
        UnwritableFileError: If the format cannot be written, or the disk refuses.
    """
    form = _format_of(path)
    if form is None or form.write is None:
        raise UnwritableFileError(path, "images are saved as .tif or .ome.zarr.", hint="Choose one of these endings.")
    form.write(path, source, like)


def image_stem(path: Path) -> str:
    """The name of an image file without its ending, also where the ending has two parts (``.ome.zarr``)."""
    name = path.name
    for suffix in sorted((*IMAGE_SUFFIXES, ".ome.tif", ".ome.tiff", ".ome.zarr"), key=len, reverse=True):
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return path.stem


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts text with numbers in it as a person does."""
    parts = re.findall(r"\d+|\D+", name.casefold())
    return tuple((0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts)


def _format_of(path: Path) -> ImageFormat | None:
    name = path.name.lower()
    return next((form for form in FORMATS if name.endswith(form.suffixes)), None)
