"""Label files for formats whose type must be known before the first voxel is written.

The slices wait, packed, in a temporary file until the largest number is known; then the image writer of the format
writes them.
"""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from desktop_app.core.imaging import Movie, Region, Volume, VoxelSource
from desktop_app.io.images.image_format import LabelSink
from desktop_app.io.images.label_dtype import widened

_LEVEL = 1  # of zlib: labels are mostly background, and are read once

Write = Callable[[Path, VoxelSource, Volume], None]


@contextmanager
def spooled_labels(
    write: Write, path: Path, like: Volume, dtype: np.dtype[Any], smallest: DTypeLike = np.uint8
) -> Iterator[LabelSink]:
    """A label sink over the image writer of a format.

    Args:
        write: Writes an image.
        path: The file.
        like: The image that the labels belong to.
        dtype: First guess of the type.
        smallest: The narrowest type that the format has for labels.
    """
    with tempfile.TemporaryFile(dir=path.parent) as spool:
        labels = SpooledLabels(spool, like, max(dtype, np.dtype(smallest), key=lambda kind: kind.itemsize))
        yield labels
        volume = labels.volume()
        write(path, volume.source, volume)


@dataclass(frozen=True, slots=True)
class _Packed:
    offset: int
    length: int
    dtype: np.dtype[Any]


class SpooledLabels:
    """Slices that wait in a temporary file.

    Args:
        spool: The file, open for reading and writing.
        like: The image that the labels belong to: shape, time points, voxel size, place.
        dtype: First guess of the type.
    """

    def __init__(self, spool: IO[bytes], like: Volume, dtype: np.dtype[Any]) -> None:
        self._spool, self._like, self._dtype = spool, like, dtype
        self._pictures: list[_Packed] = []
        self._last: tuple[_Packed, NDArray[Any]] | None = None

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the labels so far."""
        return self._dtype

    def append(self, values: NDArray[Any]) -> None:
        """Keep the next slices (Z, Y, X)."""
        self._dtype = widened(self._dtype, values)
        for picture in values:
            packed = zlib.compress(np.ascontiguousarray(picture, self._dtype).data, _LEVEL)
            self._pictures.append(_Packed(self._spool.tell(), len(packed), self._dtype))
            self._spool.write(packed)

    def volume(self) -> Volume:
        """All slices as an image of the final type, with time points, size and place of the image they belong to."""
        like = self._like
        axes = "".join(letter for letter in like.axes if letter not in "CS")
        movie = None if like.movie is None else Movie(like.times, self._at, like.movie.step)
        return replace(like, source=self._at(0), channel_names=(), rgb=False, axes=axes, movie=movie, time=0, notes=())

    def picture(self, number: int) -> NDArray[Any]:
        """One slice (Y, X), counted through all time points."""
        packed = self._pictures[number]
        if self._last is None or self._last[0] is not packed:
            self._spool.seek(packed.offset)
            data = zlib.decompress(self._spool.read(packed.length))
            values = np.frombuffer(data, packed.dtype).reshape(self._like.shape[1:])
            self._last = (packed, values.astype(self._dtype))
        return self._last[1]

    def _at(self, time: int) -> VoxelSource:
        return _SpooledSource(self, (1, *self._like.shape), self._dtype, time * self._like.shape[0])


@dataclass(frozen=True, slots=True)
class _SpooledSource:
    labels: SpooledLabels
    shape: tuple[int, int, int, int]
    dtype: np.dtype[Any]
    first: int

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        """The labels (Z, Y, X) in ``region``."""
        rows, columns = region.slices[1:]
        numbers = range(self.first + region.start[0], self.first + region.stop[0])
        return np.stack([self.labels.picture(n)[rows, columns] for n in numbers])
