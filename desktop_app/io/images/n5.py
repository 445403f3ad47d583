"""N5 images (BigDataViewer, n5-viewer, Paintera, ilastik), read block by block."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import AS_STATED, ImageReading, Volume
from desktop_app.io.images.image_format import (
    ImageFormat,
    Series,
    choose_series,
    distinct,
    nothing_to_sniff,
    others_note,
)
from desktop_app.io.images.n5_blocks import N5Array, N5Dataset
from desktop_app.io.images.n5_layout import ATTRIBUTES, N5Image, attributes_of, images_in, is_array
from desktop_app.io.images.page_cache import CACHE_BYTES
from desktop_app.io.images.stored_voxels import DAMAGE, Stated, damaged, stored_volume
from desktop_app.io.images.usual_names import label_name
from desktop_app.io.plain_files import NotAPlainFileError

_LOOKED_AT = 64  # blocks, evenly spread: 64 looks at a disk of the network take a tenth of a second


def open_n5(path: Path, cache_bytes: int = CACHE_BYTES, reading: ImageReading = AS_STATED) -> Volume:
    """A volume over the full resolution of one of the images of an N5 folder.

    Args:
        path: The folder, of the whole or of one array.
        cache_bytes: Memory for unpacked blocks.
        reading: Which image, and what the user said of its axes.

    Raises:
        UnreadableFileError: If there is no array in the folder, or its description or a block is damaged.
    """
    try:
        images, names = _named(path)
        chosen = choose_series(path, names, reading.series)
        image = images[chosen]
        array = N5Array(path, list(image.datasets), image.lead, cache_bytes)
        notes = (*image.stated.notes, *_missing(image.datasets), *others_note(names, chosen))
        stated = Stated(image.stated.voxel_size, time_step=image.stated.time_step, notes=notes)
        name = path.name.removesuffix(".n5")
        return stored_volume(path, array, image.axes, stated, open_n5, cache_bytes, reading, name=name)
    except DAMAGE as error:
        raise _broken(path, error) from error


def n5_series(path: Path) -> tuple[Series, ...]:
    """The images of a folder."""
    try:
        images, names = _named(path)
    except DAMAGE as error:
        raise _broken(path, error) from error
    pairs = zip(names, images, strict=True)
    return tuple(Series(name, i.axes, i.shape, i.datasets[0].dtype.name) for name, i in pairs)


def n5_label_series(path: Path) -> str:
    """The image of a folder that holds labels; "" where none is called so."""
    try:
        return label_name(image.name for image in images_in(path))
    except DAMAGE as error:
        raise _broken(path, error) from error


def _named(path: Path) -> tuple[list[N5Image], tuple[str, ...]]:
    if not path.is_dir():
        reason = "it is a file, not an N5 folder." if path.exists() else "there is no such folder."
        raise UnreadableFileError(path, reason, hint="Was it moved, or is it still packed?")
    images = images_in(path)
    return images, distinct([image.name for image in images]) if len(images) > 1 else (images[0].name,)


def _missing(datasets: tuple[N5Dataset, ...]) -> tuple[str, ...]:
    """A sentence where blocks are missing: never written, or lost in a copy that was stopped."""
    grid = datasets[0].grid
    total = len(datasets) * int(np.prod(grid, dtype=np.int64))
    numbers = np.unique(np.linspace(0, total - 1, min(total, _LOOKED_AT)).astype(np.int64))
    places = [np.unravel_index(int(n), (len(datasets), *grid)) for n in numbers]
    missing = sum(not datasets[int(which)].file(tuple(map(int, place))).exists() for which, *place in places)
    if not missing:
        return ()
    many = (
        f"{missing} of its {total}" if len(places) == total else f"About {missing / len(places):.0%} of its {total:,}"
    )
    return (f"{many} pieces are not there; they are shown as 0. Is the copy complete?",)


def _broken(path: Path, error: BaseException) -> UnreadableFileError:
    if isinstance(error, NotAPlainFileError):
        return UnreadableFileError(path, "a pipe or a device lies in its folder.", details=repr(error))
    return damaged(path, error)


def _is_n5(folder: Path) -> bool:
    """Whether a folder without the ending is an N5 array, or says that it holds some."""
    if not (folder / ATTRIBUTES).is_file():
        return False
    try:
        found = attributes_of(folder)
    except (ValueError, OSError):
        return False
    return is_array(found) or "n5" in found


N5 = ImageFormat(
    name="n5",
    title="N5",
    kind="N5 image",
    endings=(".n5",),
    open=open_n5,
    sniff=nothing_to_sniff,
    series=n5_series,
    label_series=n5_label_series,
    folder=True,
    sniff_folder=_is_n5,
    label_endings=(".n5",),
)
