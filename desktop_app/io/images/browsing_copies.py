"""Copies of images that are slow to browse, or larger than memory: OME-Zarr in small pieces and several resolutions.

A copy is found by what the image is on disk and how it is read, so that no other image is ever shown in its place.
Whoever opens the image gets the voxels of the copy, and all else from the image itself.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import ImageReading, Volume
from desktop_app.io.atomic import make_folder, replace_folder, write_json, writing
from desktop_app.io.disk_state import disk_state
from desktop_app.io.images.formats import format_of
from desktop_app.io.json_files import read_json
from desktop_app.io.settings import copies_folder

_ENDING, _PART, _GONE = ".ome.zarr", ".part", ".gone"
_FACTS, _SO_FAR = "copy.json", "so-far.json"
_KEY_LETTERS = 24  # of a SHA-256 in hexadecimal: 96 bits never meet by chance


@dataclass(frozen=True, slots=True)
class BrowsingCopy:
    """A copy, or what is written of one.

    Attributes:
        folder: Where it lies.
        image: The image that it was made of.
        nbytes: Its size on disk.
        used: When it was used last, in seconds since 1970.
        whole: Whether it is finished.
    """

    folder: Path
    image: Path
    nbytes: int
    used: float
    whole: bool


def by_copy(volume: Volume, cache_bytes: int) -> Volume:
    """The same image with the voxels of its copy, where there is one."""
    if volume.path is None or (found := find_copy(volume.path, volume.reading)) is None:
        return volume
    from desktop_app.io.images.ome_zarr import open_ome_zarr

    try:
        copy = open_ome_zarr(found, cache_bytes, complete=True)
    except UnreadableFileError:
        return volume  # as slow as it was
    alike = (copy.source.shape, copy.dtype, copy.times) == (volume.source.shape, volume.dtype, volume.times)
    if not alike:
        return volume
    with suppress(OSError):
        os.utime(found / _FACTS)
    movie = volume.movie
    if movie is not None and copy.movie is not None:
        movie = replace(movie, source=copy.movie.source)
    return replace(volume, source=copy.source, smaller=copy.smaller, movie=movie)


def find_copy(image: Path, reading: ImageReading) -> Path | None:
    """The copy of an image that is read so; None where there is none, or the image has changed since."""
    folder = copies_folder()
    if not folder.is_dir():
        return None
    try:
        found = folder / (_key(image, reading) + _ENDING)
    except OSError:
        return None
    return found if (found / _FACTS).is_file() else None


def unfinished_copy(image: Path, reading: ImageReading) -> Path:
    """The folder in which a copy is written until it is whole; made where it is not there yet.

    Raises:
        UnwritableFileError: If it cannot be made.
    """
    folder = copies_folder() / (_key(image, reading) + _PART)
    make_folder(folder)
    return folder


def done_so_far(part: Path) -> int:
    """How many parts of an unfinished copy are written."""
    try:
        return int(read_json(part / _SO_FAR)["parts"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def begin_anew(part: Path) -> None:
    """Empty the folder of an unfinished copy of which nothing counts as written."""
    with writing(part):
        for inside in part.iterdir():
            if inside.is_dir():
                shutil.rmtree(inside)
            elif inside.name.startswith(".z"):
                inside.unlink()


def note_so_far(part: Path, image: Path, parts: int) -> None:
    """Write down how many parts are written, so that work goes on there after a break."""
    write_json(part / _SO_FAR, {"schema_version": 1, "image": str(image.absolute()), "parts": parts})


def finish_copy(part: Path, image: Path) -> Path:
    """Put a copy that is whole in place; copies of earlier states of the image go."""
    place = part.with_name(part.name.removesuffix(_PART) + _ENDING)
    facts = {"schema_version": 1, "image": str(image.absolute()), "bytes": _size(part)}
    write_json(part / _FACTS, facts)
    with writing(place):
        (part / _SO_FAR).unlink(missing_ok=True)
        replace_folder(part, place)
    return place


def list_copies() -> list[BrowsingCopy]:
    """All copies, those used longest ago first; unfinished ones are among them.

    What a program killed while it removed a copy has left of it goes.
    """
    found = []
    with suppress(OSError):
        for folder in list(copies_folder().iterdir()):
            if folder.name.endswith(_GONE):
                shutil.rmtree(folder, ignore_errors=True)
            elif folder.name.endswith((_ENDING, _PART)):
                found += _described(folder)
    return sorted(found, key=lambda copy: copy.used)


def delete_copies_of(image: Path, keep: Iterable[Path] = ()) -> int:
    """Remove the copies of an image, finished or not, however it was read; returns the bytes that became free."""
    kept, wanted = set(keep), image.absolute()
    return sum(_remove(copy) for copy in list_copies() if copy.image == wanted and copy.folder not in kept)


def make_room(needed: int, most: int, keep: Path) -> bool:
    """Remove copies, those used longest ago first, until ``needed`` more bytes fit into ``most``.

    Args:
        needed: Bytes that will be written.
        most: Bytes that all copies may take.
        keep: A copy that stays.

    Returns:
        Whether they fit.
    """
    copies = [copy for copy in list_copies() if copy.folder != keep]
    taken = sum(copy.nbytes for copy in copies)
    for copy in copies:
        if taken + needed <= most:
            break
        taken -= _remove(copy)
    return needed <= most


def worth_a_copy(volume: Volume) -> bool:
    """Whether an image could be browsed faster by a copy."""
    form = None if volume.path is None else format_of(volume.path)
    lies_in_pieces = form is not None and form.in_pieces
    return volume.path is not None and not volume.smaller and not lies_in_pieces


def copy_bytes(volume: Volume) -> int:
    """How much a copy takes at most: smaller resolutions, each a fourth of the last, add a third."""
    return volume.nbytes * volume.times * 4 // 3  # 1 + 1/4 + 1/16 + … is 4/3


def _key(image: Path, reading: ImageReading) -> str:
    said = reading.model_dump(exclude={"voxel_size"})
    form = format_of(image)
    files = (image,) if form is None or form.files is None else form.files(image)
    states = [[str(file.resolve()), disk_state(file)] for file in files]
    return hashlib.sha256(json.dumps([states, said], sort_keys=True).encode()).hexdigest()[:_KEY_LETTERS]


def _described(folder: Path) -> list[BrowsingCopy]:
    for name, whole in ((_FACTS, True), (_SO_FAR, False)):
        try:
            facts = read_json(folder / name)
            nbytes = int(facts["bytes"]) if whole else _size(folder)
            used = (folder / name).stat().st_mtime
            return [BrowsingCopy(folder, Path(facts["image"]), nbytes, used, whole)]
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return []


def _size(folder: Path) -> int:
    return sum(Path(at, name).stat().st_size for at, _, names in os.walk(folder) for name in names)


def _remove(copy: BrowsingCopy) -> int:
    gone = copy.folder.with_name(f".{copy.folder.name}{_GONE}")
    with suppress(OSError):
        copy.folder.replace(gone)  # no program finds half a copy
        shutil.rmtree(gone, ignore_errors=True)
        return copy.nbytes
    return 0
