"""Maps that a network made, kept on disk until labels are made of them."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3, Region
from desktop_app.io.scratch import scratch_file


class MapsSource(Protocol):
    """Maps of a region of a volume, read box by box."""

    @property
    def channels(self) -> tuple[str, ...]:
        """Names, for example ``class:Nucleus`` and ``depth``."""

    @property
    def shape(self) -> Index3:
        """Size (z, y, x) of the region."""

    def read(self, region: Region) -> NDArray[np.float32]:
        """The maps ``(C, Z, Y, X) float32`` in a box, counted from the corner of the region."""

    def close(self) -> None:
        """Give the space back."""


@dataclass(slots=True)
class ArrayMaps:
    """Maps in memory."""

    channels: tuple[str, ...]
    array: NDArray[np.float16]

    @property
    def shape(self) -> Index3:
        """Size (z, y, x)."""
        _, z, y, x = self.array.shape
        return z, y, x

    def read(self, region: Region) -> NDArray[np.float32]:
        """The maps in a box."""
        return self.array[(slice(None), *region.slices)].astype(np.float32)

    def write(self, region: Region, values: NDArray[np.float32]) -> None:
        """Replace the maps in a box."""
        self.array[(slice(None), *region.slices)] = values

    def close(self) -> None:
        """Give the memory back."""
        self.array = np.zeros((len(self.channels), 0, 0, 0), np.float16)


@dataclass(slots=True)
class FileMaps:
    """Maps as float16 in a temporary file; only the slices being read or written are mapped into memory."""

    channels: tuple[str, ...]
    shape: Index3
    path: Path
    _open: bool = field(default=True)

    @classmethod
    def create(cls, channels: tuple[str, ...], shape: Index3, folder: Path | None = None) -> FileMaps:
        """A new file of the full size.

        Raises:
            UnwritableFileError: If the disk has no room for it.
        """
        size = len(channels) * int(np.prod(shape, dtype=np.int64)) * 2
        path = scratch_file(size, ".maps", folder)
        return cls(channels, shape, path)

    def read(self, region: Region) -> NDArray[np.float32]:
        """The maps in a box."""
        out = np.empty((len(self.channels), *region.shape), np.float32)
        for channel in range(len(self.channels)):
            slab = self._slab(channel, region, "r")
            out[channel] = slab[:, region.slices[1], region.slices[2]]
        return out

    def write(self, region: Region, values: NDArray[np.float32]) -> None:
        """Replace the maps in a box."""
        for channel in range(len(self.channels)):
            slab = self._slab(channel, region, "r+")
            slab[:, region.slices[1], region.slices[2]] = values[channel]

    def _slab(self, channel: int, region: Region, mode: str) -> NDArray[np.float16]:
        depth, height, width = self.shape
        offset = (channel * depth + region.start[0]) * height * width * 2
        shape = (region.shape[0], height, width)
        slab: NDArray[np.float16] = np.memmap(self.path, np.float16, mode, offset, shape)  # type: ignore[call-overload]
        return slab

    def close(self) -> None:
        """Remove the file."""
        if self._open:
            self._open = False
            with contextlib.suppress(OSError):
                self.path.unlink()


def new_maps(
    channels: tuple[str, ...], shape: Index3, most_bytes: int, folder: Path | None = None
) -> ArrayMaps | FileMaps:
    """Room for maps: in memory if they take at most ``most_bytes``, else in a temporary file."""
    if len(channels) * int(np.prod(shape, dtype=np.int64)) * 2 <= most_bytes:
        return ArrayMaps(channels, np.zeros((len(channels), *shape), np.float16))
    return FileMaps.create(channels, shape, folder)
