"""All voxels of an image, block by block, in the order in which files hold them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Region, Volume, VoxelSource

_BLOCK_BYTES = 16 * 2**20  # of some slices read together: large enough for a disk, small beside any memory


def time_points(source: VoxelSource, like: Volume) -> list[VoxelSource]:
    """The voxels of each time point: of ``source`` alone, or of all of a movie."""
    return [source] if like.movie is None else [volume.source for volume in like.each_time()]


def blocks(source: VoxelSource, channel: int) -> Iterator[NDArray[Any]]:
    """The voxels (Z, Y, X) of all slices of one channel of a time point, in slabs."""
    _, slices, rows, columns = source.shape
    step = slab_slices(source)
    for start in range(0, slices, step):
        yield source.read(channel, Region((start, 0, 0), (min(start + step, slices), rows, columns)))


def color_blocks(source: VoxelSource) -> Iterator[NDArray[Any]]:
    """The voxels (Z, Y, X, C) of all slices of a time point in slabs: the colours of a pixel beside each other."""
    channels, slices, rows, columns = source.shape
    step = slab_slices(source)
    for start in range(0, slices, step):
        region = Region((start, 0, 0), (min(start + step, slices), rows, columns))
        yield np.stack([source.read(channel, region) for channel in range(channels)], axis=-1)


def slab_slices(source: VoxelSource) -> int:
    """How many slices are read together."""
    _, _, rows, columns = source.shape
    return max(1, _BLOCK_BYTES // max(1, rows * columns * source.dtype.itemsize))
