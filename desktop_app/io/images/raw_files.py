"""Arrays that lie in a file one voxel after the other, packed or not: the core of NIfTI, NRRD, MRC and NumPy files."""

from __future__ import annotations

import bz2
import gzip
import math
import weakref
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from numpy.typing import NDArray

from desktop_app.io.images.mapped_file import MappedFile
from desktop_app.io.images.memory import require_memory
from desktop_app.io.images.page_cache import CACHE_BYTES
from desktop_app.io.images.stored_voxels import StoredArray, cut_off
from desktop_app.io.scratch import scratch_file

GZIP = b"\x1f\x8b"
"""The first bytes of files packed with gzip (RFC 1952)."""
_GZIP_HEAD = 31  # of zlib: a gzip header is expected
_PIECE = 4 * 2**20  # bytes unpacked at a time: few calls, and little memory
_MOST_OF_DEFLATE = 1032  # the highest ratio that the format can reach (zlib's technical notes)
_MOST_BEHIND = 64 * 2**20  # bytes behind the voxels that are unpacked for the checksum: formats have little there

Packing = Literal["", "gzip", "bzip2"]


@dataclass(frozen=True, slots=True)
class RawLayout:
    """Where an array lies in a file.

    Attributes:
        path: The file that holds the voxels.
        dtype: Type of a voxel, in the byte order of the file.
        shape: Length of each axis, the one that changes slowest first.
        offset: The byte of the first voxel, after unpacking; negative counts the array back from the end.
        packing: How the file is packed, "" where it is not.
        packed_from: The byte of the file at which the packed part begins.
    """

    path: Path
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    offset: int = 0
    packing: Packing = ""
    packed_from: int = 0

    @property
    def nbytes(self) -> int:
        """Bytes of all voxels."""
        return math.prod(self.shape) * self.dtype.itemsize


def raw_array(layout: RawLayout, cache_bytes: int = CACHE_BYTES) -> StoredArray:
    """The array of a layout: mapped from the file, or unpacked when it is first read.

    Raises:
        UnreadableFileError: If the file is shorter than the array.
    """
    return PackedArray(layout, cache_bytes) if layout.packing else MappedArray(layout, cache_bytes)


class MappedArray:
    """An array mapped from its file: any part is read quickly, and none is kept in memory.

    Args:
        layout: Where it lies.
        cache_bytes: How much of it may stay mapped.

    Raises:
        UnreadableFileError: If the file is shorter than the array.
    """

    def __init__(self, layout: RawLayout, cache_bytes: int) -> None:
        self._path = layout.path
        self.shape, self.dtype = layout.shape, layout.dtype
        size = self._path.stat().st_size
        offset = layout.offset if layout.offset >= 0 else size - layout.nbytes
        self._end, self._start = offset + layout.nbytes, offset
        self._require_whole()
        self._file = MappedFile(self._path, cache_bytes)
        self._array = self._file.array(layout.dtype, layout.shape, offset)

    def __getitem__(self, index: Any) -> NDArray[Any]:
        """A copy of a part."""
        self._require_whole()
        block = np.array(self._array[index])
        across = self.shape[-1] / max(1, block.shape[-1]) if block.ndim else 1
        self._file.touched(int(block.nbytes * across))
        return block

    def release(self) -> None:
        """Let the file's pages go from memory."""
        self._file.release()

    def _require_whole(self) -> None:
        """Reading a mapped file that has become shorter would end the program."""
        size = self._path.stat().st_size
        if size < self._end or self._start < 0:
            raise cut_off(self._path, size - max(0, self._start), self._end - self._start)


class PackedArray:
    """An array in a packed file, unpacked as a whole when it is first read: such files can be read from the front only.

    It is kept in memory where it is small, else in a temporary file, which goes with it. Not for use by two threads at
    once; ``StoredVoxels`` sees to that.

    Args:
        layout: Where it lies.
        cache_bytes: Memory that it may take.

    Raises:
        UnreadableFileError: If the file is too short to hold the array.
    """

    def __init__(self, layout: RawLayout, cache_bytes: int) -> None:
        self._layout, self._budget = layout, max(cache_bytes, CACHE_BYTES)
        self.shape, self.dtype = layout.shape, layout.dtype
        self._array: NDArray[Any] | None = None
        self._file: MappedFile | None = None
        packed = layout.path.stat().st_size - layout.packed_from
        if layout.packing == "gzip" and packed * _MOST_OF_DEFLATE < layout.nbytes:
            raise cut_off(layout.path, packed, layout.nbytes)

    def __getitem__(self, index: Any) -> NDArray[Any]:
        """A copy of a part."""
        if self._array is None:
            self._array = self._unpacked()
        block = np.array(self._array[index])
        if self._file is not None:
            self._file.touched(block.nbytes)
        return block

    def _unpacked(self) -> NDArray[Any]:
        layout = self._layout
        if layout.nbytes <= self._budget:
            require_memory(layout.path, layout.nbytes, "the unpacked image")
            values = np.empty(layout.nbytes, np.uint8)
            with unpacking(layout) as file:
                fill(layout.path, file, values.data)
                _require_sound(file)
            return values.view(layout.dtype).reshape(layout.shape)
        room = scratch_file(layout.nbytes, ".raw")
        weakref.finalize(self, _remove, room)
        with unpacking(layout) as file, room.open("r+b") as out:
            _copy(layout, file, out)
            _require_sound(file)
        self._file = MappedFile(room, CACHE_BYTES)
        return self._file.array(layout.dtype, layout.shape, 0)


@contextmanager
def unpacking(layout: RawLayout) -> Iterator[IO[bytes]]:
    """The unpacked bytes of a layout, from its first voxel on."""
    with layout.path.open("rb") as raw:
        raw.seek(layout.packed_from)
        with _unpacked(raw, layout.packing) as opened:
            skipped = layout.offset
            while skipped > 0 and (data := opened.read(min(skipped, _PIECE))):
                skipped -= len(data)
            yield opened


def _unpacked(raw: IO[bytes], packing: Packing) -> Any:
    return {"": raw, "gzip": gzip.GzipFile(fileobj=raw), "bzip2": bz2.BZ2File(raw)}[packing]


def unpacked_start(start: bytes) -> bytes:
    """The first bytes of a file, unpacked where they are packed with gzip; b"" where that fails."""
    if not start.startswith(GZIP):
        return start
    try:
        return zlib.decompressobj(_GZIP_HEAD).decompress(start)
    except zlib.error:
        return b""


def fill(path: Path, file: IO[bytes], out: memoryview) -> None:
    """Read all bytes of ``out``, in pieces, so that no second copy of them is made.

    Raises:
        UnreadableFileError: If the file ends before.
    """
    done = 0
    while done < len(out):
        data = file.read(min(_PIECE, len(out) - done))
        if not data:
            raise cut_off(path, done, len(out))
        out[done : done + len(data)] = data
        done += len(data)


def _require_sound(file: IO[bytes]) -> None:
    """Read what lies behind the voxels of a packed file: its checksum is compared at the end.

    Raises:
        OSError: If what was unpacked is not what was packed.
    """
    left = _MOST_BEHIND
    try:
        while left > 0 and (data := file.read(min(_PIECE, left))):
            left -= len(data)
    except EOFError:
        return  # cut off behind the voxels
    except gzip.BadGzipFile as error:
        if not str(error).startswith("Not a gzipped file"):  # something else was put behind it, as by some servers
            raise


def _copy(layout: RawLayout, file: IO[bytes], out: IO[bytes]) -> None:
    done = 0
    while done < layout.nbytes:
        data = file.read(min(_PIECE, layout.nbytes - done))
        if not data:
            raise cut_off(layout.path, done, layout.nbytes)
        out.write(data)
        done += len(data)


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()
