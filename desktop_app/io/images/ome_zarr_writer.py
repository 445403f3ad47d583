"""OME-Zarr arrays, and label images written slab by slab (OME-NGFF 0.4, which most viewers read)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numcodecs import Blosc, Zstd  # type: ignore[import-untyped]
from numpy.typing import NDArray
from zarr.codecs import BloscCodec, ZstdCodec

from desktop_app.core.imaging import Volume, VoxelSize
from desktop_app.io.atomic import intended_name
from desktop_app.io.images.image_format import LabelSink
from desktop_app.io.images.label_dtype import widened
from desktop_app.io.images.ome_zarr_metadata import DescribedImage, attributes

CHUNK = (16, 256, 256)
"""Voxels (z, y, x): 2 MB of 16 bits, read whole in some ms in each of the three planes."""
COPY_CHUNK = (16, 128, 128)
"""Voxels (z, y, x) of copies for browsing: a slice from above unpacks 16 times its pixels, one from either side 128.

Read through 2048 x 2048 x 500 voxels, xz and yz take alike; (16, 64, 256) made yz take five times as long as xz."""
_COPY_CODEC = Blosc(cname="lz4", clevel=1, shuffle=Blosc.SHUFFLE)  # unpacks some GB a second, zstd a tenth of that
_IMAGE_CODEC = Blosc(cname="zstd", clevel=3, shuffle=Blosc.SHUFFLE)
_LABEL_CODEC = Zstd(level=1)


def create_array(
    path: Path, axes: str, shape: tuple[int, ...], chunks: tuple[int, ...], dtype: np.dtype[Any],
    voxel_size: VoxelSize, extra: dict[str, Any], time_step: float | None = None,
) -> zarr.Array[Any]:  # fmt: skip
    """A new OME-Zarr group with one empty array ``0``.

    Args:
        path: The folder, new or empty.
        axes: Letters of the array's axes.
        shape: Its shape.
        chunks: Shape of a chunk.
        dtype: Type of a voxel.
        voxel_size: Written as scale and unit where known.
        extra: Further attributes of the group, for example ``image-label``.
        time_step: Seconds between time points, where known.
    """
    group = zarr.open_group(str(path), mode="a", zarr_format=2)
    array = new_array(group, "0", axes, shape, chunks, dtype, labels="image-label" in extra)
    told = DescribedImage(intended_name(path), axes, voxel_size, time_step, extra=extra)
    group.attrs.update(attributes(told, "0.4"))
    return array


def new_array(
    group: zarr.Group, name: str, axes: str, shape: tuple[int, ...], chunks: tuple[int, ...], dtype: np.dtype[Any],
    *, labels: bool = False, shards: int = 0, fast: bool = False,
) -> zarr.Array[Any]:  # fmt: skip
    """A new array in a group, in the version of the group.

    Args:
        group: Of the image.
        name: Of the array.
        axes: Letters of its axes.
        shape: Its shape.
        chunks: Shape of a chunk; it is cut to the shape.
        dtype: Type of a voxel.
        labels: Whether it holds labels, which pack better in another way.
        fast: Whether unpacking matters more than size.
        shards: How many chunks along rows and columns go into one file; 0: each is a file (and has to be in version 2).
    """
    dtype = np.dtype(dtype.str)  # of the types of one width the one that Zarr knows
    chunks = tuple(max(1, min(c, n)) for c, n in zip(chunks, shape, strict=True))
    codec = _LABEL_CODEC if labels else _COPY_CODEC if fast else _IMAGE_CODEC
    if group.metadata.zarr_format == 2:
        return group.create_array(
            name, shape=shape, chunks=chunks, dtype=dtype, compressors=codec,
            fill_value=0, chunk_key_encoding={"name": "v2", "separator": "/"},
        )  # fmt: skip
    # Of 9 levels of Blosc 3 is where more time saves little, of labels hardly any; a judgement.
    packed = ZstdCodec(level=1) if labels else BloscCodec(cname="zstd", clevel=3, shuffle="shuffle")
    edges = (*(1 for _ in chunks[:-2]), shards, shards) if shards else None
    sharded = None if edges is None else tuple(c * e for c, e in zip(chunks, edges, strict=True))
    return group.create_array(
        name, shape=shape, chunks=chunks, shards=sharded, dtype=dtype, compressors=packed, fill_value=0,
        dimension_names=list(axes.lower()),
    )  # fmt: skip


@contextmanager
def zarr_labels(path: Path, like: Volume, dtype: np.dtype[Any]) -> Iterator[LabelSink]:
    """Labels as an OME-Zarr label image; chunks are written when they are full, the last ones at the end."""
    labels = ZarrLabels(path, like, dtype)
    yield labels
    labels.finish()


class ZarrLabels:
    """A label image that grows chunk by chunk.

    Args:
        path: The new, empty folder.
        like: The image that the labels belong to: shape, time points and voxel size.
        dtype: First guess of the type. It holds where all slices fit into one row of chunks; else the type is uint32,
            because the first chunks are written before the largest number is known.
    """

    def __init__(self, path: Path, like: Volume, dtype: np.dtype[Any]) -> None:
        self._path, self._like, self._dtype, self._next = path, like, dtype, 0
        self._array: zarr.Array[Any] | None = None
        self._waiting: list[NDArray[Any]] = []

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the file so far."""
        return np.dtype(np.uint32) if self._array is not None else self._dtype

    def append(self, values: NDArray[Any]) -> None:
        """Write the next slices (Z, Y, X), all of one time point."""
        self._dtype = widened(self._dtype, values)
        self._waiting.append(values.astype(np.uint32))
        while (count := sum(len(v) for v in self._waiting)) >= CHUNK[0] or (count and count == self._left_of_time):
            block = np.concatenate(self._waiting)
            self._store(block[: CHUNK[0]])
            self._waiting = [block[CHUNK[0] :]] if len(block) > CHUNK[0] else []

    def finish(self) -> None:
        """Write what is left."""
        if self._waiting:
            self._store(np.concatenate(self._waiting))

    @property
    def _left_of_time(self) -> int:
        """Slices of the time point that are not stored."""
        slices = self._like.shape[0]
        return slices - self._next % slices

    def _store(self, block: NDArray[np.uint32]) -> None:
        if self._array is None:
            self._array = self._made(whole=len(block) == self._like.shape[0] and self._like.times == 1)
        time, first = divmod(self._next, self._like.shape[0])
        where = (time,) if self._like.times > 1 else ()
        self._array[(*where, slice(first, first + len(block)))] = block.astype(self._array.dtype)
        self._next += len(block)

    def _made(self, *, whole: bool) -> zarr.Array[Any]:
        like, dtype = self._like, self._dtype if whole else np.dtype(np.uint32)
        extra = {"image-label": {"version": "0.4"}}
        axes, shape, chunks = "ZYX", like.shape, CHUNK
        if like.movie is None:
            return create_array(self._path, axes, shape, chunks, dtype, like.voxel_size, extra)
        movie = (like.times, *shape), (1, *chunks)
        return create_array(self._path, "T" + axes, *movie, dtype, like.voxel_size, extra, like.movie.step)
