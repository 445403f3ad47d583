"""Maps of the voxels of a region, kept until labels are made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3, Region
from desktop_app.io.scratch import BoxArray, roomy_array

_MAP_BYTES = np.dtype(np.float16).itemsize


class Maps(Protocol):
    """What a network says of a region, of whatever kind; the recipe that made it makes labels of it."""

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the maps, for example ``class:Nucleus`` and ``depth``."""

    @property
    def shape(self) -> Index3:
        """Size (z, y, x) of the region."""

    @property
    def nbytes(self) -> int:
        """Memory in bytes; what lies on disk does not count."""

    @property
    def pending(self) -> bool:
        """Whether the network makes them only while labels are made of them."""

    def select(self, slices: Sequence[int]) -> Maps:
        """Only some slices z, in memory, each as good as any other from now on."""

    def close(self) -> None:
        """Give the space back."""


class ReadableMaps(Protocol):
    """Maps of voxels, read box by box."""

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the maps."""

    @property
    def shape(self) -> Index3:
        """Size (z, y, x) of the region."""

    def read(self, region: Region) -> NDArray[np.float32]:
        """The maps ``(C, Z, Y, X) float32`` in a box, counted from the corner of the region."""


@dataclass(frozen=True, slots=True)
class VoxelMaps:
    """Maps as float16, an array for each channel, in memory or in temporary files.

    Attributes:
        channels: Names of the maps.
        arrays: Their voxels, all of one shape.
    """

    channels: tuple[str, ...]
    arrays: tuple[BoxArray, ...]

    @classmethod
    def room(cls, channels: tuple[str, ...], shape: Index3, most_bytes: int, folder: Path | None = None) -> VoxelMaps:
        """Room for maps: in memory if they take at most ``most_bytes``, else in temporary files.

        Raises:
            UnwritableFileError: If the disk has no room for them.
        """
        arrays: list[BoxArray] = []
        try:
            for _ in channels:
                arrays.append(roomy_array(shape, np.float16, most_bytes // len(channels), ".maps", folder))
        except BaseException:
            for array in arrays:
                array.close()
            raise
        return cls(channels, tuple(arrays))

    @classmethod
    def of(cls, channels: tuple[str, ...], values: NDArray[np.floating]) -> VoxelMaps:
        """Maps ``(C, Z, Y, X)`` in memory."""
        _, z, y, x = values.shape
        maps = cls.room(channels, (z, y, x), values.size * _MAP_BYTES)
        maps.write(Region.whole((z, y, x)), values)
        return maps

    @property
    def shape(self) -> Index3:
        """Size (z, y, x)."""
        return self.arrays[0].shape

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""
        return sum(array.nbytes for array in self.arrays)

    @property
    def pending(self) -> bool:
        """They are there."""
        return False

    def read(self, region: Region) -> NDArray[np.float32]:
        """The maps in a box."""
        out = np.empty((len(self.channels), *region.shape), np.float32)
        for values, array in zip(out, self.arrays, strict=True):
            values[...] = array.read(region)
        return out

    def write(self, region: Region, values: NDArray[np.floating]) -> None:
        """Replace the maps in a box."""
        for array, part in zip(self.arrays, values, strict=True):
            array.write(region, part)

    def select(self, slices: Sequence[int]) -> VoxelMaps:
        """Only some slices."""
        _, height, width = self.shape
        chosen = [self.read(Region((z, 0, 0), (z + 1, height, width))) for z in slices]
        return VoxelMaps.of(self.channels, np.concatenate(chosen, axis=1))

    def close(self) -> None:
        """Give the space back."""
        for array in self.arrays:
            array.close()
