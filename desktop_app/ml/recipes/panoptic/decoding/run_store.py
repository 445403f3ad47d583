"""The runs of all slices of a stack: in memory while they are few, else in a temporary file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Plane, Region
from desktop_app.io.scratch import scratch_file
from desktop_app.ml.recipes.panoptic.decoding.run_file import RunFile
from desktop_app.objects.panoptic.runs import SliceRuns

_NO_KINDS = np.zeros(1, np.uint8)


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
        self._kept: list[tuple[SliceRuns, NDArray[np.uint8]]] = []
        self._bytes = 0
        self._file: RunFile | None = None
        self._lasting = False

    @classmethod
    def lasting(cls, plane: Plane, path: Path) -> RunStore:
        """A store in a file that stays, started with the slices that it holds.

        Raises:
            UnwritableFileError: If it cannot be opened.
        """
        store = cls(plane, 0)
        store._file, store._lasting = RunFile(path), True
        return store

    def __len__(self) -> int:
        return len(self._kept) if self._file is None else len(self._file)

    def append(self, runs: SliceRuns, kinds: NDArray[np.uint8] = _NO_KINDS) -> None:
        """Take the next slice.

        Args:
            runs: With local ids 1..n.
            kinds: ``(n + 1,) uint8`` class of each, where they are asked for later.

        Raises:
            UnwritableFileError: If the disk is full.
        """
        if self._file is not None:
            self._file.append(runs, kinds)
            return
        self._kept.append((runs, kinds))
        self._bytes += runs.nbytes
        if self._bytes > self._most:
            self._file = RunFile(scratch_file(0, ".runs", self._folder))
            for one in self._kept:
                self._file.append(*one)
            self._kept.clear()

    def read(self, number: int, rows: slice | None = None) -> SliceRuns:
        """The runs of a slice; those outside the wanted rows may be missing."""
        return self._kept[number][0] if self._file is None else self._file.read(number, rows)

    def kinds(self, number: int) -> NDArray[np.uint8]:
        """The class ``(n + 1,) uint8`` of each local id of a slice."""
        return self._kept[number][1] if self._file is None else self._file.kinds(number)

    def slab(self, low: int, high: int, luts: Lookups) -> NDArray[np.uint32]:
        """Labels ``(high - low, Y, X) uint32`` of slices z of the volume, whatever the plane of the stored ones.

        Args:
            low: First z.
            high: Behind the last z.
            luts: Final number of each local id, slice by slice.
        """
        if self.plane is Plane.XY:
            return _stacked((self.read(z).paint(luts(z)) for z in range(low, high)), high - low)
        rows = slice(low, high)
        across = _stacked((self.read(n, rows).paint(luts(n), rows) for n in range(len(self))), len(self))
        return np.ascontiguousarray(np.moveaxis(across, 0, self.plane.depth_axis))

    def close(self) -> None:
        """Give the memory back, and the file, unless it is to stay."""
        self._kept.clear()
        if self._file is None:
            return
        self._file.close()
        if not self._lasting:
            with contextlib.suppress(OSError):
                self._file.path.unlink()


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
    thickness = max(1, most_bytes // max(1, 4 * height * width))  # bytes a label
    for low in range(0, depth, thickness):
        yield Region((low, 0, 0), (min(low + thickness, depth), height, width))


def _stacked(pictures: Iterator[NDArray[np.uint32]], count: int) -> NDArray[np.uint32]:
    """So many pictures ``(H, W)``, at least one, as ``(N, H, W)``; only one at a time is there beside them all."""
    first = next(pictures)
    stack = np.empty((count, *first.shape), np.uint32)
    stack[0] = first
    for number, picture in enumerate(pictures, start=1):
        stack[number] = picture
    return stack
