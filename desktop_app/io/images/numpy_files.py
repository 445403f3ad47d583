"""Arrays of NumPy: ``.npy``, mapped; and ``.npz``, whose arrays are a choice."""

from __future__ import annotations

import math
import zipfile
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import AS_STATED, ImageReading, Volume, VoxelSource
from desktop_app.io.images.image_format import (
    ImageFormat,
    Keeps,
    Series,
    choose_series,
    others_note,
    signatures,
)
from desktop_app.io.images.memory import require_memory
from desktop_app.io.images.page_cache import CACHE_BYTES
from desktop_app.io.images.raw_files import RawLayout, fill, raw_array
from desktop_app.io.images.spooled_labels import spooled_labels
from desktop_app.io.images.stored_voxels import DAMAGE, Stated, StoredArray, cut_off, damaged, stored_volume
from desktop_app.io.images.volume_blocks import blocks, time_points

_AXES = {2: "YX", 3: "QYX", 4: "QQYX", 5: "TCZYX"}
_COLORS = (3, 4)  # values of a pixel in a picture of bytes whose last axis is as short
_LEAST_EDGE = 16  # px: a last axis of 3 behind shorter ones is no colour
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What NumPy writes. Of the others zipfile unpacks 4 kB at once, however large they become: with bzip2, gigabytes."""
_LONGEST_HEAD = 2**16  # bytes; NumPy itself reads 10,000


def open_numpy(path: Path, cache_bytes: int = CACHE_BYTES, reading: ImageReading = AS_STATED) -> Volume:
    """A volume over an array. Nothing that could run code (pickled objects) is read.

    Args:
        path: ``.npy`` or ``.npz``.
        cache_bytes: How much may stay mapped.
        reading: What the user said of the file; the series is the name of an array of a ``.npz``.

    Raises:
        UnreadableFileError: If the file is cut off or damaged, or the array holds no numbers.
    """
    try:
        notes: tuple[str, ...] = ()
        if zipfile.is_zipfile(path):
            array, notes = _zipped(path, reading)
        else:
            with path.open("rb") as file:
                shape, fortran, dtype = _head(path, file)
                array = _oriented(RawLayout(path, dtype, shape, file.tell()), fortran, cache_bytes)
        axes, rgb = _axes(path, tuple(array.shape), array.dtype)
        return stored_volume(
            path, array, axes, Stated(notes=notes), open_numpy, cache_bytes, reading, rgb=rgb,
            alpha=rgb and array.shape[-1] == _COLORS[-1],
        )  # fmt: skip
    except (*DAMAGE, zipfile.BadZipFile) as error:
        raise damaged(path, error) from error


def numpy_series(path: Path) -> tuple[Series, ...]:
    """The arrays of a ``.npz`` that could be images."""
    if not zipfile.is_zipfile(path):
        return ()
    try:
        with zipfile.ZipFile(path) as archive:
            return tuple(_members(path, archive).values())
    except (*DAMAGE, zipfile.BadZipFile) as error:
        raise damaged(path, error) from error


def _members(path: Path, archive: zipfile.ZipFile) -> dict[str, Series]:
    """Arrays with rows and columns, by the name of the file in the archive."""
    found = {}
    for info in archive.infolist():
        if not info.filename.endswith(".npy"):
            continue
        if info.compress_type not in _PACKINGS:
            raise UnreadableFileError(
                path, "an array in it is packed in a way that is not known here.",
                hint="Save it with NumPy's savez_compressed.",
            )  # fmt: skip
        with archive.open(info) as file:
            try:
                shape, _, dtype = _head(path, file)
                axes, _ = _axes(path, shape, dtype)
            except UnreadableFileError:
                continue
        found[info.filename] = Series(info.filename.removesuffix(".npy"), axes, shape, dtype.name)
    return found


def _zipped(path: Path, reading: ImageReading) -> tuple[StoredArray, tuple[str, ...]]:
    """One array of an archive, read at once, and a note on the others."""
    with zipfile.ZipFile(path) as archive:
        members = _members(path, archive)
        if not members:
            raise UnreadableFileError(path, "there is no array with rows and columns in it.")
        names = [series.name for series in members.values()]
        chosen = choose_series(path, names, reading.series)
        with archive.open(list(members)[chosen]) as file:
            shape, fortran, dtype = _head(path, file)
            count = math.prod(shape) * dtype.itemsize
            there = archive.getinfo(list(members)[chosen]).file_size - file.tell()
            if count > there:
                raise cut_off(path, there, count)
            require_memory(path, count, "the unpacked array")
            data = np.empty(count, np.uint8)
            fill(path, file, data.data)
    return data.view(dtype).reshape(shape, order="F" if fortran else "C"), others_note(names, chosen)


def _head(path: Path, file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether the first axis changes fastest, and type.

    Raises:
        UnreadableFileError: If the array holds other things than numbers.
    """
    version = npy.read_magic(file)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran, dtype = read(file, max_header_size=_LONGEST_HEAD)
    if dtype.hasobject or dtype.names is not None:
        raise UnreadableFileError(path, "it holds other things than numbers.", hint="Save the array of voxels alone.")
    return tuple(int(n) for n in shape), bool(fortran), dtype


def _axes(path: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> tuple[str, bool]:
    """A letter for each axis, and whether the last one holds colours; the file says nothing of both."""
    if len(shape) not in _AXES:
        raise UnreadableFileError(path, f"an array of {len(shape)} dimensions is no image; 2 to 5 are read.")
    colors = dtype == np.uint8 and len(shape) > 2 and shape[-1] in _COLORS and min(shape[-3:-1]) >= _LEAST_EDGE
    return (_AXES[len(shape) - 1] + "S", True) if colors else (_AXES[len(shape)], False)


def _oriented(layout: RawLayout, fortran: bool, cache_bytes: int) -> StoredArray:
    if not fortran:
        return raw_array(layout, cache_bytes)
    turned = RawLayout(layout.path, layout.dtype, layout.shape[::-1], layout.offset)
    return TurnedArray(raw_array(turned, cache_bytes))


class TurnedArray:
    """An array whose axes are stored the other way round.

    Args:
        array: As it is stored.
    """

    def __init__(self, array: StoredArray) -> None:
        self._array = array
        self.shape, self.dtype = tuple(array.shape)[::-1], array.dtype

    def __getitem__(self, index: Any) -> NDArray[Any]:
        """A part of it."""
        return self._array[index[::-1]].T


def write_numpy(path: Path, source: VoxelSource, like: Volume) -> None:
    """Write an array (Z, Y, X), or (Y, X) for a single slice."""
    _, slices, rows, columns = source.shape
    shape = (slices, rows, columns) if slices > 1 else (rows, columns)
    with path.open("wb") as file:
        head = {"descr": npy.dtype_to_descr(source.dtype), "fortran_order": False, "shape": shape}
        npy.write_array_header_1_0(file, head)
        for point in time_points(source, like):
            for block in blocks(point, 0):
                file.write(np.ascontiguousarray(block).data)


def _sniff_archive(start: bytes) -> str:
    """A zip archive whose first file is an array (PKZIP application note, 4.3.7)."""
    name = start[30 : 30 + int.from_bytes(start[26:28], "little")]  # behind a head of 30 bytes
    return "a NumPy archive" if start.startswith(b"PK\x03\x04") and name.endswith(b".npy") else ""


NUMPY = ImageFormat(
    name="numpy",
    title="NumPy",
    kind="NumPy array",
    endings=(".npy",),
    open=open_numpy,
    sniff=signatures({b"\x93NUMPY": "a NumPy array"}),
    label_endings=(".npy",),
    keeps=Keeps(axes="ZYX", voxel_size=False),
    write=write_numpy,
    label_sink=partial(spooled_labels, write_numpy),
    label_ending=".npy",
)

NUMPY_ARCHIVE = ImageFormat(
    name="numpy-archive",
    title="NumPy archive",
    kind="NumPy archive",
    endings=(".npz",),
    open=open_numpy,
    sniff=_sniff_archive,
    series=numpy_series,
    label_endings=(".npz",),
)
