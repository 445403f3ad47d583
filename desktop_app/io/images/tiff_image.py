"""Which pictures, in which files, make up the image that a TIFF file belongs to.

A file may hold one image, several, or a part of one: OME-TIFF and Micro-Manager spread an image over files that name
each other, or describe every position of a stage in the file of each.
"""

from __future__ import annotations

import math
import struct
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np
import tifffile

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.images.image_format import Series, choose_series, distinct
from desktop_app.io.images.micro_manager import require_recorded
from desktop_app.io.images.ome_description import (
    COMPANION,
    LONGEST_DESCRIPTION,
    described_elsewhere,
    file_name_of,
    named_elsewhere,
    outside_of_folder,
    tag_of,
)
from desktop_app.io.images.tiff_damage import DAMAGE

_POSITION = "R"
_MOST_RESOLUTIONS = 24  # each half the one before: more than any image has pixels
_DESCRIPTION, _MICRO_MANAGER = 270, 51123  # tags of a page, in ascending order
_BIG_TIFF, _MOST_TAGS = 43, 1000  # version number of a BigTIFF by its specification; more entries than anybody writes
_NAMES_A_FILE = (b"FileName", b"MetadataFile")
_LOOK_BYTES = 4096  # read at once: a page of the disk, which mostly holds the first tags, too
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
        offset: Where the voxels begin that lie in one piece in one file, as they are in memory; None where they are
            spread, packed or bits.
        names: Of all images in the file.
        chosen: Place of this one among them.
        files: The files that it lies in, in the order of its pictures.
        smaller: The same image with fewer pixels, as a pyramid (SubIFDs) holds it.
    """

    axes: str
    shape: tuple[int, ...]
    pages: list[Any]
    keyframe: Any
    offset: int | None
    names: tuple[str, ...]
    chosen: int
    files: tuple[Path, ...]
    smaller: tuple[TiffImage, ...] = ()


@dataclass(frozen=True, slots=True)
class OmeImages:
    """What the description of an OME-TIFF file tells of images that lie in it; nothing in other files.

    Attributes:
        names: Of its images.
        chosen: Place of the one that is opened.
        series: What is said of each.
        description: OME-XML of that one alone; "" where the file is to be opened as it is.
    """

    names: tuple[str, ...] = ()
    chosen: int = 0
    series: tuple[Series, ...] = ()
    description: str = ""


@contextmanager
def opened(path: Path, wanted: str = "") -> Iterator[tuple[tifffile.TiffFile, OmeImages]]:
    """An open TIFF file that knows only of the image that it belongs to, and the others that its description tells of.

    Args:
        path: The file.
        wanted: Name or number of one of the images in the file.

    Raises:
        UnreadableFileError: If its description names files outside of its folder, promises more than it can hold, or
            has no image ``wanted``.
    """
    with tifffile.TiffFile(path) as tif:
        if tif.is_micromanager:
            require_recorded(path, tif)
        xml = described_elsewhere(path, tif.ome_metadata)
        images = OmeImages() if xml is None else own_images(path, xml, wanted)
        if not images.description:
            yield tif, images
            return
    with tifffile.TiffFile(path, omexml=images.description) as tif:
        yield tif, images


def stored_image(path: Path, tif: tifffile.TiffFile, images: OmeImages, wanted: str = "") -> TiffImage:
    """The image of an open file.

    Args:
        path: The file.
        tif: As it was opened.
        images: What its description tells of.
        wanted: Name or number of one of the images in the file.

    Raises:
        UnreadableFileError: If parts of it lie outside of its folder, or there is no image ``wanted``.
    """
    if len(images.names) > 1:
        return _whole(path, tif.series[0], images.names, images.chosen)
    series = tif.series[0]
    if series.kind == "mmstack" and _POSITION in series.get_axes(False):
        return _own_position(path, tif, wanted)
    groups = written_picture_by_picture(tif.series)
    names = distinct([group[0].name for group in groups])
    chosen = choose_series(path, names, wanted)
    group = groups[chosen]
    if len(group) == 1:
        return _whole(path, group[0], names, chosen)
    axes, shape = "I" + group[0].get_axes(False), (len(group), *group[0].get_shape(False))
    pages = [one[0] for one in group]
    return TiffImage(axes, shape, pages, group[0].keyframe, None, names, chosen, _files(path, pages))


def series_of_image(path: Path) -> tuple[Series, ...]:
    """The images in a file, in its order."""
    with opened(path) as (tif, images):
        if len(images.names) > 1:
            return images.series
        first = tif.series[0]
        if first.kind == "mmstack" and _POSITION in first.get_axes(False):
            shape = tuple(n for n, axis in zip(first.shape, first.axes, strict=True) if axis != _POSITION)
            axes = first.axes.replace(_POSITION, "")
            return tuple(Series(name, axes, shape, str(first.dtype)) for name in _positions(tif)[0])
        groups = written_picture_by_picture(tif.series)
        names = distinct([group[0].name for group in groups])
        return tuple(_described(name, group) for name, group in zip(names, groups, strict=True))


def _described(name: str, group: list[Any]) -> Series:
    one = group[0]
    more = ("I", (len(group),)) if len(group) > 1 else ("", ())
    return Series(name, more[0] + one.axes, (*more[1], *one.shape), str(one.dtype))


def _whole(path: Path, series: Any, names: tuple[str, ...], chosen: int) -> TiffImage:
    key = series.keyframe
    offset = None if series.is_multifile else series.dataoffset
    if offset is not None and (not key.is_memmappable or key.dtype is None or key.dtype.kind == "b"):
        offset = None
    # voxels in one piece need no other page: reading the tags of all takes most of the time of opening a stack
    pages = [series[i] for i in range(len(series.pages))] if offset is None else [key]
    axes, shape = series.get_axes(False), tuple(series.get_shape(False))
    levels = [] if series.is_multifile else [level for level in series.levels[1:] if level is not series]
    smaller = tuple(_whole(path, level, names, chosen) for level in levels[:_MOST_RESOLUTIONS])
    return TiffImage(axes, shape, pages, series.keyframe, offset, names, chosen, _files(path, pages), smaller)


def files_of_image(path: Path) -> tuple[Path, ...]:
    """The files that make up the image of a file; itself alone where it cannot be read."""
    try:
        if not _tells_of_files(path):
            return (path,)
        with opened(path) as (tif, images):
            files = stored_image(path, tif, images).files
            named = named_elsewhere(tif.pages.first.description)
            return (*files, path.with_name(named)) if named.lower().endswith(COMPANION) else files
    except (*DAMAGE, UnreadableFileError):
        return (path,)


def missing_files(path: Path, tif: tifffile.TiffFile) -> tuple[str, ...]:
    """Names of the files that the description of an image tells of and that are not there."""
    root = ET.fromstring(tif.ome_metadata or "<OME/>")
    names = dict.fromkeys(name for name in (file_name_of(e) for e in root.iter()) if name)
    return tuple(name for name in names if not path.with_name(name).is_file())


def _tells_of_files(path: Path) -> bool:
    """Whether the first page may tell of other files; found without the library, because folders hold thousands."""
    with path.open("rb", buffering=0) as file:
        start = file.read(_LOOK_BYTES)

        def at(place: int, count: int) -> bytes:
            if place + count <= len(start):
                return start[place : place + count]
            file.seek(place)
            return file.read(count) or b""

        head = start[:16]  # bytes: the head of a BigTIFF
        order = "<" if head.startswith(b"II") else ">"
        big = len(head) == 16 and struct.unpack(order + "H", head[2:4])[0] == _BIG_TIFF  # bytes
        count, entry, place = ("Q", "HHQQ", head[8:16]) if big else ("H", "HHII", head[4:8])
        (first,) = struct.unpack(order + ("Q" if big else "I"), place)
        length = struct.calcsize("=" + count)
        (tags,) = struct.unpack(order + count, at(first, length))
        entries = at(first + length, struct.calcsize("=" + entry) * min(tags, _MOST_TAGS))
        for tag, _, letters, where in struct.iter_unpack(order + entry, entries):
            told = tag == _DESCRIPTION and letters > min(map(len, _NAMES_A_FILE))
            text = at(where, min(letters, LONGEST_DESCRIPTION)) if told else b""
            if tag == _MICRO_MANAGER or any(name in text for name in _NAMES_A_FILE):
                return True
            if tag > _MICRO_MANAGER:
                break
    return False


def written_picture_by_picture(series: list[Any]) -> list[list[Any]]:
    """The series of a file, those together that are single pictures alike.

    So a program leaves a stack that calls “write” for each of its slices.
    """
    groups: dict[Any, list[Any]] = {}
    for number, one in enumerate(series):
        single = one.kind == "shaped" and len(one.pages) == 1 and set(one.axes) <= set("YXS")
        groups.setdefault((one.axes, one.shape, one.dtype) if single else number, []).append(one)
    return list(groups.values())


def _positions(tif: tifffile.TiffFile) -> tuple[tuple[str, ...], list[int]]:
    """Names of the positions of a Micro-Manager file, and the place of each among the pictures of its series."""
    found = np.unique(tif.micromanager_metadata["IndexMap"][:, 3]) if tif.micromanager_metadata else np.zeros(1, int)
    places = [int(p) if tif.series[0].is_multifile else i for i, p in enumerate(found)]
    return tuple(f"Position {int(p) + 1}" for p in found), places


def _own_position(path: Path, tif: tifffile.TiffFile, wanted: str) -> TiffImage:
    """The pictures of one position of a Micro-Manager file, without the axis of positions."""
    series = tif.series[0]
    axes, shape = series.get_axes(False), tuple(series.get_shape(False))
    pages = [series[i] for i in range(len(series.pages))]
    names, places = _positions(tif)
    chosen = choose_series(path, names, wanted)
    axis = axes.index(_POSITION)
    lead = next(n for n in range(len(shape) + 1) if n > axis and math.prod(shape[:n]) == len(pages))
    grid = np.empty(len(pages), object)
    grid[:] = pages
    own = np.take(grid.reshape(shape[:lead]), places[chosen], axis=axis).ravel().tolist()
    axes, shape = axes[:axis] + axes[axis + 1 :], shape[:axis] + shape[axis + 1 :]
    return TiffImage(axes, shape, own, series.keyframe, None, names, chosen, _files(path, own))


def file_names(pages: Sequence[Any]) -> list[str]:
    """Path of the file that each page is in; found once for each file, as a stack has thousands of pages."""
    parents = [page.parent for page in pages]
    names = {id(parent): str(parent.filehandle.path) for parent in {id(parent): parent for parent in parents}.values()}
    return [names[id(parent)] for parent in parents]


def _files(path: Path, pages: list[Any]) -> tuple[Path, ...]:
    names = dict.fromkeys(file_names([page for page in pages if page is not None]))
    files = tuple(path if Path(name).name == path.name else Path(name) for name in names)
    folder = path.parent.resolve()
    for file in files:
        if file != path and not file.resolve().is_relative_to(folder):
            raise outside_of_folder(path, str(file))
    return files


def own_images(path: Path, xml: str, wanted: str) -> OmeImages:
    """The images of OME-XML that lie in a file.

    Args:
        path: The file.
        xml: Its description.
        wanted: Name or number of one of its images.

    Raises:
        UnreadableFileError: If it names files outside of the folder, promises more than there can be, or has no image
            ``wanted``.
    """
    try:
        root = ET.fromstring(xml)
    except ET.ParseError:
        return OmeImages()
    images = [element for element in root if tag_of(element) == "Image"]
    if not images:
        return OmeImages()
    own = [image for image in images if _lies_in(image, path.name)] or images[:1]
    names = distinct([image.get("Name", "") for image in own])
    series = tuple(description_of(name, image) for name, image in zip(names, own, strict=True))
    chosen = choose_series(path, names, wanted)
    _require_possible(path, own[chosen])
    if len(images) == 1 and not any(file_name_of(e) for e in root.iter()):
        return OmeImages(names, chosen, series)
    for image in images:
        if image is not own[chosen]:
            root.remove(image)
    return OmeImages(names, chosen, series, ET.tostring(root, encoding="unicode"))


def description_of(name: str, image: ET.Element) -> Series:
    """What OME-XML says of an image."""
    pixels = next((element for element in image if tag_of(element) == "Pixels"), None)
    facts = {} if pixels is None else pixels.attrib
    sizes = [(axis, facts.get(f"Size{axis}", "1")) for axis in "TCZYX"]
    lengths = [(axis, int(size)) for axis, size in sizes if size.isdecimal() and (size != "1" or axis in "YX")]
    return Series(name, "".join(a for a, _ in lengths), tuple(n for _, n in lengths), facts.get("Type", ""))


def _lies_in(image: ET.Element, name: str) -> bool:
    """Whether pictures of an image lie in the file of that name; a picture without a file lies in this one."""
    named = [[file_name_of(e) for e in data if file_name_of(e)] for data in image.iter() if tag_of(data) == "TiffData"]
    return not named or any(not names or name.casefold() in (n.casefold() for n in names) for names in named)


def _require_possible(path: Path, image: ET.Element) -> None:
    """The files that an image names lie beside it, and its pictures can fit into them."""
    named = {name for name in (file_name_of(e) for e in image.iter()) if name}
    folder = path.parent.resolve()
    files = {path}
    for name in named:
        file = path.parent / name
        if len(PureWindowsPath(name).parts) != 1 or not file.resolve().is_relative_to(folder):
            raise outside_of_folder(path, name)
        if file.exists() and not file.is_file():
            raise UnreadableFileError(path, f"{name}, which it belongs together with, is no file.")
        files |= {file} if file.exists() else set()
    room = sum(file.stat().st_size for file in files) // _SMALLEST_PICTURE_BYTES
    for element in image.iter():
        facts = element.attrib
        counts = [math.prod(int(facts.get(f"Size{axis}", 1)) for axis in "ZCT")] if tag_of(element) == "Pixels" else []
        counts += (
            [int(facts.get(key, 0)) for key in ("PlaneCount", "NumPlanes")] if tag_of(element) == "TiffData" else []
        )
        if max(counts, default=0) > max(room, 1):
            raise UnreadableFileError(
                path, f"it promises {max(counts):,} pictures, which its size cannot hold.", hint="Copy it again."
            )
