"""LIF images of Leica microscopes, read lazily; each image of the file is a choice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import AS_STATED, ImageReading, Volume, VoxelSize
from desktop_app.io.images.image_format import (
    ImageFormat,
    Series,
    choose_series,
    distinct,
    others_note,
    signatures,
)
from desktop_app.io.images.page_cache import CACHE_BYTES
from desktop_app.io.images.plane_stack import PlaneStack
from desktop_app.io.images.raw_files import RawLayout, raw_array
from desktop_app.io.images.stored_voxels import DAMAGE, Stated, StoredArray, cut_off, damaged, stored_volume
from desktop_app.io.images.voxel_sizes import voxel_size

_KNOWN = "TCZYXS"  # letters of axes that are the same in both worlds; others have no meaning here


def open_lif(path: Path, cache_bytes: int = CACHE_BYTES, reading: ImageReading = AS_STATED) -> Volume:
    """A volume over one image of a LIF file.

    Args:
        path: The file.
        cache_bytes: How much of it may stay mapped.
        reading: Which image, and what the user said of its axes.

    Raises:
        UnreadableFileError: If the file is cut off or damaged.
    """
    try:
        with _opened(path) as file:
            images = _images(path, file)
            names = distinct([image.name for image in images])
            chosen = choose_series(path, names, reading.series)
            image = images[chosen]
            stated = _stated(image, others_note(names, chosen))
            array, axes, colors = _array(path, image, chosen, cache_bytes), _axes(image), image.dims[-1] == "S"
        return stored_volume(
            path, array, axes, stated, open_lif, cache_bytes, reading, name=path.stem, rgb=colors,
            alpha=colors and array.shape[-1] == 4,
        )  # fmt: skip
    except DAMAGE as error:
        raise damaged(path, error) from error


def lif_series(path: Path) -> tuple[Series, ...]:
    """The images of a file."""
    try:
        with _opened(path) as file:
            images = _images(path, file)
            names = distinct([image.name for image in images])
            pairs = zip(names, images, strict=True)
            return tuple(Series(name, _axes(image), image.shape, image.dtype.name) for name, image in pairs)
    except DAMAGE as error:
        raise damaged(path, error) from error


def _opened(path: Path) -> Any:
    import liffile

    return liffile.LifFile(path)


def _images(path: Path, file: Any) -> list[Any]:
    """The images with rows and columns."""
    images = [image for image in file.images if {"Y", "X"} <= set(image.dims)]
    if not images:
        raise UnreadableFileError(path, "there is no image with rows and columns in it.")
    return images


def _axes(image: Any) -> str:
    return "".join(name if name in _KNOWN else "Q" for name in image.dims)


def _array(path: Path, image: Any, number: int, cache_bytes: int) -> StoredArray:
    """The voxels: mapped where they lie in one piece, else picture by picture."""
    block, size = image.memory_block, int(np.prod(image.shape, dtype=np.int64)) * image.dtype.itemsize
    inner = 3 if image.dims[-1] == "S" else 2
    if block.offset > 0 and block.size < size and _is_plain(image):
        raise cut_off(path, block.size, size)
    if block.offset > 0 and block.size == size and inner == 2:
        return raw_array(RawLayout(path, image.dtype.newbyteorder("<"), image.shape, block.offset), cache_bytes)

    shape, names = tuple(image.shape), tuple(image.dims)

    def read(place: tuple[int, ...]) -> Any:
        with _opened(path) as file:
            return _images(path, file)[number].frame(**dict(zip(names, place, strict=False)))

    return PlaneStack(path, shape, inner, np.dtype(image.dtype), read, cache_bytes)


def _is_plain(image: Any) -> bool:
    """Whether voxels are stored one by one; images of lifetimes are counted from photons."""
    import liffile

    return isinstance(image, liffile.LifImage)


def _stated(image: Any, notes: tuple[str, ...]) -> Stated:
    """Sizes from the places of the first and the last pixel along each axis, in metres and seconds."""
    steps = {}
    for name, places in image.coords.items():
        steps[name] = abs(float(places[-1] - places[0])) / (len(places) - 1) if len(places) > 1 else None
    x, y, z = (steps.get(axis) for axis in "XYZ")
    size = VoxelSize.unknown()
    if x and y:
        size = voxel_size(None if not z else z * 1e6, y * 1e6, x * 1e6, "µm")
    return Stated(size, time_step=steps.get("T") or None, notes=notes)


LIF = ImageFormat(
    name="lif",
    title="LIF",
    kind="LIF image",
    endings=(".lif",),
    open=open_lif,
    sniff=signatures({b"\x70\0\0\0": "a LIF image"}),
    series=lif_series,
)
