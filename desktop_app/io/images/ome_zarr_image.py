"""OME-Zarr images written slab by slab, with smaller resolutions for programs that show large images."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from desktop_app.core.imaging import Region, Volume, VoxelSize, VoxelSource
from desktop_app.io.atomic import intended_name
from desktop_app.io.images.ome_zarr_metadata import DescribedImage, Version, attributes, display
from desktop_app.io.images.ome_zarr_writer import CHUNK, COPY_CHUNK, new_array
from desktop_app.io.images.volume_blocks import time_points

_SMALL_ENOUGH = 1024  # px: a resolution that fits a screen needs no smaller one
_MOST_HALVINGS = 4  # of slices: 16, a slab, is then one
_FLAT = 1.5  # slices are halved while they are at most this much further apart than pixels
_LARGE_SLICE = 256 * 2**20  # bytes; slices beyond are cut into parts, and stand in chunks of their own
_FLAT_CHUNK = (1, 1024, 1024)  # voxels (z, y, x): 2 MB of 16 bits, of which one slice needs few
_SHARD = 4  # chunks along rows and columns of a shard: 32 MB of 16 bits, so that 20 GB are some 600 files


def write_image(
    path: Path, source: VoxelSource, like: Volume, version: Version = "0.4", *, pyramid: bool = True
) -> None:
    """Write an image ((T)(C)ZYX: C for several channels, T for a movie) into a new folder.

    Args:
        path: The folder, new or empty.
        source: Voxels (C, Z, Y, X) of the first time point.
        like: Gives voxel size, channel names, time points, and whether the channels are colours.
        version: Of OME-NGFF: 0.4, which most programs read, or 0.5, whose shards make few files.
        pyramid: Whether an image wider than a screen is written in smaller resolutions, too.
    """
    image = _Image.made(path, source, like, version, pyramid=pyramid)
    for time, point in enumerate(time_points(source, like)):
        for region in _slabs(source.shape[1:], image.chunk, source.dtype.itemsize):
            for channel in range(source.shape[0]):
                image.store(time, channel, region, point.read(channel, region))


def write_copy(path: Path, source: VoxelSource, like: Volume, begin: int, done: Callable[[int, int], None]) -> None:
    """Write an image in small pieces that are quick to unpack, every piece, in all resolutions; goes on after a break.

    Args:
        path: The folder, new or as an earlier call has left it.
        source: Voxels (C, Z, Y, X) of the first time point.
        like: As for ``write_image``.
        begin: How many parts are written already.
        done: Told after each part how many are written, and of how many; may raise to stop.
    """
    image = _Image.made(path, source, like, "0.4", fast=True, again=begin > 0)
    parts = [
        (time, region, channel)
        for time in range(like.times)
        for region in _slabs(source.shape[1:], image.chunk, source.dtype.itemsize)
        for channel in range(source.shape[0])
    ]
    points = time_points(source, like)
    for number, (time, region, channel) in enumerate(parts[begin:], start=begin + 1):
        image.store(time, channel, region, points[time].read(channel, region))
        done(number, len(parts))


def _slabs(shape: tuple[int, int, int], chunk: tuple[int, int, int], itemsize: int) -> Iterator[Region]:
    """Slices by the row of chunks; of large slices parts, so that memory stays bounded."""
    slices, rows, columns = shape
    strip = rows
    while chunk[0] * strip * columns * itemsize > _LARGE_SLICE and strip > chunk[1]:
        strip = max(chunk[1], -(-strip // 2 // chunk[1]) * chunk[1])
    for z, y in itertools.product(range(0, slices, chunk[0]), range(0, rows, strip)):
        yield Region((z, y, 0), (min(z + chunk[0], slices), min(y + strip, rows), columns))


def level_factors(shape: tuple[int, int, int], size: VoxelSize) -> list[tuple[int, int, int]]:
    """By resolution, how many voxels (z, y, x) of the first make up one; the first is (1, 1, 1)."""
    factors = [(1, 1, 1)]
    while max(math.ceil(n / f) for n, f in zip(shape[1:], factors[-1][1:], strict=True)) > _SMALL_ENOUGH:
        z, y, x = factors[-1]
        halved = size.known and size.z * z <= _FLAT * size.x * x and z < 2**_MOST_HALVINGS and shape[0] > z
        factors.append((2 * z if halved else z, 2 * y, 2 * x))
    return factors


@dataclass(frozen=True, slots=True)
class _Image:
    """The arrays of all resolutions of an image that is being written."""

    axes: str
    chunk: tuple[int, int, int]
    factors: list[tuple[int, int, int]]
    levels: list[zarr.Array[Any]]

    @classmethod
    def made(
        cls, path: Path, source: VoxelSource, like: Volume, version: Version, *, pyramid: bool = True,
        fast: bool = False, again: bool = False,
    ) -> _Image:  # fmt: skip
        """The arrays, empty; or, ``again``, as they were left. ``fast``: for browsing, every piece is written."""
        channels, slices, rows, columns = source.shape
        leading = [(axis, count) for axis, count in (("T", like.times), ("C", channels)) if count > 1]
        axes = "".join(axis for axis, _ in leading) + "ZYX"
        large = rows * columns * source.dtype.itemsize > _LARGE_SLICE
        chunk = _FLAT_CHUNK if large or slices == 1 else COPY_CHUNK if fast else CHUNK
        factors = level_factors(source.shape[1:], like.voxel_size) if pyramid else [(1, 1, 1)]
        step = None if like.movie is None else like.movie.step
        full = tuple((*(1 for _ in leading), *f) for f in factors)
        told = DescribedImage(
            intended_name(path), axes, like.voxel_size, step, full, display(like, channels, source.dtype)
        )
        group = zarr.open_group(str(path), mode="a", zarr_format=2 if version == "0.4" else 3)
        group.attrs.update(attributes(told, version))
        lead, shards = tuple(n for _, n in leading), _SHARD if version == "0.5" else 0
        levels = []
        for number, factor in enumerate(factors):
            inside = tuple(math.ceil(n / f) for n, f in zip(source.shape[1:], factor, strict=True))
            shape, chunks = (*lead, *inside), (*(1 for _ in lead), *chunk)
            if not again:
                new_array(group, str(number), axes, shape, chunks, source.dtype, shards=shards, fast=fast)
            levels.append(zarr.open_array(path / str(number), mode="r+").with_config({"write_empty_chunks": fast}))
        if again:  # an earlier version may have begun it, with chunks of another shape
            chunk = (chunk[0], levels[0].chunks[-2], levels[0].chunks[-1])
        return cls(axes, chunk, factors, levels)

    def store(self, time: int, channel: int, region: Region, block: NDArray[Any]) -> None:
        """Write a block (Z, Y, X) in all resolutions."""
        lead: list[int | slice] = [i for i, axis in ((time, "T"), (channel, "C")) if axis in self.axes]
        before = (1, 1, 1)
        for factor, level in zip(self.factors, self.levels, strict=True):
            block = halved(block, tuple(a // b for a, b in zip(factor, before, strict=True)))
            start = [a // f for a, f in zip(region.start, factor, strict=True)]
            z, y, x = (slice(a, a + n) for a, n in zip(start, block.shape, strict=True))
            level[(*lead, z, y, x)] = block
            before = factor


def halved(block: NDArray[Any], factors: tuple[int, ...]) -> NDArray[Any]:
    """Means of ``factors`` (1 or 2 along z, y, x) neighbours, rounded; what is odd at the end counts twice."""
    for axis, factor in enumerate(factors):
        if factor == 1:
            continue
        if block.shape[axis] % 2:
            block = np.concatenate([block, block.take([-1], axis)], axis)
        first, second = (block[(slice(None),) * axis + (slice(i, None, 2),)] for i in (0, 1))
        if block.dtype.kind == "f":
            block = (first * 0.5 + second * 0.5).astype(block.dtype)
        else:  # without a wider type, so that 64 bits do not overflow either
            block = (first >> 1) + (second >> 1) + (((first & 1) + (second & 1)) >> 1)
    return block
