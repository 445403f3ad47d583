"""Where voxels come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.region import Region


class VoxelSource(Protocol):
    """Where the voxels of one time point come from: a file opened lazily, or an array.

    ``shape`` is always (C, Z, Y, X); a 2D image has Z = 1, a grey image C = 1.
    """

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(C, Z, Y, X)."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a voxel, in native byte order."""

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        """The voxels of one channel in ``region`` as a C-contiguous (Z, Y, X) array.

        Raises:
            UnreadableFileError: If the file is cut off or gone.
        """


@dataclass(frozen=True, slots=True)
class ArraySource:
    """An array (C, Z, Y, X) in memory."""

    array: NDArray[Any]

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(C, Z, Y, X)."""
        c, z, y, x = self.array.shape
        return c, z, y, x

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a voxel."""
        return self.array.dtype

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        """The voxels of one channel in ``region``."""
        return np.ascontiguousarray(self.array[channel][region.slices])
