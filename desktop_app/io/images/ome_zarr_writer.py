"""OME-Zarr images and labels written slab by slab (OME-NGFF 0.4, which most viewers read).

The metadata are written and read as plain JSON: the models of ome-zarr-models refuse what other programs leave out,
where an image should still open, and hold the program to older releases of pydantic.
"""

from __future__ import annotations

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
_TYPES = {"Z": "space", "Y": "space", "X": "space", "C": "channel"}


def create_array(
    path: Path, axes: str, shape: tuple[int, ...], chunks: tuple[int, ...], dtype: np.dtype[Any],
    voxel_size: VoxelSize, extra: dict[str, Any],
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
    """
    group = zarr.open_group(str(path), mode="a", zarr_format=2)
    array = group.create_array(
        "0", shape=shape, chunks=tuple(max(1, min(c, n)) for c, n in zip(chunks, shape, strict=True)), dtype=dtype,
        compressors=_LABEL_CODEC if "image-label" in extra else _IMAGE_CODEC, fill_value=0,
        chunk_key_encoding={"name": "v2", "separator": "/"},
    )  # fmt: skip
    group.attrs.update({"multiscales": [_multiscale(path, axes, voxel_size)], **extra})
    return array


def _multiscale(path: Path, axes: str, voxel_size: VoxelSize) -> dict[str, Any]:
    unit = {"unit": _UNITS[voxel_size.unit]} if voxel_size.known else {}
    edges = dict(zip("ZYX", voxel_size.zyx, strict=True))
    listed = [{"name": a.lower(), "type": _TYPES[a], **(unit if a in edges else {})} for a in axes]
    scale = [edges.get(a, 1.0) for a in axes]
    transformations = [{"type": "scale", "scale": scale}]
    return {
        "version": "0.4", "name": path.name.removesuffix(".ome.zarr"), "axes": listed,
        "datasets": [{"path": "0", "coordinateTransformations": transformations}],
    }  # fmt: skip


def write_image(path: Path, source: VoxelSource, like: Volume) -> None:
    """Write an image (CZYX, or ZYX for one channel) into a new folder, slab by slab."""
    channels, slices, rows, columns = source.shape
    axes = "CZYX" if channels > 1 else "ZYX"
    shape, chunks = (source.shape, (1, *_CHUNK)) if channels > 1 else (source.shape[1:], _CHUNK)
    names = (
        like.channel_names
        if len(like.channel_names) == channels
        else tuple(f"Channel {i + 1}" for i in range(channels))
    )
    omero = _display(names, source.dtype) if channels > 1 else {}
    array = create_array(path, axes, shape, chunks, source.dtype, like.voxel_size, omero)
    for start in range(0, slices, _CHUNK[0]):
        stop = min(start + _CHUNK[0], slices)
        for c in range(channels):
            block = source.read(c, Region((start, 0, 0), (stop, rows, columns)))
            array[(c, slice(start, stop)) if channels > 1 else slice(start, stop)] = block


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
        like: The image that the labels belong to: shape and voxel size.
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
        """Write the next slices (Z, Y, X)."""
        self._dtype = widened(self._dtype, values)
        self._waiting.append(values.astype(np.uint32))
        while sum(len(v) for v in self._waiting) >= _CHUNK[0]:
            block = np.concatenate(self._waiting)
            self._store(block[: _CHUNK[0]])
            self._waiting = [block[_CHUNK[0] :]] if len(block) > _CHUNK[0] else []

    def finish(self) -> None:
        """Write what is left."""
        if self._waiting:
            self._store(np.concatenate(self._waiting))

    def _store(self, block: NDArray[np.uint32]) -> None:
        if self._array is None:
            extra = {"image-label": {"version": "0.4"}}
            whole = len(block) == self._like.shape[0]
            dtype = self._dtype if whole else np.dtype(np.uint32)
            self._array = create_array(self._path, "ZYX", self._like.shape, _CHUNK, dtype, self._like.voxel_size, extra)
        self._array[self._next : self._next + len(block)] = block.astype(self._array.dtype)
        self._next += len(block)
