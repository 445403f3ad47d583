"""CZI images of Zeiss microscopes, read lazily: scenes, mosaics, and all ways in which ZEN packs pixels.

Source: the description of the format as libCZI implements it (github.com/ZEISS/libczi, documentation of ZISRAW).
"""

from __future__ import annotations

import itertools
import math
import struct
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import AS_STATED, ImageReading, Volume, VoxelSize
from desktop_app.io.images.czi_pixels import decoded
from desktop_app.io.images.image_format import ImageFormat, Series, choose_series, others_note, signatures
from desktop_app.io.images.memory import require_memory
from desktop_app.io.images.page_cache import CACHE_BYTES, ArrayCache
from desktop_app.io.images.stored_voxels import DAMAGE, Stated, damaged, stored_volume, with_smaller
from desktop_app.io.images.voxel_sizes import voxel_size

_LEAD = "TCZ"  # axes that lead to a picture; others (phases, rotations, views) stand at their first place
_SEGMENT_HEAD = 32  # bytes in front of what a segment holds
_SUBBLOCK = "<iiq"  # what a tile begins with: bytes of its notes, of attachments, of its pixels
_ENTRY = 240  # bytes that the directory entry of a tile takes at least
_PROMISED, _MOST_MISSING = 10_000, 100
"""So many pictures may always be missing, and of more so many times as many as there are: a recording that was stopped
lacks some of them, hardly ever 99 of 100."""
_PROMISED_PIXELS, _MOST_BARE = 10**8, 100_000
"""The same of the pixels that a picture spans and its tiles cover: four positions of 2048² px at the corners of a slide
of 75 × 25 mm, at 0.1 µm a pixel, cover one of 11,000."""
_COPY_AGAIN = "Copy it again from the microscope."
_DPI, _UM_OF_AN_INCH, _SAME = (72, 96, 100, 150, 200, 300, 600), 25_400, 1e-4
"""Resolutions of screens and printers, which a camera writes that knows of no lens; how close counts as one of them."""
_LOOKED_AT = 256  # places along an edge at which it is checked that an overview shows all of the picture
_LEFT_OUT = {"H": "phases", "I": "illuminations", "R": "rotations", "B": "blocks", "V": "views"}


@dataclass(frozen=True, slots=True)
class _Tile:
    """A piece of a picture: its place on the stage in pixels, and the segment of the file that holds it.

    ``head`` is the length of the segment's own directory entry, in bytes.
    """

    row: int
    column: int
    shape: tuple[int, int, int]
    at: int
    head: int
    packing: int


_Placed: TypeAlias = tuple[dict[str, int], _Tile]
_Pictures: TypeAlias = dict[tuple[int, int, int], list[_Tile]]
_Places: TypeAlias = tuple[tuple[tuple[int, int], tuple[int, int]], ...]


@dataclass(frozen=True, slots=True)
class _Scene:
    """One image of the file: all tiles of a resolution, by time point, channel and slice."""

    name: str
    shape: tuple[int, int, int, int, int, int]
    dtype: np.dtype[Any]
    tiles: _Pictures
    notes: tuple[str, ...]
    smaller: tuple[_Scene, ...] = ()

    @property
    def axes(self) -> str:
        return "TCZYXS" if self.shape[-1] > 1 else "TCZYX"

    @property
    def full_shape(self) -> tuple[int, ...]:
        return self.shape if self.shape[-1] > 1 else self.shape[:-1]


def open_czi(path: Path, cache_bytes: int = CACHE_BYTES, reading: ImageReading = AS_STATED) -> Volume:
    """A volume over one scene of a CZI file.

    Args:
        path: The file.
        cache_bytes: Memory for decoded tiles.
        reading: Which scene, and what the user said of its axes.

    Raises:
        UnreadableFileError: If the file is cut off or damaged.
    """
    try:
        with _opened(path) as file:
            text = file.metadata()
            scenes = _scenes(path, file, text)
        names = [scene.name for scene in scenes]
        chosen = choose_series(path, names, reading.series)
        scene = scenes[chosen]
        stated = _stated(text, (*scene.notes, *others_note(names, chosen)))
        array = CziArray(path, scene, ArrayCache(cache_bytes))
        volume = stored_volume(
            path, array, scene.axes, stated, open_czi, cache_bytes, reading, name=path.stem, rgb=scene.shape[-1] > 1,
            alpha=scene.shape[-1] == 4,
        )  # fmt: skip
        arrays = (CziArray(path, one, array.cache) for one in scene.smaller)
        return with_smaller(volume, arrays, scene.axes, alpha=scene.shape[-1] == 4)
    except DAMAGE as error:
        raise damaged(path, error) from error


def czi_series(path: Path) -> tuple[Series, ...]:
    """The scenes of a file."""
    try:
        with _opened(path) as file:
            return tuple(
                Series(s.name, s.axes, s.full_shape, s.dtype.name) for s in _scenes(path, file, file.metadata())
            )
    except DAMAGE as error:
        raise damaged(path, error) from error


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The file within a block; a part of it that is not there is damage as any other."""
    import czifile

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of files that were not closed after recording, and segments of newer versions
        try:
            with czifile.CziFile(str(path)) as file:
                yield file
        except czifile.SegmentNotFoundError as error:
            raise EOFError(str(error)) from error


def _scenes(path: Path, file: Any, text: str) -> list[_Scene]:
    found: dict[int, list[_Placed]] = {}
    overviews: dict[tuple[int, int], list[_Placed]] = {}
    dtypes = set()
    for entry in file.subblock_directory:
        start = {d.dimension: int(d.start) for d in entry.dimension_entries}
        shape, stored = (dict(zip(entry.axes, one, strict=True)) for one in (entry.shape, entry.stored_shape))
        size = (stored["Y"], stored["X"], stored.get("0", 1))
        tile = _Tile(start["Y"], start["X"], size, entry.file_position, entry.storage_size, int(entry.compression))
        scene = start.get("S", 0)
        if shape == stored:
            found.setdefault(scene, []).append((start, tile))
            dtypes.add(np.dtype(entry.dtype).base)
        elif factor := _factor(shape, stored):
            overviews.setdefault((scene, factor), []).append((start, tile))
    if not found:
        raise UnreadableFileError(path, "there is no picture in it.", hint="Copy it again from the microscope.")
    if len(dtypes) > 1:
        raise UnreadableFileError(path, "its channels differ in type.", hint="Export them one by one in ZEN.")
    names = _scene_names(text)
    dtype = dtypes.pop()
    scenes = []
    for number, tiles in sorted(found.items()):
        smaller = {factor: placed for (scene, factor), placed in sorted(overviews.items()) if scene == number}
        scenes.append(_scene(names.get(number, f"scene {number + 1}"), tiles, smaller, dtype))
        _require_recorded(path, scenes[-1])
    return scenes


def _factor(shape: dict[str, int], stored: dict[str, int]) -> int:
    """How many rows and columns one of an overview stands for; 0 where it is no whole number, or not the same."""
    factor = max(1, round(shape["X"] / max(1, stored["X"])))
    fits = all(stored[axis] in (shape[axis] // factor, -(-shape[axis] // factor)) for axis in "YX")
    return factor if fits else 0


def _scene(name: str, tiles: list[_Placed], overviews: dict[int, list[_Placed]], dtype: np.dtype[Any]) -> _Scene:
    """Tiles sorted into pictures that all cover the same part of the stage."""
    first = {axis: min(start.get(axis, 0) for start, _ in tiles) for axis in "TCZ"}
    notes = []
    for axis, word in _LEFT_OUT.items():
        places = {start.get(axis, 0) for start, _ in tiles}
        if len(places) > 1:
            notes.append(f"The file holds {len(places)} {word}; only the first is used.")
            tiles = [(start, tile) for start, tile in tiles if start.get(axis, 0) == min(places)]
            overviews = {}
    top, left = min(tile.row for _, tile in tiles), min(tile.column for _, tile in tiles)
    bottom = max(tile.row + tile.shape[0] for _, tile in tiles)
    right = max(tile.column + tile.shape[1] for _, tile in tiles)
    pictures = _pictures(tiles, first, (top, left))
    t, c, z = (max(place[i] for place in pictures) + 1 for i in range(3))
    missing = t * c * z - len(pictures)
    if missing:
        notes.append(f"{missing} of its {t * c * z} pictures were never recorded; they are shown black.")
    size = (bottom - top, right - left, tiles[0][1].shape[2])
    smaller = []
    for factor, placed in overviews.items():
        own = _pictures(placed, first, (top, left), factor)
        if _stands_for(own, pictures, size[:2], factor):
            rows, columns = (-(-n // factor) for n in size[:2])
            smaller.append(_Scene(name, (t, c, z, rows, columns, size[2]), dtype, own, ()))
    return _Scene(name, (t, c, z, *size), dtype, pictures, tuple(notes), tuple(smaller))


def _pictures(tiles: list[_Placed], first: dict[str, int], corner: tuple[int, int], factor: int = 1) -> _Pictures:
    """Tiles by time point, channel and slice, with their places in the picture that begins at a corner of the stage."""
    pictures: _Pictures = {}
    for start, tile in sorted(tiles, key=lambda each: each[0].get("M", 0)):
        place = (start.get("T", 0) - first["T"], start.get("C", 0) - first["C"], start.get("Z", 0) - first["Z"])
        row, column = ((at - edge) / factor for at, edge in zip((tile.row, tile.column), corner, strict=True))
        if row % 1 or column % 1:
            return {}  # between two pixels of the smaller picture
        pictures.setdefault(place, []).append(replace(tile, row=int(row), column=int(column)))
    return pictures


def _stands_for(own: _Pictures, full: _Pictures, size: tuple[int, int], factor: int) -> bool:
    """Whether smaller pictures show all that the full ones show."""
    if own.keys() != full.keys():
        return False
    samples = {tile.shape[2] for pictures in (own, full) for tiles in pictures.values() for tile in tiles}
    step = max(1, *(n // _LOOKED_AT for n in size))
    grid = tuple(-(-n // step) for n in size)

    def covered(places: _Places, scale: int) -> NDArray[np.bool_]:
        seen = np.zeros(grid, np.bool_)
        for spans in places:
            seen[tuple(slice(-(-a * scale // step), -(-(a + n) * scale // step)) for a, n in spans)] = True
        return seen

    layouts = {(_places(full[p]), _places(own[p])) for p in full}  # few, however many pictures there are
    return len(samples) == 1 and all(not (covered(a, 1) & ~covered(b, factor)).any() for a, b in layouts)


def _places(tiles: list[_Tile]) -> _Places:
    """The first row and the rows, the first column and the columns of each."""
    return tuple(((tile.row, tile.shape[0]), (tile.column, tile.shape[1])) for tile in tiles)


def _require_recorded(path: Path, scene: _Scene) -> None:
    """What the places of a few tiles promise is not believed without end."""
    promised, there = math.prod(scene.shape[:3]), len(scene.tiles)
    if promised > max(_PROMISED, _MOST_MISSING * there):
        raise UnreadableFileError(path, f"it promises {promised:,} pictures and holds {there:,}.", hint=_COPY_AGAIN)
    pixels = math.prod(scene.shape[3:5])
    covered = max(sum(math.prod(tile.shape[:2]) for tile in tiles) for tiles in scene.tiles.values())
    if pixels > max(_PROMISED_PIXELS, _MOST_BARE * covered):
        size = f"{scene.shape[4]:,} × {scene.shape[3]:,} pixels"
        raise UnreadableFileError(
            path,
            f"its tiles lie so far apart that they make {size}, of which they cover {covered:,}.",
            hint=_COPY_AGAIN,
        )


class CziArray:
    """The pictures of a scene, put together from their tiles as far as they are asked for. Not for two threads at once.

    Args:
        path: The file.
        scene: Its tiles.
        cache: Decoded tiles of all resolutions.
    """

    def __init__(self, path: Path, scene: _Scene, cache: ArrayCache) -> None:
        self.shape, self.dtype = scene.full_shape, scene.dtype
        self._path, self._tiles, self._samples = path, scene.tiles, scene.shape[-1]
        self.cache = cache

    def __getitem__(self, index: Any) -> NDArray[Any]:
        """A part of it."""
        spans = [range(i, i + 1) if not isinstance(i, slice) else range(i.start, i.stop) for i in index]
        counts = [len(span) for span in spans[: len(_LEAD)]]
        rows, columns = spans[len(_LEAD) : len(_LEAD) + 2]
        out = np.zeros((*counts, len(rows), len(columns), self._samples), self.dtype)
        for number in np.ndindex(*counts):
            place = tuple(span[n] for span, n in zip(spans, number, strict=False))
            for tile in self._tiles.get(place, ()):
                self._paste(tile, out[number], rows.start, columns.start)
        samples = index[len(_LEAD) + 2] if self._samples > 1 else 0
        kept = tuple(slice(None) if isinstance(i, slice) else 0 for i in index[: len(_LEAD) + 2])
        return out[(*kept, samples)]

    def _paste(self, tile: _Tile, out: NDArray[Any], top: int, left: int) -> None:
        """Copy the overlap of a tile into a picture that begins at (top, left)."""
        r0, r1 = max(tile.row, top), min(tile.row + tile.shape[0], top + out.shape[0])
        c0, c1 = max(tile.column, left), min(tile.column + tile.shape[1], left + out.shape[1])
        if r0 >= r1 or c0 >= c1:
            return
        pixels = self.cache.get(tile.at, partial(self._decoded, tile))
        part = pixels[r0 - tile.row : r1 - tile.row, c0 - tile.column : c1 - tile.column]
        out[r0 - top : r1 - top, c0 - left : c1 - left] = part

    def _decoded(self, tile: _Tile) -> NDArray[Any]:
        count = int(np.prod(tile.shape)) * self.dtype.itemsize
        require_memory(self._path, count, "one tile of it")
        with self._path.open("rb") as file:
            file.seek(tile.at + _SEGMENT_HEAD)
            notes, _, size = struct.unpack(_SUBBLOCK, file.read(struct.calcsize(_SUBBLOCK)))
            file.seek(tile.at + _SEGMENT_HEAD + struct.calcsize(_SUBBLOCK) + max(_ENTRY, tile.head) + notes)
            raw = file.read(
                max(0, min(size, 2 * count + _ENTRY))
            )  # noise is longer when it is packed, but never twice as long
        return decoded(self._path, raw, tile.packing, tile.shape, self.dtype)


def _stated(text: str, notes: tuple[str, ...]) -> Stated:
    try:
        root = ET.fromstring(text)
    except (ET.ParseError, *DAMAGE):
        return Stated(notes=(*notes, "What it says of voxel size and channels cannot be read."))
    edges = {d.get("Id"): _number(d.findtext("Value")) for d in root.iterfind(".//Scaling/Items/Distance")}
    x, y, z = (edges.get(axis) for axis in "XYZ")
    metres = [None if edge is None else edge * 1e6 for edge in (z, y, x)]  # the file counts in metres
    size = VoxelSize.unknown()
    printed = next((dpi for dpi in _DPI if metres[2] and abs(metres[2] * dpi / _UM_OF_AN_INCH - 1) < _SAME), None)
    if printed:
        notes = (*notes, f"It states a pixel of {metres[2]:.4g} µm, as of {printed} dpi in print; none is taken.")
    elif metres[1] and metres[2]:
        size = voxel_size(metres[0], metres[1], metres[2], "µm")
    channels = root.find(".//Information/Image/Dimensions/Channels")
    names = tuple(c.get("Name", "") for c in channels) if channels is not None else ()
    step = _number(root.findtext(".//Information/Image/Dimensions/T/Positions/Interval/Increment"))
    return Stated(size, None, names if all(names) else (), step if step and step > 0 else None, notes)


def _scene_names(text: str) -> dict[int, str]:
    try:
        found = ET.fromstring(text).iterfind(".//Information/Image/Dimensions/S/Scenes/Scene")
        named = {int(s.get("Index", -1)): s.get("Name", "") for s in found}
    except (ET.ParseError, *DAMAGE):
        return {}
    doubled = {n for n, group in itertools.groupby(sorted(named.values())) if len(list(group)) > 1}
    return {index: name for index, name in named.items() if name and name not in doubled}


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if np.isfinite(value) else None


CZI = ImageFormat(
    name="czi",
    title="CZI",
    kind="CZI image",
    endings=(".czi",),
    open=open_czi,
    sniff=signatures({b"ZISRAWFILE": "a CZI image"}),
    series=czi_series,
)
