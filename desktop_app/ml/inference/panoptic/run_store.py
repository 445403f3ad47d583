"""The runs of all slices of a stack: in memory while they are few, else in a temporary file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Plane, Region
from desktop_app.io.atomic import writing
from desktop_app.io.scratch import scratch_file
from desktop_app.objects.panoptic.runs import SliceRuns


class RunStore:
    """Labels of parallel slices, 16 bytes per run.

    Args:
        plane: Which slices.
        most_bytes: From here on they go to a file.
        folder: Where the file lies; None takes the system's temporary folder.
    """

    def __init__(self, plane: Plane, most_bytes: int, folder: Path | None = None) -> None:
        self.plane = plane
        self._most, self._folder = most_bytes, folder
        self._kept: list[SliceRuns] = []
        self._places: list[tuple[int, int]] = []
        self._shape = (0, 0)
        self._bytes = 0
        self._path: Path | None = None
        self._file: IO[bytes] | None = None

    def __len__(self) -> int:
        return len(self._places) if self._path else len(self._kept)

    def append(self, runs: SliceRuns) -> None:
        """Take the next slice.

        Raises:
            UnwritableFileError: If the disk is full.
        """
        self._shape = runs.shape
        self._bytes += runs.nbytes
        if self._path is not None:
            self._write(runs)
            return
        self._kept.append(runs)
        if self._bytes > self._most:
            self._path = scratch_file(0, ".runs", self._folder)
            with writing(self._path):
                self._file = self._path.open("r+b")
            for one in self._kept:
                self._write(one)
            self._kept.clear()

    def read(self, number: int) -> SliceRuns:
        """The runs of a slice."""
        if self._file is None:
            return self._kept[number]
        offset, count = self._places[number]
        self._file.seek(offset)
        values = np.frombuffer(self._file.read(16 * count), np.int32).reshape(4, count)
        return SliceRuns(values[0], values[1], values[2], values[3].view(np.uint32), self._shape)

    def slab(self, low: int, high: int, luts: Lookups) -> NDArray[np.uint32]:
        """Labels ``(high - low, Y, X) uint32`` of slices z of the volume, whatever the plane of the stored ones.

        Args:
            low: First z.
            high: Behind the last z.
            luts: Final number of each local id, slice by slice.
        """
        if self.plane is Plane.XY:
            return np.stack([self.read(z).paint(luts(z)) for z in range(low, high)])
        across = np.stack([self.read(n).paint(luts(n), slice(low, high)) for n in range(len(self))])
        return np.ascontiguousarray(np.moveaxis(across, 0, self.plane.depth_axis))

    def close(self) -> None:
        """Give memory and file back."""
        self._kept.clear()
        if self._file is not None:
            self._file.close()
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.unlink()

    def _write(self, runs: SliceRuns) -> None:
        if self._file is None or self._path is None:
            raise ValueError("There is no file to write to")
        offset = self._places[-1][0] + 16 * self._places[-1][1] if self._places else 0
        columns = (runs.rows, runs.starts, runs.stops, runs.ids.view(np.int32))
        with writing(self._path):
            self._file.seek(offset)
            self._file.write(np.stack(columns).astype(np.int32, copy=False).tobytes())
            self._file.flush()
        self._places.append((offset, len(runs.ids)))


class Lookups:
    """Final numbers of the local ids of each slice.

    Args:
        luts: One table per slice, or a single one for all.
    """

    def __init__(self, luts: tuple[NDArray[np.uint32], ...] | NDArray[np.uint32]) -> None:
        self._luts = luts

    def __call__(self, number: int) -> NDArray[np.uint32]:
        """The table of a slice."""
        return self._luts[number] if isinstance(self._luts, tuple) else self._luts


def slabs(shape: tuple[int, int, int], most_bytes: int) -> Iterator[Region]:
    """Slabs of whole slices z whose labels take at most about ``most_bytes``."""
    depth, height, width = shape
    thickness = max(1, most_bytes // max(1, 4 * height * width))
    for low in range(0, depth, thickness):
        yield Region((low, 0, 0), (min(low + thickness, depth), height, width))
