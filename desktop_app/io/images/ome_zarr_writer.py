"""OME-Zarr images and labels written slab by slab (OME-NGFF 0.4, which most viewers read).

The metadata are written and read as plain JSON: the models of ome-zarr-models refuse what other programs leave out,
where an image should still open, and hold the program to older releases of pydantic.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numcodecs import Blosc, Zstd  # type: ignore[import-untyped]
from numpy.typing import NDArray

from desktop_app.core.imaging import Region, Volume, VoxelSize, VoxelSource
from desktop_app.io.images.image_format import LabelSink
from desktop_app.io.images.label_dtype import widened

_UNITS = {"nm": "nanometer", "µm": "micrometer", "mm": "millimeter"}
_CHUNK = (16, 256, 256)  # voxels (z, y, x): 2 MB of 16 bits, read whole in some ms in each of the three planes
_IMAGE_CODEC = Blosc(cname="zstd", clevel=3, shuffle=Blosc.SHUFFLE)
_COLOURS = ("00FF00", "FF00FF", "00FFFF", "FFFF00", "FF0000", "0000FF")
_LABEL_CODEC = Zstd(level=1)
_TYPES = {"T": "time", "Z": "space", "Y": "space", "X": "space", "C": "channel"}


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
    dtype = np.dtype(dtype.str)  # of the types of one width the one that Zarr knows
    group = zarr.open_group(str(path), mode="a", zarr_format=2)
    array = group.create_array(
        "0", shape=shape, chunks=tuple(max(1, min(c, n)) for c, n in zip(chunks, shape, strict=True)), dtype=dtype,
        compressors=_LABEL_CODEC if "image-label" in extra else _IMAGE_CODEC, fill_value=0,
        chunk_key_encoding={"name": "v2", "separator": "/"},
    )  # fmt: skip
    group.attrs.update({"multiscales": [_multiscale(path, axes, voxel_size, time_step)], **extra})
    return array


def _multiscale(path: Path, axes: str, voxel_size: VoxelSize, time_step: float | None) -> dict[str, Any]:
    edges = {**dict(zip("ZYX", voxel_size.zyx, strict=True)), **({} if time_step is None else {"T": time_step})}
    units = dict.fromkeys("ZYX", _UNITS[voxel_size.unit]) if voxel_size.known else {}
    units |= {} if time_step is None else {"T": "second"}
    listed = [{"name": a.lower(), "type": _TYPES[a], **({"unit": units[a]} if a in units else {})} for a in axes]
    scale = [edges.get(a, 1.0) for a in axes]
    transformations = [{"type": "scale", "scale": scale}]
    return {
        "version": "0.4", "name": path.name.removesuffix(".ome.zarr"), "axes": listed,
        "datasets": [{"path": "0", "coordinateTransformations": transformations}],
    }  # fmt: skip


def write_image(path: Path, source: VoxelSource, like: Volume) -> None:
    """Write an image ((T)(C)ZYX: C for several channels, T for a movie) into a new folder, slab by slab."""
    channels, slices, rows, columns = source.shape
    leading = [(axis, count) for axis, count in (("T", like.times), ("C", channels)) if count > 1]
    axes = "".join(axis for axis, _ in leading) + "ZYX"
    shape, chunks = (*(n for _, n in leading), *source.shape[1:]), (*(1 for _ in leading), *_CHUNK)
    names = (
        like.channel_names
        if len(like.channel_names) == channels
        else tuple(f"Channel {i + 1}" for i in range(channels))
    )
    omero = _display(names, source.dtype) if channels > 1 else {}
    step = None if like.movie is None else like.movie.step
    array = create_array(path, axes, shape, chunks, source.dtype, like.voxel_size, omero, step)
    sources = [source] if like.movie is None else [volume.source for volume in like.each_time()]
    for time, start, c in itertools.product(range(len(sources)), range(0, slices, _CHUNK[0]), range(channels)):
        stop = min(start + _CHUNK[0], slices)
        where: list[int | slice] = [i for i, axis in ((time, "T"), (c, "C")) if axis in axes]
        array[(*where, slice(start, stop))] = sources[time].read(c, Region((start, 0, 0), (stop, rows, columns)))


def _display(names: tuple[str, ...], dtype: np.dtype[Any]) -> dict[str, Any]:
    """How other viewers show the channels at first."""
    low, high = (0, 1) if dtype.kind == "f" else (0, int(np.iinfo(dtype).max))
    window = {"min": low, "max": high, "start": low, "end": high}
    listed = [
        {"label": name, "active": True, "color": _COLOURS[i % len(_COLOURS)], "window": window}
        for i, name in enumerate(names)
    ]
    return {"omero": {"channels": listed}}


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
        while (count := sum(len(v) for v in self._waiting)) >= _CHUNK[0] or (count and count == self._left_of_time):
            block = np.concatenate(self._waiting)
            self._store(block[: _CHUNK[0]])
            self._waiting = [block[_CHUNK[0] :]] if len(block) > _CHUNK[0] else []

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
        axes, shape, chunks = "ZYX", like.shape, _CHUNK
        if like.movie is None:
            return create_array(self._path, axes, shape, chunks, dtype, like.voxel_size, extra)
        movie = (like.times, *shape), (1, *chunks)
        return create_array(self._path, "T" + axes, *movie, dtype, like.voxel_size, extra, like.movie.step)
