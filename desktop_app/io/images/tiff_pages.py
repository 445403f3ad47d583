"""Pages of a TIFF file that are not stored in one piece: mapped one by one, or decoded."""

from __future__ import annotations

import itertools
import math
import threading
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import tifffile
from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.images.axes import AxisPlan
from desktop_app.io.images.deflated_rows import DeflatedRows
from desktop_app.io.images.mapped_file import MappedFile
from desktop_app.io.images.memory import require_memory
from desktop_app.io.images.page_cache import ArrayCache
from desktop_app.io.images.tiff_damage import DAMAGE, cut_off, damaged
from desktop_app.io.unpacking import unpacking_threads

_LARGE_PAGE_BYTES = 32 * 2**20  # larger pages are read strip by strip, so that a preview of them is quick
_AT_ONCE_BYTES = 32 * 2**20  # of tiles or strips that are unpacked side by side
_PROMISED, _MOST_MISSING = 10_000, 100
"""So many tiles or strips of a page may always be missing, and of more so many times as many as there are."""
_ZLIB = (8, 32946)  # numbers of the TIFF specification and of older files for the same packing
_JPEGS = frozenset({6, 7, 34892, 33007})  # numbers of the packings that take tables or a head beside the data
_DIFFERENCES = 2  # the predictor that stores differences of neighbours in a row


class PageReader(Protocol):
    """Gives pictures of a file. A page is (samples, depth, rows, columns, samples): planar or interleaved."""

    def window(self, page: int, rows: slice, columns: slice) -> NDArray[Any]:
        """A part of one page with all its samples; may be a view of the file."""

    def release(self) -> None:
        """Give memory back that reading has taken; it comes again with the next reads."""


@dataclass(frozen=True, slots=True)
class MappedPage:
    """Where an uncompressed page lies.

    Attributes:
        file: The file that holds it.
        dtype: Type of its voxels, in the byte order of that file.
        offset: Byte at which it begins.
    """

    file: MappedFile
    dtype: np.dtype[Any]
    offset: int


class MappedPages:
    """Uncompressed pages, each stored in one piece somewhere in its file."""

    def __init__(self, shaped: tuple[int, ...], pages: list[MappedPage]) -> None:
        self._shaped, self._pages = shaped, pages

    def window(self, page: int, rows: slice, columns: slice) -> NDArray[Any]:
        """A view of the file."""
        place = self._pages[page]
        whole = place.file.array(place.dtype, self._shaped, place.offset)
        part = whole[:, :, rows, columns]
        place.file.touched(whole[:, :, rows].nbytes)
        return part

    def release(self) -> None:
        """Let the files' pages go."""
        for file in {id(page.file): page.file for page in self._pages}.values():
            file.release()


@dataclass(frozen=True, slots=True)
class PageAxes:
    """How the stored axes of an image lie in pages.

    Attributes:
        lead: The lengths of the first axes, which are spread over pages.
        inside: The lengths of the others, which lie in each page.
        rows: Which of these runs down a page; the next one runs across, whatever they are called.
    """

    lead: tuple[int, ...]
    inside: tuple[int, ...]
    rows: int

    def read(self, reader: PageReader, index: tuple[int | slice, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
        """The stored array at ``index``, an integer or a span for each axis; integers take their axis away.

        Of each page only the rows and columns that are wanted are read.
        """
        spans = [i if isinstance(i, slice) else slice(i, i + 1) for i in index]
        out = np.empty([s.stop - s.start for s in spans], dtype)
        lead, inside, r = len(self.lead), spans[len(self.lead) :], self.rows
        window = self.inside[:r] + out.shape[lead + r : lead + r + 2] + self.inside[r + 2 :]
        rest = tuple(slice(None) if i in (r, r + 1) else span for i, span in enumerate(inside))
        for place in np.ndindex(*out.shape[:lead]):
            page = 0
            for length, span, step in zip(self.lead, spans, place, strict=False):
                page = page * length + span.start + step
            out[place] = reader.window(page, inside[r], inside[r + 1]).reshape(window)[rest]
        return out[tuple(slice(None) if isinstance(i, slice) else 0 for i in index)]


def page_axes(path: Path, plan: AxisPlan, pages: int, shaped: tuple[int, ...]) -> PageAxes:
    """How the axes of a plan lie in ``pages`` pages of the shape (planes, depth, rows, columns, samples).

    Raises:
        UnreadableFileError: If they do not fit.
    """
    planes, depth, height, width, samples = shaped
    for lead in range(len(plan.shape) - 1, -1, -1):
        inside = plan.shape[lead:]
        for rows in range(len(inside) - 1):
            before, after = math.prod(inside[:rows]), math.prod(inside[rows + 2 :])
            fits = inside[rows : rows + 2] == (height, width) and (before, after) == (planes * depth, samples)
            if fits and math.prod(plan.shape[:lead]) == pages:
                return PageAxes(plan.shape[:lead], inside, rows)
    raise UnreadableFileError(path, "the number of its pages does not fit its shape.", hint="Save it again in Fiji.")


@dataclass(frozen=True, slots=True)
class _Grid:
    """How a page is cut into tiles or strips."""

    height: int
    width: int
    down: int
    across: int

    @classmethod
    def of(cls, page: tifffile.TiffPage) -> _Grid:
        rows, columns = page.imagelength, page.imagewidth
        height, width = (page.tilelength, page.tilewidth) if page.is_tiled else (page.rowsperstrip, columns)
        height = min(max(height, 1), rows) if not page.is_tiled else height
        return cls(height, width, -(-rows // height), -(-columns // width))


class DecodedPages:
    """Compressed or tiled pages; those decoded last are kept. Large pages are decoded tile by tile.

    A page is read from the file that holds it, which is open only while it is read. Safe to use from several threads.
    """

    def __init__(self, path: Path, pages: list[Any], cache_bytes: int) -> None:
        self._path, self._pages = path, pages
        self._key = pages[0].keyframe
        _require_segments(path, self._key)
        self._byteorder = pages[0].parent.byteorder
        self._cache = ArrayCache(cache_bytes)
        self._lock = threading.Lock()
        large = self._key.nbytes > _LARGE_PAGE_BYTES and self._key.imagedepth == 1
        self._large = large and len(pages[0].dataoffsets) > 1
        beyond = large and self._key.nbytes > cache_bytes
        self._streams: dict[int, DeflatedRows] | None = {} if beyond and _is_one_stream(pages[0]) else None

    def release(self) -> None:
        """Nothing to do: the pages kept are few."""

    def window(self, page: int, rows: slice, columns: slice) -> NDArray[Any]:
        """Decoded voxels in native byte order, not to be written to."""
        with self._lock:
            try:
                if self._large:
                    return self._from_segments(page, rows, columns)
                if self._streams is not None:
                    return self._from_stream(self._streams, page, rows, columns)
                return self._cache.get(page, lambda: self._decode(page))[:, :, rows, columns]
            except DAMAGE as error:
                raise damaged(self._path, error) from error
            finally:
                self._handle(page).close()

    def _decode(self, page: int) -> NDArray[Any]:
        self._require_complete(page)
        require_memory(self._path, self._key.nbytes, "one slice")
        self._handle(page).open()
        array: NDArray[Any] = np.asarray(self._pages[page].asarray())
        if array.size != int(np.prod(self._key.shaped)):
            raise cut_off(self._path, page, len(self._pages))
        return array.reshape(self._key.shaped).astype(array.dtype.newbyteorder("="), copy=False)

    def _from_segments(self, page: int, rows: slice, columns: slice) -> NDArray[Any]:
        grid, (planes, _, _, _, samples) = _Grid.of(self._key), self._key.shaped
        shape = (planes, 1, rows.stop - rows.start, columns.stop - columns.start, samples)
        out = np.zeros(shape, self._key.dtype.newbyteorder("="))
        self._handle(page).open()
        key = self._pages[page].keyframe
        key.init_decode()
        wanted = itertools.product(
            range(planes),
            range(rows.start // grid.height, -(-rows.stop // grid.height)),
            range(columns.start // grid.width, -(-columns.stop // grid.width)),
        )
        at_once = max(1, _AT_ONCE_BYTES // (grid.height * grid.width * samples * out.itemsize))
        while group := list(itertools.islice(wanted, at_once)):
            numbers = [(plane * grid.down + i) * grid.across + j for plane, i, j in group]
            for (plane, i, j), part in zip(group, self._segments(page, numbers), strict=True):
                _paste(part, i * grid.height, j * grid.width, out[plane, 0], rows.start, columns.start)
        return out

    def _segments(self, page: int, numbers: list[int]) -> list[NDArray[Any]]:
        """Tiles or strips of a page, in the same order; those that are not in memory are unpacked side by side."""
        packed = {n: self._packed(page, n) for n in numbers if (page, n) not in self._cache}
        unpacked = unpacking_threads().map(partial(self._unpacked, page), packed, packed.values())
        fresh = dict(zip(packed, unpacked, strict=True))
        return [self._cache.get((page, n), lambda n=n: fresh[n]) for n in numbers]  # type: ignore[misc]

    def _packed(self, page: int, number: int) -> bytes | None:
        frame, handle = self._pages[page], self._handle(page)
        offset, count = frame.dataoffsets[number], frame.databytecounts[number]
        if offset + count > Path(handle.path).stat().st_size:
            raise cut_off(Path(handle.path), page, len(self._pages))
        handle.seek(offset)
        return handle.read(count) if count else None

    def _unpacked(self, page: int, number: int, packed: bytes | None) -> NDArray[Any]:
        frame = self._pages[page]
        key = frame.keyframe
        options = {"jpegtables": frame.jpegtables, "jpegheader": key.jpegheader}
        extra = options if key.compression in _JPEGS else {}
        data, _, shape = key.decode(packed, number, **extra)
        return np.zeros(shape, key.dtype)[0] if data is None else np.asarray(data)[0]

    def _from_stream(self, streams: dict[int, DeflatedRows], page: int, rows: slice, columns: slice) -> NDArray[Any]:
        """Rows of a page that is one stream, with its neighbours' differences added up where it holds these."""
        handle, stored = self._handle(page), self._pages[page].keyframe.dtype.newbyteorder(self._byteorder)
        _, _, _, width, samples = self._key.shaped
        if page not in streams:
            self._require_complete(page)
            offset, count = self._pages[page].dataoffsets[0], self._pages[page].databytecounts[0]
            streams[page] = DeflatedRows(partial(_read, handle, offset, count), width * samples * stored.itemsize)
        handle.open()
        raw = streams[page].rows(rows.start, rows.stop)
        shape = (rows.stop - rows.start, width, samples)
        if len(raw) < math.prod(shape) * stored.itemsize:
            raise cut_off(self._path, page, len(self._pages))
        found = np.frombuffer(raw, stored).reshape(shape).astype(stored.newbyteorder("="), copy=False)
        if self._key.predictor == _DIFFERENCES:
            found = np.add.accumulate(found, axis=1, dtype=found.dtype)
        return found[None, None, :, columns]

    def _require_complete(self, page: int) -> None:
        frame, file = self._pages[page], Path(self._handle(page).path)
        size = file.stat().st_size
        ends = (o + n for o, n in zip(frame.dataoffsets, frame.databytecounts, strict=False))
        if max(ends, default=size + 1) > size:
            raise cut_off(file, page, len(self._pages))

    def _handle(self, page: int) -> tifffile.FileHandle:
        """The file that holds a page."""
        return self._pages[page].parent.filehandle


def _require_segments(path: Path, key: Any) -> None:
    """A page whose size asks for far more tiles or strips than it names is damaged: each would be made up."""
    grid, named = _Grid.of(key), len(key.dataoffsets)
    promised = key.shaped[0] * key.shaped[1] * grid.down * grid.across
    if promised > max(_PROMISED, _MOST_MISSING * named):
        raise UnreadableFileError(
            path, f"a slice of it promises {promised:,} pieces and names {named:,}.", hint="Copy it again."
        )


def _is_one_stream(page: Any) -> bool:
    """Whether a page is rows of whole numbers one after the other, packed by zlib as a whole."""
    key = page.keyframe
    plain = key.bitspersample in (8, 16, 32, 64) and key.fillorder == 1 and not key.is_tiled  # whole bytes
    rows_alone = key.shaped[0] == 1 and key.predictor in (1, _DIFFERENCES) and key.dtype.kind in "iu"
    return bool(plain and rows_alone and key.compression in _ZLIB and len(page.dataoffsets) == 1)


def _read(handle: tifffile.FileHandle, offset: int, total: int, place: int, count: int) -> bytes:
    handle.seek(offset + place)
    data: bytes = handle.read(max(0, min(count, total - place)))
    return data


def _paste(part: NDArray[Any], top: int, left: int, out: NDArray[Any], row: int, column: int) -> None:
    """Copy the overlap of ``part``, placed at (top, left), into ``out``, placed at (row, column).

    Both are (rows, columns, samples).
    """
    r0, r1 = max(top, row), min(top + part.shape[0], row + out.shape[0])
    c0, c1 = max(left, column), min(left + part.shape[1], column + out.shape[1])
    if r0 < r1 and c0 < c1:
        out[r0 - row : r1 - row, c0 - column : c1 - column] = part[r0 - top : r1 - top, c0 - left : c1 - left]
