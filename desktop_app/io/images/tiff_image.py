"""Which pictures, in which files, make up the image that a TIFF file belongs to.

A file may hold one image, several, or a part of one: OME-TIFF and Micro-Manager spread an image over files that name
each other, or describe every position of a stage in the file of each.
"""

from __future__ import annotations

import math
import struct
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np
import tifffile

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.images.tiff_damage import DAMAGE

_POSITION = "R"
_DESCRIPTION, _MICRO_MANAGER = 270, 51123  # tags of a page, in ascending order
_BIG_TIFF, _MOST_TAGS = 43, 1000  # version number of a BigTIFF by its specification; more entries than anybody writes
_NAMES_A_FILE = b"FileName"
_LONGEST_DESCRIPTION = 64 * 2**20  # bytes: more than OME-XML takes, and a bound for what a file may claim
_SMALLEST_PICTURE_BYTES = 12  # a single tag; less cannot describe a picture


@dataclass(frozen=True, slots=True)
class TiffImage:
    """An image as it is stored.

    Attributes:
        axes: One letter per stored axis.
        shape: Length of each.
        pages: Its pictures in the order of the axes that they are spread over; None where one is missing. A single
            page where all voxels follow it in one piece.
        keyframe: A page with the tags that all share.
        offset: Where the voxels begin that lie in one piece in one file; None where they are spread.
        further: How many other images the file holds.
        files: The files that it lies in, in the order of its pictures.
    """

    axes: str
    shape: tuple[int, ...]
    pages: list[Any]
    keyframe: Any
    offset: int | None
    further: int
    files: tuple[Path, ...]


@contextmanager
def opened(path: Path) -> Iterator[tuple[tifffile.TiffFile, int]]:
    """An open TIFF file that knows only of the image that it belongs to, and how many other images lie in it.

    Raises:
        UnreadableFileError: If its description names files outside of its folder, or promises more than it can hold.
    """
    with tifffile.TiffFile(path) as tif:
        xml = tif.ome_metadata
        own, further = (None, 0) if xml is None else _own_description(path, xml)
        if own is None:
            yield tif, len(tif.series) - 1
            return
    with tifffile.TiffFile(path, omexml=own) as tif:
        yield tif, further


def stored_image(path: Path, tif: tifffile.TiffFile, further: int) -> TiffImage:
    """The image of an open file.

    Args:
        path: The file.
        tif: As it was opened.
        further: How many other images lie in it.

    Raises:
        UnreadableFileError: If parts of it lie outside of its folder.
    """
    series = tif.series[0]
    axes, shape = series.get_axes(False), tuple(series.get_shape(False))
    pages = [series[i] for i in range(len(series.pages))]
    offset = None if series.is_multifile else series.dataoffset
    if further and _written_picture_by_picture(tif.series):
        axes, shape, further = "I" + axes, (len(tif.series), *shape), 0
        pages, offset = [one[0] for one in tif.series], None
    if series.kind == "mmstack" and _POSITION in axes:
        axes, shape, pages, further = _own_position(tif, axes, shape, pages)
        offset = None
    return TiffImage(axes, shape, pages, series.keyframe, offset, further, _files(path, pages))


def files_of_image(path: Path) -> tuple[Path, ...]:
    """The files that make up the image of a file; itself alone where it cannot be read."""
    try:
        if not _tells_of_files(path):
            return (path,)
        with opened(path) as (tif, further):
            return stored_image(path, tif, further).files
    except (*DAMAGE, UnreadableFileError):
        return (path,)


def missing_files(path: Path, tif: tifffile.TiffFile) -> tuple[str, ...]:
    """Names of the files that the description of an image tells of and that are not there."""
    root = ET.fromstring(tif.ome_metadata or "<OME/>")
    names = dict.fromkeys(name for name in (_file_name(e) for e in root.iter()) if name)
    return tuple(name for name in names if not path.with_name(name).is_file())


def _tells_of_files(path: Path) -> bool:
    """Whether the first page may tell of other files; found without the library, because folders hold thousands."""
    with path.open("rb") as file:
        head = file.read(16)
        order = "<" if head.startswith(b"II") else ">"
        big = len(head) == 16 and struct.unpack(order + "H", head[2:4])[0] == _BIG_TIFF
        count, entry, at = ("Q", "HHQQ", head[8:16]) if big else ("H", "HHII", head[4:8])
        file.seek(struct.unpack(order + ("Q" if big else "I"), at)[0])
        (tags,) = struct.unpack(order + count, file.read(struct.calcsize("=" + count)))
        entries = file.read(struct.calcsize("=" + entry) * min(tags, _MOST_TAGS))
        for tag, _, length, place in struct.iter_unpack(order + entry, entries):
            if tag == _MICRO_MANAGER:
                return True
            if tag == _DESCRIPTION and length > len(_NAMES_A_FILE):
                file.seek(place)
                if _NAMES_A_FILE in file.read(min(length, _LONGEST_DESCRIPTION)):
                    return True
    return False


def _written_picture_by_picture(series: list[Any]) -> bool:
    """Whether all series are single pictures alike, as a program leaves them that calls “write” for each slice."""
    first = series[0]
    return first.kind == "shaped" and all(
        len(one.pages) == 1 and one.ndim == 2 and (one.shape, one.dtype) == (first.shape, first.dtype) for one in series
    )


def _own_position(
    tif: tifffile.TiffFile, axes: str, shape: tuple[int, ...], pages: list[Any]
) -> tuple[str, tuple[int, ...], list[Any], int]:
    """The pictures of the first position of a Micro-Manager file, without the axis of positions."""
    positions = np.unique(tif.micromanager_metadata["IndexMap"][:, 3]) if tif.micromanager_metadata else np.zeros(1)
    axis = axes.index(_POSITION)
    lead = next(n for n in range(len(shape) + 1) if n > axis and math.prod(shape[:n]) == len(pages))
    grid = np.empty(len(pages), object)
    grid[:] = pages
    place = int(positions[0]) if tif.series[0].is_multifile else 0
    own = np.take(grid.reshape(shape[:lead]), place, axis=axis)
    return axes[:axis] + axes[axis + 1 :], shape[:axis] + shape[axis + 1 :], own.ravel().tolist(), len(positions) - 1


def _files(path: Path, pages: list[Any]) -> tuple[Path, ...]:
    names = dict.fromkeys(str(page.parent.filehandle.path) for page in pages if page is not None)
    files = tuple(path if Path(name).name == path.name else Path(name) for name in names)
    folder = path.parent.resolve()
    for file in files:
        if file != path and not file.resolve().is_relative_to(folder):
            raise _outside(path, str(file))
    return files


def _own_description(path: Path, xml: str) -> tuple[str | None, int]:
    """OME-XML of the image alone that a file belongs to, None where it is the only one, and how many others lie in it.

    Raises:
        UnreadableFileError: If it names files outside of the folder, or promises more than there can be.
    """
    try:
        root = ET.fromstring(xml)
    except ET.ParseError:
        return None, 0
    images = [element for element in root if _tag(element) == "Image"]
    if not images:
        return None, 0
    own = [image for image in images if _lies_in(image, path.name)] or images[:1]
    _require_possible(path, own[0])
    if len(own) == len(images) and not any(_file_name(e) for e in root.iter()):
        return None, 0
    for image in images:
        if image is not own[0]:
            root.remove(image)
    return ET.tostring(root, encoding="unicode"), len(own) - 1


def _lies_in(image: ET.Element, name: str) -> bool:
    """Whether pictures of an image lie in the file of that name; a picture without a file lies in this one."""
    named = [[_file_name(e) for e in data if _file_name(e)] for data in image.iter() if _tag(data) == "TiffData"]
    return not named or any(not names or name.casefold() in (n.casefold() for n in names) for names in named)


def _require_possible(path: Path, image: ET.Element) -> None:
    """The files that an image names lie beside it, and its pictures can fit into them."""
    named = {name for name in (_file_name(e) for e in image.iter()) if name}
    folder = path.parent.resolve()
    files = {path}
    for name in named:
        file = path.parent / name
        if len(PureWindowsPath(name).parts) != 1 or not file.resolve().is_relative_to(folder):
            raise _outside(path, name)
        if file.exists() and not file.is_file():
            raise UnreadableFileError(path, f"{name}, which it belongs together with, is no file.")
        files |= {file} if file.exists() else set()
    room = sum(file.stat().st_size for file in files) // _SMALLEST_PICTURE_BYTES
    for element in image.iter():
        facts = element.attrib
        counts = [math.prod(int(facts.get(f"Size{axis}", 1)) for axis in "ZCT")] if _tag(element) == "Pixels" else []
        counts += [int(facts.get(key, 0)) for key in ("PlaneCount", "NumPlanes")] if _tag(element) == "TiffData" else []
        if max(counts, default=0) > max(room, 1):
            raise UnreadableFileError(
                path, f"it promises {max(counts):,} pictures, which its size cannot hold.", hint="Copy it again."
            )


def _outside(path: Path, name: str) -> UnreadableFileError:
    return UnreadableFileError(
        path, f"it points to a file outside of its folder ({name}), which is not opened.",
        hint="Put all files of this image into one folder.",
    )  # fmt: skip


def _file_name(element: ET.Element) -> str:
    return element.get("FileName", "") if _tag(element) == "UUID" else ""


def _tag(element: ET.Element) -> str:
    return element.tag.rsplit("}", 1)[-1]
