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


def means(pictures: NDArray[Any], scale: int) -> NDArray[Any]:
    """Pictures ``(…, H, W)`` averaged over squares: ``(…, ceil(H / n), ceil(W / n)) float32``; with 1, as they are."""
    if scale == 1:
        return pictures
    squares = _squares(pictures, scale)
    averages: NDArray[np.float32] = squares.mean(axis=(-3, -1), dtype=np.float32)
    return averages


def majorities(labels: NDArray[Any], scale: int) -> NDArray[Any]:
    """The label that most pixels of each square of pictures ``(…, H, W)`` have; of several the highest.

    Labels are never mixed. A single pixel of each square would do only where the square has one in its middle, which
    squares of an even number of pixels have not: outlines would move by half a pixel. The highest of several, and not
    the background, keeps lines of half a square's width.
    """
    if scale == 1:
        return labels
    squares = np.swapaxes(_squares(labels, scale), -3, -2)
    flat = squares.reshape(*squares.shape[:-2], scale**2)
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
class LabelsAtScale:
    """A label volume with squares of ``scale`` x ``scale`` pixels made one; slices stay.

    Attributes:
        fine: The volume.
        scale: 2 or more.
    """

    fine: VoxelSource
    scale: int

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(C, Z, Y, X)."""
        channels, z, y, x = self.fine.shape
        return channels, *shape_at_scale((z, y, x), self.scale)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a voxel, as in the fine volume."""
        return self.fine.dtype

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        """The voxels (Z, Y, X) of one channel in ``region``."""
        found = np.empty(region.shape, self.dtype)
        box = enlarged(region, self.scale, self.fine.shape[1:])
        for z, picture in enumerate(found):
            one = Region((box.start[0] + z, *box.start[1:]), (box.start[0] + z + 1, *box.stop[1:]))
            picture[...] = majorities(self.fine.read(channel, one)[0], self.scale)
        return found


def labels_at_scale(volume: Volume, scale: int) -> Volume:
    """Labels as large as an image is after ``means``, with their voxel size."""
    if scale == 1:
        return volume
    size = voxel_size_at_scale(volume.voxel_size, scale)
    return replace(volume, source=LabelsAtScale(volume.source, scale), voxel_size=size, affine=None)


def voxel_size_at_scale(size: VoxelSize, scale: int) -> VoxelSize:
    """The voxel size at a scale."""
    return size.model_copy(update={"y": size.y * scale, "x": size.x * scale}) if size.known else size


def shape_at_scale(shape: Index3, scale: int) -> Index3:
    """(z, y, x) at a scale."""
    z, y, x = shape
    return z, -(-y // scale), -(-x // scale)


def enlarged(region: Region, scale: int, shape: Index3) -> Region:
    """The box of a fine volume of that shape that a box of the one at a scale stands for."""
    (z, y, x), (z_stop, y_stop, x_stop) = region.start, region.stop
    stop = (z_stop, min(y_stop * scale, shape[1]), min(x_stop * scale, shape[2]))
    return Region((z, y * scale, x * scale), stop)


def reduced(region: Region, scale: int, shape: Index3) -> Region:
    """The box of the volume at a scale that sees nothing outside a box of the fine one, which has that shape."""
    start = (region.start[0], -(-region.start[1] // scale), -(-region.start[2] // scale))
    rows, columns = (
        -(-stop // scale) if stop == size else stop // scale
        for stop, size in zip(region.stop[1:], shape[1:], strict=True)
    )
    return Region(start, (region.stop[0], max(start[1], rows), max(start[2], columns)))
