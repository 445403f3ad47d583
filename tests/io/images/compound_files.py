"""Compound documents ([MS-CFB], version 3) with the streams of an OIB image, written sector by sector."""

from __future__ import annotations

import math
import struct
from pathlib import Path

_SECTOR, _FREE, _END, _FAT, _NONE = 512, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF


def _entry(name: str, kind: int, start: int, size: int, *, right: int = _NONE, child: int = _NONE) -> bytes:
    text = (name + "\0").encode("utf-16-le")
    head = text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text), kind, 1, _NONE, right, child)
    return head + bytes(16 + 4 + 8 + 8) + struct.pack("<IQ", start, size)


def write_compound(path: Path, streams: dict[str, bytes], *, circle: bool = False) -> Path:
    """A document with streams; each is laid out in sectors, none in the small ones.

    Args:
        path: The file.
        streams: By name.
        circle: Whether the sectors of the first stream follow each other without end.
    """
    fat: list[int] = []
    body, entries = b"", []
    for number, (name, data) in enumerate(streams.items()):
        start, count = len(fat), max(1, math.ceil(len(data) / _SECTOR))
        fat += [*range(start + 1, start + count), start if circle and number == 0 else _END]
        body += data.ljust(count * _SECTOR, b"\0")
        right = number + 2 if number + 1 < len(streams) else _NONE
        entries.append(_entry(name, 2, start, len(data), right=right))
    directory = _entry("Root Entry", 5, _END, 0, child=1) + b"".join(entries)
    at = len(fat)
    count = math.ceil(len(directory) / _SECTOR)
    unused = struct.pack("<64sHBBIII", b"", 0, 0, 1, _NONE, _NONE, _NONE) + bytes(48)
    directory += unused * ((count * _SECTOR - len(directory)) // 128)
    fat += [*range(at + 1, at + count), _END]
    tables = 1
    while tables * (_SECTOR // 4) < len(fat) + tables:
        tables += 1
    places = list(range(len(fat), len(fat) + tables))
    fat += [_FAT] * tables
    fat += [_FREE] * (tables * (_SECTOR // 4) - len(fat))
    head = struct.pack("<8s16sHHHHH6x", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<IIIIIIIII", 0, tables, at, 0, 0, _END, 0, _END, 0)
    head += struct.pack("<109I", *places, *[_FREE] * (109 - tables))
    path.write_bytes(head + body + directory + struct.pack(f"<{len(fat)}I", *fat))
    return path
