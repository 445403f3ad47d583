"""What a journal is made of: records with their length and checksum, each one thing that happened to the labels."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import IO

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import Index3, Region
from desktop_app.core.labelling.store import Patch
from desktop_app.io.labels.journal_files import part_number

MAGIC = b"VWJ2"
OLD_MAGIC = b"VWJ1"
"""Of earlier versions: boxes with their voxels after each change, and nothing else."""
HEADER = struct.Struct("<4s3IQ")
"""Of a part: what it is, the shape (z, y, x) of the labels, and the byte at which the part before ends."""
_OLD_HEADER = struct.Struct("<4s3I")
_RECORD = struct.Struct("<2I")
_HEAD = struct.Struct("<2BHI")
_PATCH = struct.Struct("<8I")
_BOX = struct.Struct("<6I")
_LONGEST_TITLE = 65_535  # bytes, as the head counts them


class Kind(IntEnum):
    """What happened."""

    PART = 1
    """Something of a step that goes on: it will be told whole, or its parts are all there is."""
    STEP = 2
    """A step is finished."""
    DROPPED = 3
    """A step was given up, and its voxels are as before."""
    UNDONE = 4
    REDONE = 5
    FORGOTTEN = 6
    """No step before can be taken back any more."""
    SAID = 7
    """Something was said of objects: a step that changes no voxels."""


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that happened.

    Attributes:
        kind: What.
        title: Of the step.
        began: Whether the step was the first of these labels.
        count: Of a finished step, how many records ``PART`` before it make it up; 0 where it has voxels of its own.
        patches: The changed voxels. ``before`` is empty where nothing needs it.
        said: Of ``SAID``, what.
    """

    kind: Kind
    title: str = ""
    began: bool = False
    count: int = 0
    patches: tuple[Patch, ...] = ()
    said: bytes = b""

    def packed(self) -> bytes:
        """The record as bytes, to be written at once."""
        title = self.title.encode("utf-8", "backslashreplace")[:_LONGEST_TITLE].decode("utf-8", "ignore").encode()
        pieces = [_HEAD.pack(self.kind, self.began, len(title), self.count), title]
        for patch in self.patches:
            box = (*patch.region.start, *patch.region.stop)
            pieces += [_PATCH.pack(*box, len(patch.before), len(patch.after)), patch.before, patch.after]
        pieces.append(self.said)
        payload = b"".join(pieces)
        return _RECORD.pack(len(payload), zlib.crc32(payload)) + payload


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """Where a record stands.

    Attributes:
        path: Of the part of the journal.
        part: Its number; kept beside the path, which takes as long to look through as a stroke to write down.
        start: The byte in it.
    """

    path: Path
    part: int
    start: int


@dataclass(frozen=True, slots=True)
class FoundRecord:
    """A record as a scan finds it: what it is, without its voxels.

    Attributes:
        place: Where.
        end: The byte behind it.
        record: Without patches.
    """

    place: RecordPlace
    end: int
    record: Record


def end_before(path: Path, shape: Index3) -> int | None:
    """The byte at which the part before ends; None where this is no part, or one for labels of another shape.

    Raises:
        OSError: If the file cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(HEADER.size)
    if len(head) < HEADER.size:
        return None
    *what, end = HEADER.unpack(head)
    return int(end) if what == [MAGIC, *shape] else None


def scan(path: Path, shape: Index3) -> Iterator[FoundRecord]:
    """The records of one part of a journal, without reading their voxels; ends where the file makes no sense.

    Raises:
        OSError: If the file cannot be read.
    """
    part = part_number(path)
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        start = file.seek(HEADER.size)
        while start + _RECORD.size + _HEAD.size <= size:
            length, _ = _RECORD.unpack(file.read(_RECORD.size))
            record = _described(file) if length >= _HEAD.size else None
            end = start + _RECORD.size + length
            if record is None or end > size:
                return
            yield FoundRecord(RecordPlace(path, part, start), end, record)
            file.seek(end)
            start = end


def read_record(place: RecordPlace, shape: Index3) -> Record:
    """A record with its voxels.

    Raises:
        UnreadableFileError: If it is damaged, or there is nothing like it.
    """
    try:
        with place.path.open("rb") as file:
            file.seek(place.start)
            length, checksum = _RECORD.unpack(file.read(_RECORD.size))
            if length > os.fstat(file.fileno()).st_size:
                raise ValueError("longer than the file")
            payload = memoryview(file.read(length))
        if len(payload) != length or zlib.crc32(payload) != checksum:
            raise ValueError("cut off or changed")
        return _whole(payload, shape)
    except (OSError, ValueError, struct.error) as error:
        raise UnreadableFileError(place.path, "a change of the labels is damaged.", details=repr(error)) from error


def is_old(path: Path) -> bool:
    """Whether a part was written by an earlier version."""
    with path.open("rb") as file:
        return file.read(len(OLD_MAGIC)) == OLD_MAGIC


def old_patches(path: Path, shape: Index3) -> Iterator[Patch]:
    """The changes in a journal of an earlier version, up to the last whole one; none in any other file."""
    data = path.read_bytes()
    if len(data) < _OLD_HEADER.size or _OLD_HEADER.unpack_from(data) != (OLD_MAGIC, *shape):
        return
    at = _OLD_HEADER.size
    while at + _RECORD.size <= len(data):
        length, checksum = _RECORD.unpack_from(data, at)
        payload = data[at + _RECORD.size : at + _RECORD.size + length]
        if length < _BOX.size or len(payload) != length or zlib.crc32(payload) != checksum:
            return
        region = _region(_BOX.unpack_from(payload), shape)
        if region is None:
            return
        yield Patch(region, b"", payload[_BOX.size :])
        at += _RECORD.size + length


def _described(file: IO[bytes]) -> Record | None:
    """What stands at the head of a record; None where it makes no sense."""
    kind, began, letters, count = _HEAD.unpack(file.read(_HEAD.size))
    if kind not in set(Kind):
        return None
    return Record(Kind(kind), file.read(letters).decode("utf-8", "replace"), bool(began), count)


def _whole(payload: memoryview, shape: Index3) -> Record:
    kind, began, letters, count = _HEAD.unpack_from(payload)
    at = _HEAD.size + letters
    title = bytes(payload[_HEAD.size : at]).decode("utf-8", "replace")
    if kind == Kind.SAID:
        return Record(Kind.SAID, title, bool(began), said=bytes(payload[at:]))
    patches = []
    while at < len(payload):
        *box, before, after = _PATCH.unpack_from(payload, at)
        region = _region(box, shape)
        at += _PATCH.size
        if region is None or at + before + after > len(payload):
            raise ValueError("a box that does not fit the labels")
        middle, end = at + before, at + before + after
        patches.append(Patch(region, bytes(payload[at:middle]), bytes(payload[middle:end])))
        at = end
    return Record(Kind(kind), title, bool(began), count, tuple(patches))


def _region(box: Sequence[int], shape: Index3) -> Region | None:
    """The box inside of the labels, None where it is not."""
    z0, y0, x0, z1, y1, x1 = box
    inside = all(a < b <= n for a, b, n in zip((z0, y0, x0), (z1, y1, x1), shape, strict=True))
    return Region((z0, y0, x0), (z1, y1, x1)) if inside else None
