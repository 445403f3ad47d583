"""A folder of pictures as the slices of one image, in the order a person counts."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import AS_STATED, ImageReading, Volume, VoxelSize
from desktop_app.core.shown_name import shown_name
from desktop_app.io.images.image_format import ImageFormat, nothing_to_sniff
from desktop_app.io.images.opening import open_file
from desktop_app.io.images.page_cache import CACHE_BYTES
from desktop_app.io.images.plane_stack import PlaneStack
from desktop_app.io.images.stored_voxels import Stated, stored_volume
from desktop_app.io.natural_order import natural_key
from desktop_app.io.plain_files import is_no_file, is_plain

_FEWEST = 2  # pictures that make a stack
_MOST_NAMED = 3  # files in one sentence: more are not read
_LOOKED_AT = 100  # files opened for a comparison: a second on a slow disk
_PICTURE_ENDINGS = (".tif", ".tiff", ".png", ".jpg", ".jpeg", ".mrc", ".npy")  # files that often hold one slice


def slice_files(folder: Path) -> list[Path]:
    """The pictures of a folder that could be slices of one image: all of the commonest ending, z2 before z10.

    Raises:
        UnreadableFileError: If the folder may not be read.
    """
    try:
        with os.scandir(folder) as entries:
            names = [e.name for e in entries if not e.name.startswith(".") and is_plain(e)]
    except OSError as error:
        raise UnreadableFileError(folder, "the folder is missing or may not be read.", details=repr(error)) from error
    endings = Counter(_ending(name) for name in names if _ending(name))
    if not endings:
        return []
    commonest = endings.most_common(1)[0][0]
    return [folder / name for name in sorted(names, key=natural_key) if _ending(name) == commonest]


def may_be_slices(folder: Path) -> bool:
    """Whether a folder holds several pictures of one slice each, judged by the first and the last."""
    try:
        files = slice_files(folder)
        if len(files) < _FEWEST:
            return False
        first, last = open_file(files[0]), open_file(files[-1])
    except UnreadableFileError:
        return False
    return first.is_2d and last.is_2d and first.source.shape == last.source.shape and first.dtype == last.dtype


def open_slices(path: Path, cache_bytes: int = CACHE_BYTES, reading: ImageReading = AS_STATED) -> Volume:
    """A volume over the pictures of a folder; each is opened when it is asked for.

    Args:
        path: The folder.
        cache_bytes: Memory for decoded pictures.
        reading: What the user said of the stack.

    Raises:
        UnreadableFileError: If there are no pictures, or they differ in size or type.
    """
    files = slice_files(path)
    if not files:
        raise UnreadableFileError(path, "it is a folder without an image in it.")
    first = open_file(files[0])
    if not first.is_2d or first.times > 1:
        raise UnreadableFileError(
            path, f"its files are no single slices: {shown_name(files[0])} has {max(first.shape[0], first.times)}.",
            hint="Choose one of the files instead of the folder.",
        )  # fmt: skip
    _require_alike(path, files, first)

    def read(place: tuple[int, ...]) -> NDArray[Any]:
        picture = open_file(files[place[0]])
        if picture.source.shape != first.source.shape or picture.dtype != first.dtype:
            raise _unlike(path, [files[place[0]]], len(files), first)
        return picture.read_channels()[:, 0]

    channels, _, rows, columns = first.source.shape
    # As axes lead: slices, channels, rows.
    array = PlaneStack(path, (len(files), channels, rows, columns), 3, np.dtype(first.dtype), read, cache_bytes)
    size = first.voxel_size
    notes = (*_left_out(path, files), *first.notes)
    if size.known and len(files) > 1:
        notes += (f"Pictures do not state the slice distance; {size.x:.4g} {size.unit} is assumed.",)
        size = VoxelSize(z=size.x, y=size.y, x=size.x, unit=size.unit)
    stated = Stated(size, channel_names=first.channel_names, notes=notes)
    axes = "ZSYX" if first.rgb else "ZCYX"
    return stored_volume(path, array, axes, stated, open_slices, cache_bytes, reading, name=path.name, rgb=first.rgb)


def _ending(name: str) -> str:
    return next((ending for ending in _PICTURE_ENDINGS if name.lower().endswith(ending)), "")


def _require_alike(path: Path, files: list[Path], first: Volume) -> None:
    """The files are of a length that speaks for pictures of one size; those that are not are looked at.

    Pictures that are not packed have all one length; opening thousands of them would take longer than the first look.
    """
    lengths = Counter(file.stat().st_size for file in files)
    usual = lengths.most_common(1)[0][0]
    odd = [file for file in files if file.stat().st_size != usual]
    spread = odd[:: max(1, len(odd) // _LOOKED_AT)]
    unlike = [f for f in spread if _kind(open_file(f)) != _kind(first)]
    if unlike:
        raise _unlike(path, unlike, len(files), first)


def _kind(volume: Volume) -> tuple[object, ...]:
    return volume.source.shape, volume.dtype


def _unlike(path: Path, unlike: list[Path], count: int, first: Volume) -> UnreadableFileError:
    names = ", ".join(shown_name(file) for file in unlike[:_MOST_NAMED]) + (", …" if len(unlike) > _MOST_NAMED else "")
    rows, columns = first.shape[1:]
    return UnreadableFileError(
        path, f"not all of its {count} pictures are {rows} × {columns} of type {first.dtype} as the first: {names}.",
        hint="Move pictures that do not belong to the stack into another folder.",
    )  # fmt: skip


def _left_out(path: Path, files: list[Path]) -> tuple[str, ...]:
    """Sentences on pictures of other endings in the same folder, and on what is no file."""
    with os.scandir(path) as entries:
        shown = [e for e in entries if _ending(e.name) and not e.name.startswith(".") and path / e.name not in files]
        strange = sorted(shown_name(e.name) for e in shown if is_no_file(e))
        others = sorted(shown_name(e.name) for e in shown if is_plain(e))
    notes = []
    if others:
        named = ", ".join(others[:_MOST_NAMED]) + (", …" if len(others) > _MOST_NAMED else "")
        many = f"{len(others)} pictures of other formats are"
        notes.append(f"{many if len(others) > 1 else '1 picture of another format is'} left out ({named}).")
    if strange:
        named = ", ".join(strange[:_MOST_NAMED]) + (", …" if len(strange) > _MOST_NAMED else "")
        notes.append(f"Left out, as a pipe, a device or a link that leads nowhere: {named}.")
    return tuple(notes)


SLICES = ImageFormat(
    name="slices",
    title="Folder of slices",
    kind="folder of slices",
    endings=(),
    open=open_slices,
    sniff=nothing_to_sniff,
    folder=True,
)
"""Not in the table of formats: a folder of pictures is an image only where the user says so."""
