"""OME-Zarr images (OME-NGFF 0.4 and 0.5), read lazily."""

from __future__ import annotations

import copy
import itertools
import json
import math
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import zarr
import zarr.errors
from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError, UserError
from desktop_app.core.imaging import (
    AS_STATED,
    ImageReading,
    Index3,
    Movie,
    Region,
    Resolution,
    Volume,
    VoxelSize,
    VoxelSource,
)
from desktop_app.core.imaging.resolutions import usable_resolutions
from desktop_app.core.recently_used import bytes_of, recently_used
from desktop_app.io.images.axes import AxisPlan, plan_axes
from desktop_app.io.images.bare_zarr import bare_arrays, bare_description
from desktop_app.io.images.image_format import Series, choose_series, others_note
from desktop_app.io.images.memory import require_memory
from desktop_app.io.images.ome_zarr_metadata import is_rgb
from desktop_app.io.images.ome_zarr_pieces import missing_pieces
from desktop_app.io.images.page_cache import CACHE_BYTES
from desktop_app.io.images.tiff_damage import DAMAGE
from desktop_app.io.images.usual_names import label_name
from desktop_app.io.images.voxel_sizes import length_unit, seconds, voxel_size
from desktop_app.io.images.web_links import WEB_ENDING
from desktop_app.io.images.zarr_chunk_files import ChunkFiles
from desktop_app.io.images.zarr_decoding import refusal
from desktop_app.io.images.zarr_groups import image_groups, ome_attributes, opened
from desktop_app.io.plain_files import NotAPlainFileError
from desktop_app.io.unpacking import unpacking_threads

_LARGE_CHUNK_BYTES = 32 * 2**20  # larger chunks are decoded for each read and not kept: few would fit into the cache
_MOST_CHANNELS = 10_000  # spectral images have some hundred; every channel is looked at when an image is opened
_WORTH_THREADS = 2**20  # bytes: smaller parts are read before threads have begun
_MOST_RESOLUTIONS = 24  # each half the one before: more than any image has pixels
_ZARR_DAMAGE = (*DAMAGE, zarr.errors.BaseZarrError)


def open_ome_zarr(
    path: Path, cache_bytes: int = CACHE_BYTES, reading: ImageReading = AS_STATED, *, complete: bool = False
) -> Volume:
    """A volume over the full resolution of an OME-Zarr image, or over a bare Zarr array.

    Args:
        path: The folder.
        cache_bytes: Memory for decoded chunks.
        reading: Which image of the folder, and what the user said of its axes.
        complete: Every piece was written: one that is missing is an error, and is not read as the fill value.

    Raises:
        UnreadableFileError: If there is no image in the folder or its metadata make no sense.
    """
    try:
        return _volume(path, reading, _Pieces(cache_bytes, complete))
    except _ZARR_DAMAGE as error:
        raise _broken(path, error) from error


def zarr_series(path: Path) -> tuple[Series, ...]:
    """The images in an OME-Zarr folder.

    Raises:
        UnreadableFileError: If there is no image in the folder or its metadata make no sense.
    """
    try:
        node = opened(path)
        if groups := image_groups(node):
            return tuple(_described(name, group) for name, group in groups.items())
        arrays = bare_arrays(path, node).items()
        return tuple(Series(n, bare_description(node, n, a).axes, a.shape, str(a.dtype)) for n, a in arrays)
    except _ZARR_DAMAGE as error:
        raise _broken(path, error) from error


def zarr_label_series(path: Path) -> str:
    """Of arrays without OME metadata the one that holds labels, by its name; "" where none is called so."""
    try:
        node = opened(path)
        return "" if image_groups(node) else label_name(bare_arrays(path, node))
    except _ZARR_DAMAGE as error:
        raise _broken(path, error) from error


def _described(name: str, group: zarr.Group) -> Series:
    scale = ome_attributes(group)["multiscales"][0]
    array = group[str(scale["datasets"][0]["path"])]
    if not isinstance(array, zarr.Array):
        return Series(name, "", ())
    return Series(name, letters_of(scale, array.ndim), array.shape, str(array.dtype))


def letters_of(scale: dict[str, Any], count: int) -> str:
    """A letter for each axis of an image, as its ``multiscales`` names them; ``count`` where it names none."""
    listed = [a["name"] if isinstance(a, Mapping) else str(a) for a in scale.get("axes", "tczyx"[-count:])]
    return "".join(n[0].upper() for n in listed)


def _volume(path: Path, reading: ImageReading, pieces: _Pieces) -> Volume:
    node = opened(path)
    groups = image_groups(node)
    if not groups:
        return _bare(path, node, reading, pieces)
    names = tuple(groups)
    chosen = choose_series(path, names, reading.series)
    group = groups[names[chosen]]
    scale = ome_attributes(group)["multiscales"][0]
    array = group[str(scale["datasets"][0]["path"])]
    if not isinstance(array, zarr.Array):
        raise UnreadableFileError(path, "its first resolution is no array.")
    letters = letters_of(scale, array.ndim)
    if len(letters) != array.ndim:
        raise UnreadableFileError(path, "its description tells of other axes than it has.", hint="Copy it again.")
    rgb = is_rgb(_channels(group))
    letters = letters.replace("C", "S") if rgb and not reading.axes else letters
    plan = plan_axes(letters, array.shape, name=str(path), reading=reading, rgb=rgb)
    edges = _edges(scale, letters, plan.axes)
    volume = _over(path, array, plan, reading, pieces, None if edges is None else _time_step(edges))
    size = None if edges is None else _voxel_size(edges)
    notes = _size_notes(size, edges or {}, plan.full_shape[1])
    if "image-label" not in ome_attributes(group):
        notes += _missing(path, array)
    smaller = _smaller(path, group, scale, letters, replace(volume, reading=reading))
    return replace(
        volume, smaller=smaller, voxel_size=size or VoxelSize.unknown(),
        channel_names=_channel_names(group, plan.channels), notes=volume.notes + notes + others_note(names, chosen),
    )  # fmt: skip


def _bare(path: Path, node: Any, reading: ImageReading, pieces: _Pieces) -> Volume:
    """One of the arrays without OME metadata."""
    arrays = bare_arrays(path, node)
    names = tuple(arrays)
    chosen = choose_series(path, names, reading.series)
    array = arrays[names[chosen]]
    told = bare_description(node, names[chosen], array)
    plan = plan_axes(told.axes, array.shape, name=str(path), reading=reading)
    volume = _over(path, array, plan, reading, pieces, told.time_step)
    notes = (*volume.notes, *told.notes, *_missing(path, array), *others_note(names, chosen))
    return replace(volume, voxel_size=told.voxel_size, notes=notes)


def _over(
    path: Path, array: zarr.Array[Any], plan: AxisPlan, reading: ImageReading, pieces: _Pieces,
    time_step: float | None = None,
) -> Volume:  # fmt: skip
    if array.dtype.kind not in "buif":
        raise UnreadableFileError(path, f"grey values of the type {array.dtype} are not supported.")
    if reason := refusal(array):
        raise UnreadableFileError(path, reason, hint="Save it again, for example as TIFF, where it comes from.")
    name = path.name.removesuffix(WEB_ENDING).removesuffix(".zarr").removesuffix(".ome")
    if plan.channels > _MOST_CHANNELS:
        raise UnreadableFileError(path, f"it promises {plan.channels:,} channels; {_MOST_CHANNELS:,} are read.")
    source = ZarrVoxels(path, array, plan, reading, pieces)
    movie = Movie(plan.times, source.at_time, time_step) if plan.times > 1 else None
    return Volume(source, name=name, path=path, movie=movie, **plan.of_volume)


def _missing(path: Path, array: zarr.Array[Any]) -> tuple[str, ...]:
    """What is missing of a folder; a server would have to be asked for each piece."""
    return missing_pieces(path, array) if path.is_dir() else ()


def _smaller(
    path: Path, group: zarr.Group, scale: dict[str, Any], letters: str, volume: Volume
) -> tuple[Resolution, ...]:
    """The further resolutions of an image, those left out that cannot be read or do not fit."""
    full = volume.source
    if not isinstance(full, ZarrVoxels):
        return ()
    found: list[tuple[Index3, Callable[[int], VoxelSource]]] = []
    for dataset in scale["datasets"][1:_MOST_RESOLUTIONS]:
        array = group.get(str(dataset["path"]))
        if not isinstance(array, zarr.Array) or array.ndim != len(letters) or array.dtype.kind not in "buif":
            continue
        with suppress(UserError):
            plan = plan_axes(letters, array.shape, name=str(path), reading=volume.reading, rgb=volume.rgb)
            alike = (plan.channels, plan.times) == (volume.channels, volume.times)
            if alike and not refusal(array):
                found.append((plan.full_shape[1:], full.smaller(array, plan).at_time))
    return usable_resolutions(volume.shape, found)


def _edges(scale: dict[str, Any], letters: str, used: str) -> dict[str, tuple[float, str]] | None:
    """By axis, as it is used, how far it is from one voxel to the next and the unit of that.

    None where the scales are no numbers, those of space infinite, or not one for each axis; nothing where there are
    none.
    """
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
    if not all(math.isfinite(factor) for axis, factor in zip(used, factors, strict=True) if axis in "ZYX"):
        return None
    listed = scale.get("axes", ())
    units = [str(a.get("unit") or "") if isinstance(a, Mapping) else "" for a in listed] or [""] * len(letters)
    return dict(zip(used, zip(factors, units, strict=True), strict=True)) if found else {}


def _voxel_size(edges: dict[str, tuple[float, str]]) -> VoxelSize:
    if not edges or not edges["X"][1]:
        return VoxelSize.unknown()
    (x, x_unit), (y, y_unit), (z, z_unit) = edges["X"], edges["Y"], edges.get("Z", (None, ""))
    return voxel_size(z, y, x, x_unit, y_unit=y_unit, z_unit=z_unit if length_unit(z_unit) else "")


def _size_notes(size: VoxelSize | None, edges: dict[str, tuple[float, str]], slices: int) -> tuple[str, ...]:
    """What is to be said of the voxel size: that it makes no sense, or that a part of it was assumed."""
    if size is None:
        return ("What it says of the voxel size does not fit its axes; none is taken.",)
    stated, _ = edges.get("Z", (0.0, ""))
    if size.known and slices > 1 and not stated:
        return (f"The file does not state the slice distance; {size.z:.4g} {size.unit} is assumed.",)
    return ()


def _time_step(edges: dict[str, tuple[float, str]]) -> float | None:
    """Seconds between time points, None where they are not stated."""
    step, unit = edges.get("T", (0.0, ""))
    return seconds(step, unit)


def _channels(group: zarr.Group) -> Any:
    display = ome_attributes(group).get("omero")
    return display.get("channels") if isinstance(display, Mapping) else None


def _channel_names(group: zarr.Group, channels: int) -> tuple[str, ...]:
    """Names of the channels where each has one; other programs leave them out in many ways."""
    listed = _channels(group)
    if is_rgb(listed):
        return ()
    labels = [c.get("label") if isinstance(c, Mapping) else None for c in listed] if isinstance(listed, list) else []
    names = tuple(str(label) for label in labels if label)
    return names if len(names) == channels else ()


def _broken(path: Path, error: BaseException) -> UnreadableFileError:
    if isinstance(error, json.JSONDecodeError) and path.name.lower().endswith(WEB_ENDING):
        return UnreadableFileError(
            path, "its address sends something else than an OME-Zarr image.",
            hint="Does your network ask you to log in first? Open the address in a browser.", details=repr(error),
        )  # fmt: skip
    if isinstance(error, json.JSONDecodeError):
        return UnreadableFileError(path, "its description is damaged.", hint="Copy it again.", details=repr(error))
    if isinstance(error, NotAPlainFileError):
        return UnreadableFileError(path, "a pipe or a device lies in its folder.", details=repr(error))
    if isinstance(error, PermissionError):
        return UnreadableFileError(path, "you have no right to read it.", details=repr(error))
    return UnreadableFileError(
        path, "the OME-Zarr image is incomplete or damaged.", hint="Copy the whole folder again.", details=repr(error)
    )


class _Pieces:
    """The chunks read last, of all resolutions of an image. Safe to use from several threads.

    Args:
        cache_bytes: For all of them.
        complete: Whether every chunk was written.
    """

    def __init__(self, cache_bytes: int, complete: bool) -> None:
        self.cache_bytes, self.complete = cache_bytes, complete
        self._kept = recently_used(max(1, cache_bytes), bytes_of)
        self._lock = threading.Lock()

    def kept(self, key: tuple[Any, ...]) -> NDArray[Any] | None:
        """A chunk, if it is in memory."""
        with self._lock:
            return self._kept.get(key)

    def keep(self, key: tuple[Any, ...], chunk: NDArray[Any]) -> None:
        """Have it in memory until others need the room."""
        with self._lock:
            self._kept[key] = chunk


class ZarrVoxels:
    """Voxels of a Zarr array; the chunks read last are kept. Safe to use from several threads."""

    def __init__(
        self, path: Path, array: zarr.Array[Any], plan: AxisPlan, reading: ImageReading, pieces: _Pieces
    ) -> None:
        self._path, self._array, self._plan, self._reading = path, array, plan, reading
        self._pieces = pieces
        self._files = ChunkFiles.of(path, array, complete=pieces.complete)

    def smaller(self, array: zarr.Array[Any], plan: AxisPlan) -> ZarrVoxels:
        """The voxels of another resolution; memory for chunks is shared."""
        return ZarrVoxels(self._path, array, plan, self._reading, self._pieces)

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
        """The box of the stored array put together from chunks, several unpacked at a time."""
        spans = [i if isinstance(i, slice) else slice(i, i + 1) for i in index]
        chunks = self._array.chunks
        ranges = [range(s.start // c, -(-s.stop // c)) for s, c in zip(spans, chunks, strict=True)]
        out = np.empty([s.stop - s.start for s in spans], self._array.dtype)

        def put(place: tuple[int, ...]) -> None:
            lower = [p * c for p, c in zip(place, chunks, strict=True)]
            starts = [max(a, s.start) for a, s in zip(lower, spans, strict=True)]
            stops = [min(a + c, s.stop) for a, c, s in zip(lower, chunks, spans, strict=True)]
            target = tuple(slice(a - s.start, e - s.start) for a, e, s in zip(starts, stops, spans, strict=True))
            out[target] = self._part(place, lower, starts, stops)

        places = itertools.product(*ranges)
        if self._files is None or out.size * out.itemsize < _WORTH_THREADS:
            for place in places:
                put(place)
        else:
            for _ in unpacking_threads().map(put, places):
                pass
        return out

    def _part(self, place: tuple[int, ...], lower: list[int], starts: list[int], stops: list[int]) -> NDArray[Any]:
        """The box from ``starts`` to ``stops`` of the chunk that begins at ``lower``."""
        array, pieces = self._array, self._pieces
        size = math.prod(array.chunks) * array.dtype.itemsize
        require_memory(self._path, size, "one piece of it")
        if size > _LARGE_CHUNK_BYTES:
            return np.asarray(array[tuple(map(slice, starts, stops))])
        chunk = pieces.kept((array.path, *place))
        if chunk is None:
            box = tuple(slice(a, min(a + c, n)) for a, c, n in zip(lower, array.chunks, array.shape, strict=True))
            chunk = np.asarray(array[box]) if self._files is None else self._files.chunk(place)
            if any(chunk.strides):  # nothing is kept of chunks that were never written
                pieces.keep((array.path, *place), chunk)
        return chunk[tuple(slice(a - b, e - b) for a, e, b in zip(starts, stops, lower, strict=True))]

    def at_time(self, time: int) -> VoxelSource:
        """The voxels of another time point; the chunks that were read are shared."""
        other = copy.copy(self)
        other._plan = self._plan.at_time(time)
        return other

    def __copy__(self) -> ZarrVoxels:
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        return other

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as the path: workers open the folder themselves."""
        complete = self._pieces.complete
        return _reopened, (self._path, self._reading, self._plan.time, self.shape[1:], complete)


def _reopened(path: Path, reading: ImageReading, time: int, shape: Index3, complete: bool) -> Any:
    volume = open_ome_zarr(path, reading=reading, complete=complete).at_time(time)
    number = next((n for n, one in enumerate(volume.smaller, start=1) if one.shape == shape), 0)
    return volume.at_resolution(0 if volume.shape == shape else number)
