"""Temporary files for what does not fit into memory."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from desktop_app.core.errors import UnwritableFileError
from desktop_app.core.imaging import Index3, Region
from desktop_app.io.process_identity import ProcessIdentity

_START = "voxelwright-"
_NAME = re.compile(rf"{_START}(?P<owner>[0-9a-f]{{8}}-[0-9a-f]{{8}}-\d+-\d+s?)-.+")
_looked_through: set[Path] = set()
"""Folders in which this process has removed what killed programs had left."""


def remove_scratch(folder: Path) -> None:
    """Remove temporary files of programs of this computer that were killed, once in the life of this process."""
    if folder in _looked_through:
        return
    _looked_through.add(folder)
    for left in folder.glob(f"{_START}*"):
        match = _NAME.fullmatch(left.name)
        if match is None or not ProcessIdentity.has_ended(match["owner"]):
            continue
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left, ignore_errors=True)
        else:
            _remove(left)


@contextmanager
def scratch_folder(purpose: str) -> Iterator[Path]:
    """A new temporary folder that is gone at the end of the block; ``purpose`` is a word of its name."""
    remove_scratch(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=f"{_prefix()}{purpose}-") as folder:
        yield Path(folder)


def _prefix() -> str:
    return f"{_START}{ProcessIdentity.own().in_names}-"


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
        remove_scratch(place)
        handle, name = tempfile.mkstemp(prefix=_prefix(), suffix=suffix, dir=place)
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


class BoxArray(Protocol):
    """An array ``(Z, Y, X)`` that is read and written box by box, wherever it lies."""

    @property
    def shape(self) -> Index3:
        """``(Z, Y, X)``."""

    @property
    def nbytes(self) -> int:
        """Memory in bytes; what lies on disk does not count."""

    def read(self, region: Region) -> NDArray[Any]:
        """A box, not to be changed."""

    def write(self, region: Region, values: NDArray[Any]) -> None:
        """Replace a box."""

    def close(self) -> None:
        """Give the space back."""


def roomy_array(
    shape: Index3, dtype: DTypeLike, most_bytes: int, suffix: str, folder: Path | None = None
) -> MemoryArray | ScratchArray:
    """Room for an array of zeros: in memory if it takes at most ``most_bytes``, else in a temporary file.

    Args:
        shape: ``(Z, Y, X)``.
        dtype: Type of a voxel.
        most_bytes: Memory that it may take.
        suffix: Ending of the file's name.
        folder: Where the file lies; None takes the system's temporary folder.

    Raises:
        UnwritableFileError: If the disk has no room for it.
    """
    if int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize <= most_bytes:
        return MemoryArray(shape, dtype)
    return ScratchArray(shape, dtype, suffix, folder)


class MemoryArray:
    """A ``BoxArray`` in memory; voxels are 0 at first."""

    def __init__(self, shape: Index3, dtype: DTypeLike) -> None:
        self.shape = shape
        self._values = np.zeros(shape, dtype)

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""
        return self._values.nbytes

    def read(self, region: Region) -> NDArray[Any]:
        """A view of a box, not to be changed."""
        return self._values[region.slices]

    def write(self, region: Region, values: NDArray[Any]) -> None:
        """Replace a box."""
        self._values[region.slices] = values

    def close(self) -> None:
        """Give the memory back."""
        self._values = np.zeros((0, 0, 0), self._values.dtype)


class ScratchArray:
    """A ``BoxArray`` in a temporary file, which goes with it.

    Plain reading and writing: what is mapped into memory would count as memory of the program. Not for use by two
    threads at once.

    Args:
        shape: ``(Z, Y, X)``.
        dtype: Type of a voxel; voxels are 0 at first.
        suffix: Ending of the file's name.
        folder: Where the file lies; None takes the system's temporary folder.

    Raises:
        UnwritableFileError: If the disk has no room for it.
    """

    def __init__(self, shape: Index3, dtype: DTypeLike, suffix: str, folder: Path | None = None) -> None:
        self.shape = shape
        self.dtype = np.dtype(dtype)
        self.path = scratch_file(int(np.prod(shape, dtype=np.int64)) * self.dtype.itemsize, suffix, folder)
        self._removed = weakref.finalize(self, _remove, self.path)

    @property
    def nbytes(self) -> int:
        """None of its voxels is kept in memory."""
        return 0

    def read(self, region: Region) -> NDArray[Any]:
        """A copy of a box."""
        out = np.empty(region.shape, self.dtype)
        columns = region.slices[2]
        with self.path.open("rb", buffering=0) as file:
            for z in range(region.shape[0]):
                out[z] = self._rows(file, region, z)[:, columns]
        return out

    def write(self, region: Region, values: NDArray[Any]) -> None:
        """Replace a box."""
        columns = region.slices[2]
        with self.path.open("r+b", buffering=0) as file:
            for z in range(region.shape[0]):
                rows: NDArray[Any] = np.ascontiguousarray(values[z], self.dtype)
                if region.shape[2] != self.shape[2]:
                    rows = self._rows(file, region, z)
                    rows[:, columns] = values[z]
                file.seek(self._offset(region, z))
                file.write(rows.data)

    def close(self) -> None:
        """Remove the file."""
        self._removed()

    def _rows(self, file: BinaryIO, region: Region, z: int) -> NDArray[Any]:
        """The whole rows of one slice of a box."""
        file.seek(self._offset(region, z))
        height, width = region.shape[1], self.shape[2]
        return np.fromfile(file, self.dtype, height * width).reshape(height, width)

    def _offset(self, region: Region, z: int) -> int:
        _, height, width = self.shape
        return ((region.start[0] + z) * height + region.start[1]) * width * self.dtype.itemsize


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()
