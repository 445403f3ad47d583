"""OME-Zarr images (OME-NGFF 0.4 and 0.5), read lazily."""

from __future__ import annotations

import itertools
import json
import math
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import zarr
import zarr.errors
from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import Region, Volume, VoxelSize
from desktop_app.io.images.axes import AxisPlan, plan_axes
from desktop_app.io.images.memory import require_memory
from desktop_app.io.images.page_cache import CACHE_BYTES, ArrayCache
from desktop_app.io.images.tiff_damage import DAMAGE
from desktop_app.io.images.voxel_sizes import voxel_size
from desktop_app.io.images.zarr_decoding import refusal, use_bounded_pipeline
from desktop_app.io.images.zarr_files import OrdinaryFiles
from desktop_app.io.plain_files import NotAPlainFileError

_LARGE_CHUNK_BYTES = 32 * 2**20  # larger chunks are decoded for each read and not kept: few would fit into the cache
_MOST_CHANNELS = 10_000  # spectral images have some hundred; every channel is looked at when an image is opened
_ZARR_DAMAGE = (*DAMAGE, zarr.errors.BaseZarrError)


def open_ome_zarr(path: Path, cache_bytes: int = CACHE_BYTES) -> Volume:
    """A volume over the full resolution of an OME-Zarr image, or over a bare Zarr array.

    Args:
        path: The folder.
        cache_bytes: Memory for decoded chunks.

    Raises:
        UnreadableFileError: If there is no image in the folder or its metadata make no sense.
    """
    if not path.is_dir():
        reason = "it is a file, not an OME-Zarr folder." if path.exists() else "there is no such folder."
        raise UnreadableFileError(path, reason, hint="Was it moved, or is it still packed?")
    try:
        return _volume(path, cache_bytes)
    except _ZARR_DAMAGE as error:
        raise _broken(path, error) from error


def _volume(path: Path, cache_bytes: int) -> Volume:
    use_bounded_pipeline()
    node = zarr.open(store=OrdinaryFiles(path, read_only=True), mode="r")
    if isinstance(node, zarr.Array):
        axes = "".join("TCZYX"[-node.ndim :])
        return _over(path, node, plan_axes(axes, node.shape, name=str(path)), cache_bytes)
    group, scales = _image_group(path, node)
    scale = scales[0]
    array = group[str(scale["datasets"][0]["path"])]
    if not isinstance(array, zarr.Array):
        raise UnreadableFileError(path, "its first resolution is no array.")
    listed = [a["name"] if isinstance(a, Mapping) else str(a) for a in scale.get("axes", "tczyx"[-array.ndim :])]
    letters = "".join(n[0].upper() for n in listed)
    plan = plan_axes(letters, array.shape, name=str(path))
    volume = _over(path, array, plan, cache_bytes)
    names = _channel_names(group, plan.channels)
    size = _voxel_size(scale, letters)
    notes = () if size is not None else ("What it says of the voxel size does not fit its axes; none is taken.",)
    return replace(volume, voxel_size=size or VoxelSize.unknown(), channel_names=names, notes=volume.notes + notes)


def _over(path: Path, array: zarr.Array[Any], plan: AxisPlan, cache_bytes: int) -> Volume:
    if array.dtype.kind not in "buif":
        raise UnreadableFileError(path, f"grey values of the type {array.dtype} are not supported.")
    if reason := refusal(array):
        raise UnreadableFileError(path, reason, hint="Save it again, for example as TIFF, where it comes from.")
    name = path.name.removesuffix(".zarr").removesuffix(".ome")
    if plan.channels > _MOST_CHANNELS:
        raise UnreadableFileError(path, f"it promises {plan.channels:,} channels; {_MOST_CHANNELS:,} are read.")
    source = ZarrVoxels(path, array, plan, cache_bytes)
    return Volume(source, name=name, path=path, axes=plan.kept, notes=plan.notes)


def _image_group(path: Path, node: Any) -> tuple[Any, list[dict[str, Any]]]:
    """The group with the image: the node itself, or its first series."""
    for name in ("", "0"):
        group = node if not name else node.get(name)
        if isinstance(group, zarr.Group):
            scales = ome_attributes(group).get("multiscales")
            if isinstance(scales, list) and scales:
                return group, scales
    raise UnreadableFileError(
        path, "there is no OME-Zarr image in this folder.", hint="Choose the folder of one image."
    )


def ome_attributes(group: zarr.Group) -> dict[str, Any]:
    """The OME metadata of a group: below ``ome`` in version 0.5, at the top in 0.4."""
    attributes = dict(group.attrs)
    inner = attributes.get("ome")
    return dict(inner) if isinstance(inner, Mapping) else attributes


def _voxel_size(scale: dict[str, Any], letters: str) -> VoxelSize | None:
    """The size that the scales of an image make; None where they are no numbers or not one for each axis."""
    factors = [1.0] * len(letters)
    found = False
    try:
        for place in (scale["datasets"][0], scale):
            for transformation in place.get("coordinateTransformations") or ():
                if transformation.get("type") == "scale":
                    factors = [a * float(b) for a, b in zip(factors, transformation["scale"], strict=True)]
                    found = True
    except (ValueError, TypeError, KeyError):
        return None
    units = {a["name"][0].upper(): str(a.get("unit") or "") for a in scale.get("axes", ()) if isinstance(a, Mapping)}
    edge = dict(zip(letters, factors, strict=True))
    if not found or not units.get("X"):
        return VoxelSize.unknown()
    return voxel_size(
        edge.get("Z"), edge["Y"], edge["X"], units["X"], y_unit=units.get("Y", ""), z_unit=units.get("Z", "")
    )


def _channel_names(group: zarr.Group, channels: int) -> tuple[str, ...]:
    """Names of the channels where each has one; other programs leave them out in many ways."""
    display = ome_attributes(group).get("omero")
    listed = display.get("channels") if isinstance(display, Mapping) else None
    labels = [c.get("label") if isinstance(c, Mapping) else None for c in listed] if isinstance(listed, list) else []
    names = tuple(str(label) for label in labels if label)
    return names if len(names) == channels else ()


def _broken(path: Path, error: BaseException) -> UnreadableFileError:
    if isinstance(error, json.JSONDecodeError):
        return UnreadableFileError(path, "its description is damaged.", hint="Copy it again.", details=repr(error))
    if isinstance(error, NotAPlainFileError):
        return UnreadableFileError(path, "a pipe or a device lies in its folder.", details=repr(error))
    if isinstance(error, PermissionError):
        return UnreadableFileError(path, "you have no right to read it.", details=repr(error))
    return UnreadableFileError(
        path, "the OME-Zarr image is incomplete or damaged.", hint="Copy the whole folder again.", details=repr(error)
    )


class ZarrVoxels:
    """Voxels of a Zarr array; the chunks read last are kept. Safe to use from several threads."""

    def __init__(self, path: Path, array: zarr.Array[Any], plan: AxisPlan, cache_bytes: int) -> None:
        self._path, self._array, self._plan = path, array, plan
        self._cache = ArrayCache(cache_bytes)
        self._lock = threading.Lock()

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(C, Z, Y, X)."""
        return self._plan.full_shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a voxel, in native byte order; yes/no voxels are uint8."""
        dtype: np.dtype[Any] = np.dtype(self._array.dtype)
        return np.dtype(np.uint8) if dtype.kind == "b" else dtype.newbyteorder("=")

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        """The voxels (Z, Y, X) of one channel in ``region``."""
        require_memory(self._path, math.prod(region.shape) * self.dtype.itemsize, "the part asked for")
        index = self._plan.index(channel, *region.slices)
        try:
            block = self._block(index)
        except _ZARR_DAMAGE as error:
            raise _broken(self._path, error) from error
        kept = tuple(slice(None) if isinstance(i, slice) else 0 for i in index)
        return np.array(self._plan.as_zyx(block[kept]), dtype=self.dtype, order="C")

    def _block(self, index: tuple[int | slice, ...]) -> NDArray[Any]:
        """The box of the stored array put together from chunks."""
        spans = [i if isinstance(i, slice) else slice(i, i + 1) for i in index]
        chunks = self._array.chunks
        ranges = [range(s.start // c, -(-s.stop // c)) for s, c in zip(spans, chunks, strict=True)]
        out = np.empty([s.stop - s.start for s in spans], self._array.dtype)
        for place in itertools.product(*ranges):
            lower = [p * c for p, c in zip(place, chunks, strict=True)]
            starts = [max(a, s.start) for a, s in zip(lower, spans, strict=True)]
            stops = [min(a + c, s.stop) for a, c, s in zip(lower, chunks, spans, strict=True)]
            target = tuple(slice(a - s.start, e - s.start) for a, e, s in zip(starts, stops, spans, strict=True))
            out[target] = self._part(place, lower, starts, stops)
        return out

    def _part(self, place: tuple[int, ...], lower: list[int], starts: list[int], stops: list[int]) -> NDArray[Any]:
        """The box from ``starts`` to ``stops`` of the chunk that begins at ``lower``."""
        array = self._array
        size = math.prod(array.chunks) * array.dtype.itemsize
        require_memory(self._path, size, "one piece of it")
        if size > _LARGE_CHUNK_BYTES:
            return np.asarray(array[tuple(map(slice, starts, stops))])
        box = tuple(slice(a, min(a + c, n)) for a, c, n in zip(lower, array.chunks, array.shape, strict=True))
        with self._lock:
            chunk = self._cache.get(place, lambda: np.asarray(array[box]))
        return chunk[tuple(slice(a - b, e - b) for a, e, b in zip(starts, stops, lower, strict=True))]

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as the path: workers open the folder themselves."""
        return _reopened, (self._path,)


def _reopened(path: Path) -> Any:
    return open_ome_zarr(path).source
