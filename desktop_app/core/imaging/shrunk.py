"""Volumes at a lower magnification within the slices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.region import Region
from desktop_app.core.imaging.volume import Volume, VoxelSource
from desktop_app.core.imaging.voxel_size import VoxelSize


@dataclass(frozen=True, slots=True)
class ShrunkSource:
    """A volume with ``factor`` x ``factor`` pixels made one; slices stay, and pixels beyond the last whole square go.

    Attributes:
        fine: The volume.
        factor: 2 or more.
        labels: Whether the middle pixel is taken instead of the mean, since labels are never mixed.
    """

    fine: VoxelSource
    factor: int
    labels: bool = False

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(C, Z, Y, X)."""
        channels, z, y, x = self.fine.shape
        return channels, z, y // self.factor, x // self.factor

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a voxel, as in the fine volume."""
        return self.fine.dtype

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        """The voxels (Z, Y, X) of one channel in ``region``."""
        voxels = self.fine.read(channel, enlarged(region, self.factor))
        z, y, x = region.shape
        squares = voxels.reshape(z, y, self.factor, x, self.factor)
        if self.labels:
            middle: NDArray[Any] = squares[:, :, self.factor // 2, :, self.factor // 2]
            return middle
        means = squares.mean(axis=(2, 4), dtype=np.float32)
        return means if self.dtype.kind == "f" else np.rint(means).astype(self.dtype)


def shrunk(volume: Volume, factor: int, *, labels: bool = False) -> Volume:
    """A volume at a lower magnification: ``(Z, Y // factor, X // factor)``, with its voxel size.

    Args:
        volume: Any.
        factor: 1 leaves it as it is.
        labels: Whether voxels are labels, which are picked, never averaged.
    """
    if factor == 1:
        return volume
    size = shrunk_size(volume.voxel_size, factor)
    return replace(volume, source=ShrunkSource(volume.source, factor, labels), voxel_size=size, affine=None)


def shrunk_size(size: VoxelSize, factor: int) -> VoxelSize:
    """The voxel size at a lower magnification."""
    return size.model_copy(update={"y": size.y * factor, "x": size.x * factor}) if size.known else size


def enlarged(region: Region, factor: int) -> Region:
    """The box of the fine volume that a box of the shrunk one stands for."""
    (z, y, x), (z_stop, y_stop, x_stop) = region.start, region.stop
    return Region((z, y * factor, x * factor), (z_stop, y_stop * factor, x_stop * factor))


def reduced(region: Region, factor: int) -> Region:
    """The box of the shrunk volume that lies wholly inside a box of the fine one."""
    (z, y, x), (z_stop, y_stop, x_stop) = region.start, region.stop
    start = (z, -(-y // factor), -(-x // factor))
    return Region(start, (z_stop, max(start[1], y_stop // factor), max(start[2], x_stop // factor)))
