"""Runs of slices in a file that stays readable whenever the program ends."""

from __future__ import annotations

import contextlib
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from desktop_app.io.atomic import writing
from desktop_app.objects.panoptic.runs import SliceRuns

_MAGIC = b"VWR1"
_HEAD = struct.Struct("<4sIIIII")
_RUN_BYTES = 16  # start and length as uint32, object as uint64
_ROWS_PER_MARK = 64  # a box is found without reading its whole slice, and marks stay few


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a slice lies.

    Attributes:
        offset: Byte of its first run.
        shape: (H, W) of the slice.
        marks: Number of runs before every 64th row, and of all of them.
        kinds: Class of each local id.
    """

    offset: int
    shape: tuple[int, int]
    marks: NDArray[np.uint32]
    kinds: NDArray[np.uint8]


class RunFile:
    """One record per slice: a head with a checksum, 16 bytes per run, and the class of each local id.

    Rows are found without reading the whole slice. What an earlier program left of a record it could not finish is
    cut off. Not for use by two threads at once.

    Args:
        path: The file; one that is there is gone on with.

    Raises:
        UnwritableFileError: If it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._places: list[_Place] = []
        with writing(path):
            path.touch()
            self._file: BinaryIO = path.open("r+b")
            self._end = 0
            self._places += self._records()
            self._file.truncate(self._end)

    def __len__(self) -> int:
        return len(self._places)

    def append(self, runs: SliceRuns, kinds: NDArray[np.uint8]) -> None:
        """Take the next slice.

        Args:
            runs: With local ids 1..n.
            kinds: ``(n + 1,) uint8`` class of each.

        Raises:
            UnwritableFileError: If the disk is full.
        """
        columns = (runs.rows, runs.starts, runs.stops, runs.ids.view(np.int32))
        content = np.stack(columns, axis=1).astype("<i4", copy=False).tobytes() + kinds.tobytes()
        head = _HEAD.pack(_MAGIC, zlib.crc32(content), *runs.shape, len(runs.ids), len(kinds))
        with writing(self.path):
            self._file.seek(self._end)
            self._file.write(head + content)
            self._file.flush()
        self._places.append(self._placed(runs.rows, runs.shape, kinds))

    def read(self, number: int, rows: slice | None = None) -> SliceRuns:
        """The runs of a slice; those outside the wanted rows may be missing."""
        place = self._places[number]
        low, high, _ = (rows or slice(None)).indices(place.shape[0])
        first = int(place.marks[low // _ROWS_PER_MARK])
        last = int(place.marks[min(-(-high // _ROWS_PER_MARK), len(place.marks) - 1)])
        self._file.seek(place.offset + first * _RUN_BYTES)
        return _decoded(self._file.read((last - first) * _RUN_BYTES), place.shape)

    def kinds(self, number: int) -> NDArray[np.uint8]:
        """The class ``(n + 1,) uint8`` of each local id of a slice."""
        return self._places[number].kinds

    def close(self) -> None:
        """Close the file, which stays."""
        with contextlib.suppress(OSError):
            self._file.close()

    def _records(self) -> Iterator[_Place]:
        """The whole records from the start of the file."""
        size = os.fstat(self._file.fileno()).st_size
        while True:
            self._file.seek(self._end)
            head = self._file.read(_HEAD.size)
            if len(head) < _HEAD.size or not head.startswith(_MAGIC):
                return
            _, checksum, height, width, count, kinds = _HEAD.unpack(head)
            length = count * _RUN_BYTES + kinds
            if self._end + _HEAD.size + length > size:
                return
            content = self._file.read(length)
            if zlib.crc32(content) != checksum:
                return
            runs = _decoded(content[: count * _RUN_BYTES], (height, width))
            yield self._placed(runs.rows, runs.shape, np.frombuffer(content, np.uint8, kinds, count * _RUN_BYTES))

    def _placed(self, rows: NDArray[np.int32], shape: tuple[int, int], kinds: NDArray[np.uint8]) -> _Place:
        """The place of the record at the end, behind which the next one goes."""
        offset = self._end + _HEAD.size
        self._end = offset + len(rows) * _RUN_BYTES + len(kinds)
        marked = np.arange(0, shape[0] + _ROWS_PER_MARK, _ROWS_PER_MARK)
        return _Place(offset, shape, np.searchsorted(rows, marked).astype(np.uint32), kinds.copy())


def _decoded(content: bytes, shape: tuple[int, int]) -> SliceRuns:
    rows, starts, stops, ids = np.ascontiguousarray(np.frombuffer(content, "<i4").reshape(-1, 4).T).astype(np.int32)
    return SliceRuns(rows, starts, stops, ids.view(np.uint32), shape)
