"""Pages of a TIFF file that are not stored in one piece: mapped one by one, or decoded."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import tifffile
from numpy.typing import NDArray

from desktop_app.io.images.mapped_file import MappedFile
from desktop_app.io.images.page_cache import ArrayCache
from desktop_app.io.images.tiff_damage import DAMAGE, cut_off, damaged

_LARGE_PAGE_BYTES = 32 * 2**20


class PageReader(Protocol):
    """Gives pictures of a file. A page is (samples, depth, rows, columns, samples): planar or interleaved."""

    def window(self, page: int, rows: slice, columns: slice) -> NDArray[Any]:
        """A part of one page with all its samples; may be a view of the file."""

    def release(self) -> None:
        """Give memory back that reading has taken; it comes again with the next reads."""


class MappedPages:
    """Uncompressed pages, each stored in one piece somewhere in the file."""

    def __init__(self, file: MappedFile, dtype: np.dtype[Any], shaped: tuple[int, ...], offsets: list[int]) -> None:
        self._file, self._dtype, self._shaped, self._offsets = file, dtype, shaped, offsets

    def window(self, page: int, rows: slice, columns: slice) -> NDArray[Any]:
        """A view of the file."""
        whole = self._file.array(self._dtype, self._shaped, self._offsets[page])
        part = whole[:, :, rows, columns]
        self._file.touched(whole[:, :, rows].nbytes)
        return part

    def release(self) -> None:
        """Let the file's pages go."""
        self._file.release()


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

    The file is open only while it is read. Safe to use from several threads.
    """

    def __init__(self, path: Path, tif: tifffile.TiffFile, pages: list[Any], cache_bytes: int) -> None:
        self._path, self._tif, self._pages = path, tif, pages
        self._key = pages[0].keyframe
        self._cache = ArrayCache(cache_bytes)
        self._lock = threading.Lock()
        self._large = (
            self._key.nbytes > _LARGE_PAGE_BYTES and self._key.imagedepth == 1 and len(pages[0].dataoffsets) > 1
        )

    def release(self) -> None:
        """Nothing to do: the pages kept are few."""

    def window(self, page: int, rows: slice, columns: slice) -> NDArray[Any]:
        """Decoded voxels in native byte order, not to be written to."""
        with self._lock:
            try:
                if self._large:
                    return self._from_segments(page, rows, columns)
                return self._cache.get(page, lambda: self._decode(page))[:, :, rows, columns]
            except DAMAGE as error:
                raise damaged(self._path, error) from error
            finally:
                self._tif.filehandle.close()

    def _decode(self, page: int) -> NDArray[Any]:
        self._require_complete(page)
        self._tif.filehandle.open()
        array: NDArray[Any] = np.asarray(self._pages[page].asarray())
        if array.size != int(np.prod(self._key.shaped)):
            raise cut_off(self._path, page, len(self._pages))
        return array.reshape(self._key.shaped).astype(array.dtype.newbyteorder("="), copy=False)

    def _from_segments(self, page: int, rows: slice, columns: slice) -> NDArray[Any]:
        grid, (planes, _, _, _, samples) = _Grid.of(self._key), self._key.shaped
        shape = (planes, 1, rows.stop - rows.start, columns.stop - columns.start, samples)
        out = np.zeros(shape, self._key.dtype.newbyteorder("="))
        self._tif.filehandle.open()
        self._key.init_decode()
        for plane in range(planes):
            for i in range(rows.start // grid.height, -(-rows.stop // grid.height)):
                for j in range(columns.start // grid.width, -(-columns.stop // grid.width)):
                    number = (plane * grid.down + i) * grid.across + j
                    part = self._cache.get((page, number), lambda n=number: self._segment(page, n))  # type: ignore[misc]
                    _paste(part, i * grid.height, j * grid.width, out[plane, 0], rows.start, columns.start)
        return out

    def _segment(self, page: int, number: int) -> NDArray[Any]:
        frame = self._pages[page]
        offset, count = frame.dataoffsets[number], frame.databytecounts[number]
        if offset + count > self._path.stat().st_size:
            raise cut_off(self._path, page, len(self._pages))
        handle = self._tif.filehandle
        handle.seek(offset)
        options = {"jpegtables": frame.jpegtables, "jpegheader": self._key.jpegheader}
        extra = options if self._key.compression in {6, 7, 34892, 33007} else {}
        data, _, shape = self._key.decode(handle.read(count) if count else None, number, **extra)
        return np.zeros(shape, self._key.dtype)[0] if data is None else np.asarray(data)[0]

    def _require_complete(self, page: int) -> None:
        frame, size = self._pages[page], self._path.stat().st_size
        ends = (o + n for o, n in zip(frame.dataoffsets, frame.databytecounts, strict=False))
        if max(ends, default=size + 1) > size:
            raise cut_off(self._path, page, len(self._pages))


def _paste(part: NDArray[Any], top: int, left: int, out: NDArray[Any], row: int, column: int) -> None:
    """Copy the overlap of ``part``, placed at (top, left), into ``out``, placed at (row, column).

    Both are (rows, columns, samples).
    """
    r0, r1 = max(top, row), min(top + part.shape[0], row + out.shape[0])
    c0, c1 = max(left, column), min(left + part.shape[1], column + out.shape[1])
    if r0 < r1 and c0 < c1:
        out[r0 - row : r1 - row, c0 - column : c1 - column] = part[r0 - top : r1 - top, c0 - left : c1 - left]
