"""The chunk files of a label image: a Zarr array (format 2) of uint32, one small file per box of voxels.

They are not written by zarr: it forces nothing onto the disk, and replaces each chunk before the next is written, where
here all of a group are safely there before the first takes the place of an older one.
"""

from __future__ import annotations

import errno
import math
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import Index3
from desktop_app.io.atomic import writing
from desktop_app.io.json_files import read_json
from desktop_app.io.unpacking import require_bounded

LABEL_DTYPE = np.dtype("<u4")
_LARGEST_CHUNK = 2**26
"""Voxels: 256 MB, a chunk that any computer holds in memory; those written here have 131,072."""
_UNIQUE = 8
"""Hexadecimal digits in the temporary name of a chunk."""
_FORCING_THREADS = 8
"""A disk takes files that are forced onto it side by side together: 64 chunks in 14 to 38 ms with 8 threads, in 107 to
260 ms one after the other (virtual disk, ext4)."""
_QUICK_SECONDS = 2e-4
"""For a file: a disk in memory takes 2 µs, where threads alone would take 5 ms for 64; a virtual disk 1.7 to 4 ms."""
_LEFTOVER = re.compile(rf"\.[0-9.]+\.[0-9a-f]{{{_UNIQUE}}}\.tmp")


class _Codec(Protocol):
    def encode(self, buf: Any) -> bytes: ...

    def decode(self, buf: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class ChunkFolder:
    """Reads and writes whole chunks. A missing file is a chunk without labels.

    Attributes:
        folder: Of the Zarr array.
        shape: (Z, Y, X) of the array.
        chunk: (Z, Y, X) of a chunk.
        codec: Compression.
        separator: Between the indices in a chunk's name.
        compression: Its name.
    """

    folder: Path
    shape: Index3
    chunk: Index3
    codec: _Codec
    separator: str
    compression: str

    @classmethod
    def open(cls, label_path: Path) -> ChunkFolder:
        """The array ``0`` of a label image.

        Raises:
            UnreadableFileError: If it is missing, damaged, or of a kind not written by this program.
        """
        import numcodecs  # type: ignore[import-untyped]  # 34 modules that no start needs

        folder = label_path / "0"
        try:
            info = read_json(folder / ".zarray")
            z, y, x = (int(n) for n in info["shape"])
            cz, cy, cx = (int(n) for n in info["chunks"])
            usual = info["dtype"] == LABEL_DTYPE.str and info["order"] == "C" and not info.get("filters")
            usual &= info["compressor"]["id"] in ("zstd", "blosc")
            codec = numcodecs.get_codec(info["compressor"])
            separator = info.get("dimension_separator", ".")
        except FileNotFoundError as error:
            raise UnreadableFileError(label_path, "there are no labels in it.", details=repr(error)) from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UnreadableFileError(label_path, "the labels are damaged.", details=repr(error)) from error
        usual &= math.prod((cz, cy, cx)) <= _LARGEST_CHUNK
        if not usual or min(z, y, x, cz, cy, cx) < 1:
            raise UnreadableFileError(
                label_path, "these labels come from another program.", hint="Import them instead."
            )
        return cls(folder, (z, y, x), (cz, cy, cx), codec, separator, info["compressor"]["id"])

    def read(self, place: Index3) -> NDArray[np.uint32] | None:
        """A chunk, cut at the edge of the array; None if it has no labels.

        Raises:
            UnreadableFileError: If the file is damaged.
        """
        try:
            raw = self._path(place).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UnreadableFileError(self.folder.parent, "the labels cannot be read.", details=repr(error)) from error
        try:
            require_bounded(self.compression, raw, math.prod(self.chunk) * LABEL_DTYPE.itemsize)
            full = np.frombuffer(self.codec.decode(raw), LABEL_DTYPE).reshape(self.chunk)
        except (ValueError, RuntimeError, TypeError) as error:
            raise UnreadableFileError(
                self.folder.parent,
                "a part of the labels is damaged.",
                hint="Restore it from a copy.",
                details=repr(error),
            ) from error
        z, y, x = self.shape_of(place)
        return full[:z, :y, :x].astype(np.uint32)

    def write(self, chunks: Mapping[Index3, NDArray[np.uint32]], *, force: bool = True) -> None:
        """Replace chunks; empty ones lose their file.

        Args:
            chunks: By place.
            force: Force them onto the disk before they take the old ones' place, so that a power cut does no harm.

        Raises:
            UnwritableFileError: If the disk refuses; then none of them, or only some, are replaced.
        """
        staged: list[tuple[Path, Path]] = []
        emptied: list[Path] = []
        made: set[Path] = {self.folder}

        def packed() -> Iterator[tuple[Path, bytes]]:
            for place, values in chunks.items():
                path = self._path(place)
                if not values.any():
                    emptied.append(path)
                    continue
                _make_folder(path.parent, made)
                staged.append((path.with_name(f".{path.name}.{uuid4().hex[:_UNIQUE]}.tmp"), path))
                yield staged[-1][0], self.codec.encode(self._full(values))

        try:
            with writing(self.folder.parent):
                self._require_array()
                _write_all(packed(), force=force)
                for temporary, path in staged:
                    temporary.replace(path)
                for path in emptied:
                    path.unlink(missing_ok=True)
        finally:
            for temporary, _ in staged:
                with suppress(OSError):
                    temporary.unlink(missing_ok=True)

    def _require_array(self) -> None:
        """Refuse to write where the array is gone: its drive disconnected, its project moved."""
        if not (self.folder / ".zarray").is_file():
            raise FileNotFoundError(errno.ENOENT, "the labels are not there", str(self.folder))

    def stamp(self, place: Index3) -> tuple[int, int] | None:
        """When the file of a chunk was last changed (ns), and its bytes; None where there is none."""
        try:
            found = self._path(place).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size

    def places(self) -> list[Index3]:
        """Places of all chunks that have a file."""
        found = []
        for path in self.folder.rglob("*"):
            parts = path.relative_to(self.folder).as_posix().replace(".", "/").split("/")
            if len(parts) == 3 and all(p.isdecimal() for p in parts):
                z, y, x = (int(p) for p in parts)
                found.append((z, y, x))
        return sorted(found)

    def remove_leftovers(self) -> None:
        """Remove chunks that a killed program has not finished writing."""
        for path in self.folder.rglob(".*.tmp"):
            if _LEFTOVER.fullmatch(path.name):
                with suppress(OSError):
                    path.unlink()

    def shape_of(self, place: Index3) -> Index3:
        """Shape of a chunk; smaller at the end of an axis."""
        z, y, x = (min(c, n - p * c) for p, c, n in zip(place, self.chunk, self.shape, strict=True))
        return z, y, x

    def _full(self, values: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """A chunk of the edge filled up to full size."""
        if values.shape == self.chunk:
            return np.ascontiguousarray(values, LABEL_DTYPE)
        full = np.zeros(self.chunk, LABEL_DTYPE)
        z, y, x = values.shape
        full[:z, :y, :x] = values
        return full

    def _path(self, place: Index3) -> Path:
        return self.folder / self.separator.join(str(p) for p in place)


def spans_of_chunks(start: int, stop: int, chunk: int, length: int) -> list[tuple[int, slice, slice]]:
    """Chunks along one axis from ``start`` to ``stop``: number, span inside the chunk, span inside the region."""
    first, last = max(start, 0), min(stop, length)
    parts = []
    for number in range(first // chunk, -(-last // chunk)):
        origin = number * chunk
        low = first if first > origin else origin  # each stroke comes by here: calls of min and max would be felt
        high = last if last < origin + chunk else origin + chunk
        parts.append((number, slice(low - origin, high - origin), slice(low - start, high - start)))
    return parts


def _make_folder(folder: Path, made: set[Path]) -> None:
    """Make the folder of a chunk and those in front of it, but none of those that are known to be there."""
    if folder not in made:
        _make_folder(folder.parent, made)
        folder.mkdir(exist_ok=True)
        made.add(folder)


def _write_all(packed: Iterable[tuple[Path, bytes]], *, force: bool) -> None:
    """Write new files one by one, then force all of them onto the disk together; raises what it refuses of any.

    Each is written before the next is packed: memory that is used again is there already.
    """
    with ExitStack() as opened:
        files = []
        for path, data in packed:
            files.append(opened.enter_context(path.open("wb")))
            files[-1].write(data)
            files[-1].flush()
        if force:
            _force_all(files)


def _force_all(files: Sequence[IO[bytes]]) -> None:
    """Force files onto the disk, side by side as soon as one of them has taken long."""
    for number, file in enumerate(files, start=1):
        begin = time.perf_counter()
        os.fsync(file)
        if time.perf_counter() - begin > _QUICK_SECONDS and number < len(files):
            with ThreadPoolExecutor(min(_FORCING_THREADS, len(files) - number), "forcing") as pool:
                list(pool.map(os.fsync, files[number:]))
            return
