"""Volumes that tell how much of them has been read, and stop where the user asks for it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Movie, Region, Volume, VoxelSource
from desktop_app.core.job import JobContext, Progress


class Reader:
    """Counts the voxels that are read.

    Args:
        ctx: For progress and cancelling.
        total: Voxels that will be read.
        message: Shown beside the progress.
    """

    def __init__(self, ctx: JobContext, total: int, message: str) -> None:
        self._ctx, self._total, self._message, self._done = ctx, total, message, 0

    def read(self, source: VoxelSource, channel: int, region: Region) -> NDArray[Any]:
        """Voxels of a source.

        Raises:
            JobCancelled: If the user has asked to stop.
        """
        self._ctx.raise_if_cancelled()
        block = source.read(channel, region)
        self._done += block.size
        self._ctx.report(Progress(min(self._done, self._total), self._total, self._message))
        return block


@dataclass(frozen=True, slots=True)
class WatchedSource:
    """The voxels of a source, counted as they are read."""

    source: VoxelSource
    reader: Reader

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(C, Z, Y, X)."""
        return self.source.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a voxel."""
        return self.source.dtype

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        """The voxels (Z, Y, X) of one channel in ``region``."""
        return self.reader.read(self.source, channel, region)


def watched(volume: Volume, ctx: JobContext, message: str) -> Volume:
    """The same volume, which reports progress while it is read once from front to back."""
    reader = Reader(ctx, math.prod(volume.source.shape) * volume.times, message)
    movie = volume.movie
    if movie is not None:
        source = movie.source
        movie = Movie(movie.count, lambda time: WatchedSource(source(time), reader), movie.step)
    return replace(volume, source=WatchedSource(volume.source, reader), movie=movie)
