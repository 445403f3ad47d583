"""Slices with squares of pixels made one, as training and inference show them to a network.

Pixel ``i`` of the result stands for the pixels ``i * n`` to ``i * n + n - 1``; its middle is theirs. A square that
reaches beyond the border sees the outermost pixels again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.region import Index3, Region
from desktop_app.core.imaging.volume import Volume
from desktop_app.core.imaging.voxel_size import VoxelSize
from desktop_app.core.imaging.voxel_source import VoxelSource


def means(pictures: NDArray[Any], downsampling: int) -> NDArray[Any]:
    """Pictures ``(…, H, W)`` averaged over squares: ``(…, ceil(H / n), ceil(W / n)) float32``; with 1, as they are."""
    if downsampling == 1:
        return pictures
    squares = _squares(pictures, downsampling)
    averages: NDArray[np.float32] = squares.mean(axis=(-3, -1), dtype=np.float32)
    return averages


def majorities(labels: NDArray[Any], downsampling: int) -> NDArray[Any]:
    """The label that most pixels of each square of pictures ``(…, H, W)`` have; of several the highest.

    Labels are never mixed. A single pixel of each square would do only where the square has one in its middle, which
    squares of an even number of pixels have not: outlines would move by half a pixel. The highest of several, and not
    the background, keeps lines of half a square's width.
    """
    if downsampling == 1:
        return labels
    squares = np.swapaxes(_squares(labels, downsampling), -3, -2)
    flat = squares.reshape(*squares.shape[:-2], downsampling**2)
    found = flat.max(axis=-1)
    mixed = found != flat.min(axis=-1)
    found[mixed] = _most_frequent(np.sort(flat[mixed], axis=-1))
    return found


def _squares(pictures: NDArray[Any], edge: int) -> NDArray[Any]:
    """``(…, rows, edge, columns, edge)``"""
    height, width = pictures.shape[-2:]
    missing = [(0, 0)] * (pictures.ndim - 2) + [(0, -height % edge), (0, -width % edge)]
    whole = np.pad(pictures, missing, mode="edge") if any(after for _, after in missing) else pictures
    return whole.reshape(*whole.shape[:-2], whole.shape[-2] // edge, edge, whole.shape[-1] // edge, edge)


def _most_frequent(ordered: NDArray[Any]) -> NDArray[Any]:
    """The value with the longest run in each row of ``(N, K)``, whose rows are sorted; of several the last."""
    count, length = ordered.shape
    places = np.arange(length)
    begins = np.zeros((count, length), np.intp)
    begins[:, 1:] = np.where(ordered[:, 1:] != ordered[:, :-1], places[1:], 0)
    so_far = places - np.maximum.accumulate(begins, axis=1)
    last = length - 1 - so_far[:, ::-1].argmax(axis=1)
    values: NDArray[Any] = np.take_along_axis(ordered, last[:, None], axis=1)[:, 0]
    return values


@dataclass(frozen=True, slots=True)
class DownsampledLabels:
    """A label volume with squares of ``downsampling`` x ``downsampling`` pixels made one; slices stay.

    Attributes:
        fine: The volume.
        downsampling: 2 or more.
    """

    fine: VoxelSource
    downsampling: int

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(C, Z, Y, X)."""
        channels, z, y, x = self.fine.shape
        return channels, *downsampled_shape((z, y, x), self.downsampling)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a voxel, as in the fine volume."""
        return self.fine.dtype

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        """The voxels (Z, Y, X) of one channel in ``region``."""
        found = np.empty(region.shape, self.dtype)
        box = enlarged(region, self.downsampling, self.fine.shape[1:])
        for z, picture in enumerate(found):
            one = Region((box.start[0] + z, *box.start[1:]), (box.start[0] + z + 1, *box.stop[1:]))
            picture[...] = majorities(self.fine.read(channel, one)[0], self.downsampling)
        return found


def downsampled_labels(volume: Volume, downsampling: int) -> Volume:
    """Labels as large as an image is after ``means``, with their voxel size."""
    if downsampling == 1:
        return volume
    size = downsampled_size(volume.voxel_size, downsampling)
    return replace(volume, source=DownsampledLabels(volume.source, downsampling), voxel_size=size, affine=None)


def downsampled_size(size: VoxelSize, downsampling: int) -> VoxelSize:
    """The voxel size after downsampling."""
    return size.model_copy(update={"y": size.y * downsampling, "x": size.x * downsampling}) if size.known else size


def downsampled_shape(shape: Index3, downsampling: int) -> Index3:
    """(z, y, x) after downsampling."""
    z, y, x = shape
    return z, -(-y // downsampling), -(-x // downsampling)


def enlarged(region: Region, downsampling: int, shape: Index3) -> Region:
    """The box of a fine volume of that shape that a box of the downsampled one stands for."""
    (z, y, x), (z_stop, y_stop, x_stop) = region.start, region.stop
    stop = (z_stop, min(y_stop * downsampling, shape[1]), min(x_stop * downsampling, shape[2]))
    return Region((z, y * downsampling, x * downsampling), stop)


def reduced(region: Region, downsampling: int, shape: Index3) -> Region:
    """The box of the downsampled volume that sees nothing outside a box of the fine one, which has that shape."""
    start = (region.start[0], -(-region.start[1] // downsampling), -(-region.start[2] // downsampling))
    rows, columns = (
        -(-stop // downsampling) if stop == size else stop // downsampling
        for stop, size in zip(region.stop[1:], shape[1:], strict=True)
    )
    return Region(start, (region.stop[0], max(start[1], rows), max(start[2], columns)))
