"""Edits since the last flush, on disk: what brings strokes back after the program was killed.

A journal is a file of records, each with its length and checksum. A record that was not wholly written ends the
replay; everything before it counts. While labels are flushed, edits go on into a new file, and the old ones are
removed once the labels are safely on disk.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from desktop_app.core.errors import UnwritableFileError
from desktop_app.core.imaging import Index3, Region
from desktop_app.core.labelling.store import Edit, LabelStore, Patch
from desktop_app.io.atomic import unwritable, writing

_MAGIC = b"VWJ1"
_HEADER = struct.Struct("<4s3I")
_RECORD = struct.Struct("<2I")
_BOX = struct.Struct("<6I")


class Journal:
    """The journal of one label image.

    A record reaches the operating system at once, so a killed program loses nothing; ``sync``, to be called about once
    a second, forces it onto the disk, which protects against a power cut.

    Args:
        path: The file; older parts stand beside it with a number behind the name.
        shape: (Z, Y, X) of the labels: a journal of another shape is not replayed.
    """

    def __init__(self, path: Path, shape: Index3) -> None:
        self.path = path
        self._shape = shape
        self._file: int | None = None
        self._unsynced = False

    def append(self, edit: Edit, *, reverted: bool = False) -> None:
        """Write down that ``edit`` was done, or undone with ``reverted``.

        Raises:
            UnwritableFileError: If the disk refuses; the journal stays readable.
        """
        patches = reversed(edit.patches) if reverted else edit.patches
        records = b"".join(_record(p.region, p.before if reverted else p.after) for p in patches)
        with writing(self.path):
            file = self._opened()
            end = os.lseek(file, 0, os.SEEK_END)
            try:
                _write_all(file, records)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(file, end)
                raise
        self._unsynced = True

    def unsynced(self) -> int | None:
        """A file descriptor to force onto the disk and close, for ``sync``; None when nothing is new."""
        if not self._unsynced or self._file is None:
            return None
        self._unsynced = False
        return os.dup(self._file)

    def sync(self, file: int | None) -> None:
        """Force onto the disk what ``unsynced`` gave; appending may go on in another thread meanwhile.

        Raises:
            UnwritableFileError: If the disk refuses; the next ``unsynced`` tries again.
        """
        if file is None:
            return
        try:
            with writing(self.path):
                os.fsync(file)
        except UnwritableFileError:
            self._unsynced = True
            raise
        finally:
            os.close(file)

    def replay(self, store: LabelStore) -> int:
        """Do all edits again, oldest first; returns how many boxes that were."""
        count = 0
        for part in [*self._older_parts(), self.path]:
            for patch in _patches(part, self._shape):
                patch.apply(store)
                count += 1
        return count

    def rotate(self) -> list[Path]:
        """Begin a new file; returns all older ones, to be given to ``discard`` once the labels are on disk."""
        self.close()
        with writing(self.path):
            if self.path.exists():
                numbers = [int(p.suffix[1:]) for p in self._older_parts()]
                self.path.replace(self.path.with_name(f"{self.path.name}.{max(numbers, default=0) + 1:06d}"))
        return self._older_parts()

    def discard(self, parts: Iterable[Path]) -> None:
        """Remove files whose edits are in the labels on disk."""
        with writing(self.path):
            for part in parts:
                part.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _older_parts(self) -> list[Path]:
        parts = self.path.parent.glob(f"{self.path.name}.*")
        return sorted(p for p in parts if p.suffix[1:].isdecimal())

    def _opened(self) -> int:
        if self._file is None:
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
            file = os.open(self.path, flags, 0o666)
            if os.lseek(file, 0, os.SEEK_END) == 0:
                try:
                    _write_all(file, _HEADER.pack(_MAGIC, *self._shape))
                except OSError:
                    os.ftruncate(file, 0)
                    os.close(file)
                    raise
            self._file = file
        return self._file


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _record(region: Region, voxels: bytes) -> bytes:
    payload = _BOX.pack(*region.start, *region.stop) + voxels
    return _RECORD.pack(len(payload), zlib.crc32(payload)) + payload


def _patches(path: Path, shape: Index3) -> Iterator[Patch]:
    """The whole records of a journal file."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        raise unwritable(path, error) from error
    if len(data) < _HEADER.size or _HEADER.unpack_from(data) != (_MAGIC, *shape):
        return
    at = _HEADER.size
    while at + _RECORD.size <= len(data):
        length, checksum = _RECORD.unpack_from(data, at)
        payload = data[at + _RECORD.size : at + _RECORD.size + length]
        if length < _BOX.size or len(payload) != length or zlib.crc32(payload) != checksum:
            return
        z0, y0, x0, z1, y1, x1 = _BOX.unpack_from(payload)
        yield Patch(Region((z0, y0, x0), (z1, y1, x1)), b"", payload[_BOX.size :])
        at += _RECORD.size + length
