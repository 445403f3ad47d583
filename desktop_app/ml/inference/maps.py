"""Maps that a network made, kept on disk until labels are made of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3, Region
from desktop_app.io.scratch import ScratchArray


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


@dataclass(frozen=True, slots=True)
class FileMaps:
    """Maps as float16 in temporary files, one per channel."""

    channels: tuple[str, ...]
    files: tuple[ScratchArray, ...]

    @classmethod
    def create(cls, channels: tuple[str, ...], shape: Index3, folder: Path | None = None) -> FileMaps:
        """New files of the full size.

        Raises:
            UnwritableFileError: If the disk has no room for them.
        """
        files: list[ScratchArray] = []
        try:
            for _ in channels:
                files.append(ScratchArray(shape, np.float16, ".maps", folder))
        except BaseException:
            for file in files:
                file.close()
            raise
        return cls(channels, tuple(files))

    @property
    def shape(self) -> Index3:
        """Size (z, y, x)."""
        return self.files[0].shape

    def read(self, region: Region) -> NDArray[np.float32]:
        """The maps in a box."""
        out = np.empty((len(self.channels), *region.shape), np.float32)
        for channel, file in enumerate(self.files):
            out[channel] = file.read(region)
        return out

    def write(self, region: Region, values: NDArray[np.float32]) -> None:
        """Replace the maps in a box."""
        for file, part in zip(self.files, values, strict=True):
            file.write(region, part)

    def close(self) -> None:
        """Remove the files."""
        for file in self.files:
            file.close()


def new_maps(
    channels: tuple[str, ...], shape: Index3, most_bytes: int, folder: Path | None = None
) -> ArrayMaps | FileMaps:
    """Room for maps: in memory if they take at most ``most_bytes``, else in a temporary file."""
    if len(channels) * int(np.prod(shape, dtype=np.int64)) * 2 <= most_bytes:
        return ArrayMaps(channels, np.zeros((len(channels), *shape), np.float16))
    return FileMaps.create(channels, shape, folder)
