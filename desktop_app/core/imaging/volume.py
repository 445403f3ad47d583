"""Images of any size, read piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UserError
from desktop_app.core.imaging.reading import AS_STATED, ImageReading
from desktop_app.core.imaging.region import Index3, Plane, Region
from desktop_app.core.imaging.resolutions import Resolution
from desktop_app.core.imaging.times import even_step
from desktop_app.core.imaging.voxel_size import VoxelSize
from desktop_app.core.imaging.voxel_source import ArraySource, VoxelSource

Affine: TypeAlias = tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Movie:
    """The time points of an image; each is opened when it is asked for.

    Attributes:
        count: How many there are.
        source: The voxels of a time point, counted from 0.
        step: Seconds from one to the next; None where the file does not state them.
    """

    count: int
    source: Callable[[int], VoxelSource]
    step: float | None = None


@dataclass(frozen=True, slots=True)
class Volume:
    """An image with axes (C)ZYX, a voxel size and a name; its voxels stay on disk until asked for.

    Of a movie it is one time point, and gives the others by ``at_time``: whoever works on one time point need not know
    that there are more.

    Attributes:
        source: Where voxels come from.
        voxel_size: Edges of a voxel.
        name: Shown to the user, usually the file's stem.
        path: The file, None for arrays made in memory.
        channel_names: One per channel; empty where unknown.
        axes: The axes as the file has them, for example ``ZYX``, ``YX`` or ``TCZYX``; results are written the same way.
        rgb: True if the three channels are the colours of one picture.
        notes: Sentences on how the file was read that the user should see, for example that only the first of several
            images is used.
        affine: Where a scanner says that the image lies: a 4 × 4 matrix (rows) from voxel indices (x, y, z, 1) to
            millimetres; None where there is no such space. Labels of the image are written with it.
        movie: All its time points; None where there is one.
        time: Which time point this is.
        reading: What the user said of the file when it was opened.
        stored_axes: All axes that the file has, as they are understood without what the user said, one letter each;
            empty where they cannot be corrected.
        stored_shape: The length of each.
        smaller: The same image with fewer voxels, where its file has that, from the largest to the smallest.
    """

    source: VoxelSource
    voxel_size: VoxelSize = field(default_factory=VoxelSize.unknown)
    name: str = ""
    path: Path | None = None
    channel_names: tuple[str, ...] = ()
    axes: str = "ZYX"
    rgb: bool = False
    notes: tuple[str, ...] = ()
    affine: Affine | None = None
    movie: Movie | None = None
    time: int = 0
    reading: ImageReading = AS_STATED
    stored_axes: str = ""
    stored_shape: tuple[int, ...] = ()
    smaller: tuple[Resolution, ...] = ()

    @classmethod
    def from_array(cls, array: NDArray[Any], **details: Any) -> Volume:
        """A volume over an array (Y, X), (Z, Y, X) or (C, Z, Y, X)."""
        axes = {2: "YX", 3: "ZYX", 4: "CZYX"}.get(array.ndim)
        if axes is None:
            raise ValueError(f"Expected 2 to 4 dimensions, got {array.ndim}")
        full = array.reshape((1,) * (4 - array.ndim) + array.shape)
        return cls(ArraySource(full), **{"axes": axes, **details})

    @classmethod
    def of_times(cls, array: NDArray[Any], *, step: float | None = None, **details: Any) -> Volume:
        """A movie over an array (T, C, Z, Y, X), ``step`` seconds from one time point to the next."""
        count = array.shape[0]
        movie = Movie(count, partial(_at_time, array), step) if count > 1 else None
        return cls(ArraySource(array[0]), movie=movie, **{"axes": "TCZYX", **details})

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled without the smaller resolutions: sources are opened anew from their path, in full resolution."""
        kept = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "smaller"}
        return partial(Volume, **kept), ()

    @property
    def shape(self) -> Index3:
        """(Z, Y, X)."""
        return self.source.shape[1:]

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self.source.shape[0]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a voxel."""
        return self.source.dtype

    @property
    def is_2d(self) -> bool:
        """Whether there is just one slice."""
        return self.shape[0] == 1

    @property
    def nbytes(self) -> int:
        """Bytes of all voxels of this time point if they were in memory."""
        return int(np.prod(self.source.shape, dtype=np.int64)) * self.dtype.itemsize

    @property
    def times(self) -> int:
        """Number of time points."""
        return 1 if self.movie is None else self.movie.count

    def at_time(self, time: int) -> Volume:
        """The same image at another time point, counted from 0.

        Raises:
            IndexError: If there is no such time point.
        """
        if not 0 <= time < self.times:
            raise IndexError(f"Time point {time} of {self.times}")
        return self if self.movie is None else replace(self, source=self.movie.source(time), time=time)

    def at_times(self, times: Sequence[int]) -> Volume:
        """Some of the time points, counted from 0, as a movie of their own; a single one is an image without time.

        The time from one to the next is kept where it is everywhere the same.

        Raises:
            IndexError: If there is no such time point.
        """
        first = self.at_time(times[0])
        if self.movie is None or len(times) == 1:
            return first.alone()
        if outside := [time for time in times if not 0 <= time < self.times]:
            raise IndexError(f"Time point {outside[0]} of {self.times}")
        chosen, distance = tuple(times), even_step(times)
        step = None if self.movie.step is None or distance is None else self.movie.step * distance
        movie = Movie(len(chosen), partial(_chosen, self.movie.source, chosen), step)
        smaller = tuple(replace(one, source=partial(_chosen, one.source, chosen)) for one in self.smaller)
        return replace(first, movie=movie, time=0, smaller=smaller)

    def at_resolution(self, number: int) -> VoxelSource:
        """The voxels of this time point: 0 in full, from 1 on of ``smaller``."""
        return self.source if number == 0 else self.smaller[number - 1].source(self.time)

    def each_time(self) -> Iterator[Volume]:
        """The image at all its time points, from the first to the last."""
        return (self.at_time(time) for time in range(self.times))

    @property
    def time_used(self) -> tuple[str, ...]:
        """A sentence for who uses this time point alone; nothing where there is one."""
        return () if self.times == 1 else (f"It has {self.times} time points; time point {self.time + 1} is used.",)

    def alone(self) -> Volume:
        """This time point as an image without any other: what belongs to it is no movie either."""
        return replace(self, movie=None, axes=self.axes.replace("T", ""))

    def read(self, region: Region | None = None, channel: int = 0) -> NDArray[Any]:
        """The voxels (Z, Y, X) of one channel; the whole volume without a region."""
        return self.source.read(channel, region or Region.whole(self.shape))

    def read_channels(self, region: Region | None = None) -> NDArray[Any]:
        """The voxels (C, Z, Y, X) of all channels in ``region``."""
        return np.stack([self.read(region, c) for c in range(self.channels)])

    def plane(self, plane: Plane, depth: int, channel: int = 0) -> NDArray[Any]:
        """The picture (rows, columns) of one slice, C-contiguous."""
        return squeeze_slab(self.read(plane.slab(self.shape, depth), channel), plane)

    def with_voxel_size(self, voxel_size: VoxelSize) -> Volume:
        """The same voxels with another size."""
        return replace(self, voxel_size=voxel_size)


def _chosen(source: Callable[[int], VoxelSource], chosen: tuple[int, ...], time: int) -> VoxelSource:
    return source(chosen[time])


def _at_time(array: NDArray[Any], time: int) -> VoxelSource:
    return ArraySource(array[time])


def counted_channels(count: int) -> str:
    """So many channels, in words."""
    return "1 channel" if count == 1 else f"{count} channels"


def missing_channel(name: str, channel: int, channels: int, *, first: int = 0) -> UserError:
    """An image does not have a channel that was asked for.

    Args:
        name: Of the image.
        channel: What was asked for, counted from ``first``.
        channels: How many there are.
        first: The number of the first channel where it was asked for.
    """
    return UserError(
        f"{name} has no channel {channel}: it has {counted_channels(channels)}, counted from {first}.",
        hint="Choose other channels.",
    )


def squeeze_slab(slab: NDArray[Any], plane: Plane) -> NDArray[Any]:
    """A one-slice slab (Z, Y, X) as the picture (rows, columns) of ``plane``, C-contiguous."""
    picture = slab[tuple(0 if axis == plane.depth_axis else slice(None) for axis in range(3))]
    return np.ascontiguousarray(picture.T if plane.transposed else picture)
