"""Checks of Blosc chunks, which their decoder trusts without looking: a cut-off chunk would be filled with noise."""

from __future__ import annotations

import struct
from pathlib import Path

_HEADER = 16  # bytes, as Blosc 1 defines it
_LENGTH = struct.Struct("<I")


def require_whole_blosc(raw: bytes) -> None:
    """Refuse a chunk that is not as long as its header says.

    Raises:
        ValueError: If it is cut off, or longer.
    """
    if len(raw) < _HEADER or _LENGTH.unpack_from(raw, 12)[0] != len(raw):
        raise ValueError("the chunk is not as long as its header says")


def is_whole_blosc(path: Path) -> bool:
    """Whether a chunk file is as long as its header says; a missing file is an empty chunk.

    Raises:
        OSError: If the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER)
        return len(header) == _HEADER and bool(_LENGTH.unpack_from(header, 12)[0] == path.stat().st_size)
    except FileNotFoundError:
        return True
