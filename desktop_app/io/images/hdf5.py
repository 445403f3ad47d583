"""HDF5 images (ilastik, PlantSeg, BigDataViewer, Imaris), read lazily and written slab by slab."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError, UserError
from desktop_app.core.imaging import AS_STATED, ImageReading, Index3, Resolution, Volume, VoxelSource
from desktop_app.core.imaging.resolutions import usable_resolutions
from desktop_app.io.images.axes import plan_axes
from desktop_app.io.images.hdf5_heaps import require_sound_heaps
from desktop_app.io.images.hdf5_layout import Hdf5Image, images_in
from desktop_app.io.images.hdf5_pieces import require_bounded_pieces
from desktop_app.io.images.image_format import (
    ImageFormat,
    Keeps,
    Series,
    choose_series,
    others_note,
    signatures,
)
from desktop_app.io.images.memory import require_memory
from desktop_app.io.images.page_cache import CACHE_BYTES
from desktop_app.io.images.specimen_facts import specimen_in
from desktop_app.io.images.spooled_labels import spooled_labels
from desktop_app.io.images.stored_voxels import DAMAGE, StoredVoxels, damaged, stored_volume
from desktop_app.io.images.usual_names import label_name
from desktop_app.io.images.volume_blocks import blocks, time_points

_SLOTS = 10_007  # places in the cache of chunks: a prime, some hundred times the chunks that fit (HDF5's manual)
_MOST_CACHE = 512 * 2**20  # bytes of decoded chunks: a few slices of 8,192 × 8,192 pixels
_CHUNK = (16, 256, 256)  # voxels (z, y, x): 2 MB of 16 bits, read whole in some ms in each of the three planes
_LEVEL = 3  # of gzip: a third faster than the usual 4, and 2 % larger on labels of an EM stack


def open_hdf5(path: Path, cache_bytes: int = CACHE_BYTES, reading: ImageReading = AS_STATED) -> Volume:
    """A volume over one of the images of an HDF5 file.

    Args:
        path: ``.h5`` and its kin, ``.ims``.
        cache_bytes: Memory for decoded chunks.
        reading: Which image, and what the user said of its axes.

    Raises:
        UnreadableFileError: If the file is cut off, damaged, or holds no image.
    """
    try:
        file = _opened(path, cache_bytes)
        images = _images(path, file)
        names = [image.name for image in images]
        chosen = choose_series(path, names, reading.series)
        image = images[chosen]
        array = Hdf5Array(path, file, image)
        volume = stored_volume(
            path, array, image.axes, image.stated, open_hdf5, cache_bytes, reading, rgb=image.rgb,
            alpha=image.rgb and image.shape[-1] > 3,  # red, green, blue
        )  # fmt: skip
        smaller = _smaller(path, file, image, replace(volume, reading=reading))
    except DAMAGE as error:
        raise _broken(path, error) from error
    return replace(volume, smaller=smaller, name=path.stem, notes=(*volume.notes, *others_note(names, chosen)))


def _smaller(path: Path, file: Any, image: Hdf5Image, volume: Volume) -> tuple[Resolution, ...]:
    """The further resolutions of an image, those left out that cannot be read."""
    found: list[tuple[Index3, Callable[[int], VoxelSource]]] = []
    full = volume.source
    for small in image.smaller:
        with suppress(UserError):
            array = Hdf5Array(path, file, small)
            plan = plan_axes(small.axes, small.shape, name=str(path), reading=volume.reading)
            if isinstance(full, StoredVoxels) and (plan.channels, plan.times) == (volume.channels, volume.times):
                found.append((plan.full_shape[1:], replace(full, plan=plan, array=array).at_time))
    return usable_resolutions(volume.shape, found)


def hdf5_specimen(path: Path) -> str:
    """The specimen by the attributes of the file, or else of what lies in it at the top."""
    try:
        with _opened(path, CACHE_BYTES) as file:
            return next(filter(None, (specimen_in(dict(one.attrs)) for one in (file, *file.values()))), "")
    except DAMAGE as error:
        raise _broken(path, error) from error


def hdf5_series(path: Path) -> tuple[Series, ...]:
    """The images of a file, the likeliest first."""
    try:
        with _opened(path, CACHE_BYTES) as file:
            return tuple(Series(i.name, i.axes, i.shape, i.dtype.name) for i in _images(path, file))
    except DAMAGE as error:
        raise _broken(path, error) from error


def hdf5_label_series(path: Path) -> str:
    """The image of a file that holds labels, by its name; "" where none is called so."""
    try:
        with _opened(path, CACHE_BYTES) as file:
            return label_name(image.name for image in _images(path, file))
    except DAMAGE as error:
        raise _broken(path, error) from error


def _opened(path: Path, cache_bytes: int) -> Any:
    import h5py

    require_sound_heaps(path)
    return h5py.File(path, "r", rdcc_nbytes=min(cache_bytes, _MOST_CACHE), rdcc_nslots=_SLOTS, locking="best-effort")


def _images(path: Path, file: Any) -> list[Hdf5Image]:
    images = images_in(path, file)
    if not images:
        raise UnreadableFileError(path, "there is no array with rows and columns in it.")
    return images


def _broken(path: Path, error: BaseException) -> UnreadableFileError:
    if "truncated" in str(error):
        return UnreadableFileError(
            path, "it is cut off.", hint="Copy it again from where it came from.", details=repr(error)
        )
    return damaged(path, error)


class Hdf5Array:
    """The voxels of an image in one or many arrays of an open file.

    Args:
        path: The file.
        file: Opened by h5py.
        image: Which arrays.

    Raises:
        UnreadableFileError: If an array is packed in a way that is not known here, or lies in another file.
    """

    def __init__(self, path: Path, file: Any, image: Hdf5Image) -> None:
        self._path, self._image = path, image
        self._datasets = [file[name] for name in image.datasets]
        self.shape, self.dtype = image.shape, image.dtype
        for dataset in self._datasets:
            self._require_readable(dataset)

    def __getitem__(self, index: Any) -> NDArray[Any]:
        """A part; of arrays that make up an image together, each is read on its own."""
        lead = self._image.lead
        if not lead:
            require_bounded_pieces(self._path, self._datasets[0], index)
            return np.asarray(self._datasets[0][index])
        spans = [range(i, i + 1) if isinstance(i, int) else range(i.start, i.stop) for i in index[: len(lead)]]
        inside = index[len(lead) :]
        arrays = [self._datasets[int(np.ravel_multi_index(place, lead))] for place in itertools.product(*spans)]
        for array in arrays:
            require_bounded_pieces(self._path, array, inside)
        parts = [np.asarray(array[inside]).astype(self.dtype, copy=False) for array in arrays]
        kept = [len(span) for span, i in zip(spans, index, strict=False) if not isinstance(i, int)]
        return np.stack(parts).reshape(*kept, *parts[0].shape)

    def _require_readable(self, dataset: Any) -> None:
        import h5py

        if dataset.external or not all(self._is_here(dataset, source) for source in _virtual_sources(dataset)):
            raise UnreadableFileError(self._path, "its grey values are in another file.", hint="Save it as one file.")
        plist = dataset.id.get_create_plist()
        for i in range(plist.get_nfilters()):
            number, _, _, name = plist.get_filter(i)
            if not h5py.h5z.filter_avail(number):
                how = name.decode(errors="replace") or f"number {number}"
                raise UnreadableFileError(
                    self._path, f"it is packed in a way that is not known here ({how}).", hint="Save it with gzip."
                )
        if dataset.chunks is not None:
            require_memory(self._path, math.prod(dataset.chunks) * dataset.dtype.itemsize, "one piece of it")

    @staticmethod
    def _is_here(dataset: Any, source: Any) -> bool:
        """Whether a part of a virtual array lies in the file itself; where it is not there HDF5 shows zeros."""
        file = dataset.file
        if source.file_name not in (".", file.filename) or source.dset_name not in file:
            return False
        part = file[source.dset_name]
        return part.file == file and not part.external and not part.is_virtual


def _virtual_sources(dataset: Any) -> list[Any]:
    return dataset.virtual_sources() if dataset.is_virtual else []


def write_hdf5(path: Path, source: VoxelSource, like: Volume, *, dataset: str = "raw") -> None:
    """Write an image as one array, with ``element_size_um`` and the axis tags of ilastik.

    Args:
        path: The file.
        source: Voxels (C, Z, Y, X) of the first time point.
        like: Gives voxel size, channel names and time points.
        dataset: Name of the array.
    """
    import h5py

    channels = source.shape[0]
    axes = ("T" if like.times > 1 else "") + ("C" if channels > 1 else "") + "ZYX"
    lengths = {"T": like.times, **dict(zip("CZYX", source.shape, strict=True))}
    shape = tuple(lengths[a] for a in axes)
    chunks = (*(1,) * (len(axes) - 3), *(min(c, n) for c, n in zip(_CHUNK, shape[-3:], strict=True)))
    with h5py.File(path, "w") as file:
        array = file.create_dataset(
            dataset, shape, source.dtype, chunks=chunks, compression="gzip", compression_opts=_LEVEL, shuffle=True
        )
        _describe(array, axes, like)
        for time, channel, point in _points(source, like):
            start = 0
            for block in blocks(point, channel):
                place = {"T": time, "C": channel, "Z": slice(start, start + len(block))}
                array[tuple(place[a] for a in axes[:-2])] = block
                start += len(block)


def _points(source: VoxelSource, like: Volume) -> Iterator[tuple[int, int, VoxelSource]]:
    for time, point in enumerate(time_points(source, like)):
        for channel in range(source.shape[0]):
            yield time, channel, point


def _describe(array: Any, axes: str, like: Volume) -> None:
    tags = [
        # The flags of vigra's AxisInfo: channels 1, space 2, time 8.
        {"key": a.lower(), "typeFlags": {"C": 1, "T": 8}.get(a, 2), "resolution": 0, "description": ""}
        for a in axes
    ]
    array.attrs["axistags"] = json.dumps({"axes": tags})
    for dimension, letter in zip(array.dims, axes, strict=True):
        dimension.label = letter.lower()
    if like.voxel_size.known:
        array.attrs["element_size_um"] = like.voxel_size.converted("µm").zyx
        array.attrs["voxel_size_unit"] = like.voxel_size.unit
    if like.channel_names:
        array.attrs["channel_names"] = json.dumps(like.channel_names)
    if like.movie is not None and like.movie.step is not None:
        array.attrs["time_step_s"] = like.movie.step


HDF5 = ImageFormat(
    name="hdf5",
    title="HDF5",
    kind="HDF5 image",
    endings=(".h5", ".hdf5", ".hdf", ".ims"),
    open=open_hdf5,
    sniff=signatures({b"\x89HDF\r\n\x1a\n": "an HDF5 file"}),
    series=hdf5_series,
    label_series=hdf5_label_series,
    specimen=hdf5_specimen,
    label_endings=(".h5", ".hdf5", ".hdf"),
    keeps=Keeps(axes="TCZYX", colors=False),
    write=write_hdf5,
    label_sink=partial(spooled_labels, partial(write_hdf5, dataset="label")),
    label_ending=".h5",
)
