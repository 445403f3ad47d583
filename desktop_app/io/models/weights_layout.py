"""Whether a file of weights is whole, seen from its first bytes, before its numbers are read or unpacked."""

from __future__ import annotations

import struct
from typing import IO, Any

from desktop_app.core.json_text import parse_json

_LENGTH = struct.Struct("<Q")  # of the header in bytes; https://huggingface.co/docs/safetensors, "Format"
_LARGEST_HEADER = 100_000_000  # bytes; the limit of safetensors itself
_NOT_A_TENSOR = "__metadata__"


def require_whole(file: IO[bytes], size: int) -> None:
    """Compare what a safetensors file says of itself with its size; only its header is read.

    Args:
        file: At its beginning.
        size: Of the file in bytes.

    Raises:
        ValueError: If it is of another kind (a pickle, zeros), cut off, or longer than its tensors.
    """
    start = file.read(_LENGTH.size)
    if len(start) < _LENGTH.size:
        raise ValueError(f"{size} bytes are no safetensors file")
    (length,) = _LENGTH.unpack(start)
    if not 2 <= length <= min(size - _LENGTH.size, _LARGEST_HEADER):
        raise ValueError(f"A header of {length} bytes in a file of {size}")
    header = parse_json(file.read(length))
    if not isinstance(header, dict):
        raise ValueError("The header is no table")
    ends = [_end(name, entry) for name, entry in header.items() if name != _NOT_A_TENSOR]
    expected = _LENGTH.size + length + max(ends, default=0)
    if expected != size:
        raise ValueError(f"{size} bytes, but the header describes {expected}")


def _end(name: str, entry: Any) -> int:
    offsets = entry.get("data_offsets") if isinstance(entry, dict) else None
    if not isinstance(offsets, list) or len(offsets) != 2 or not all(type(place) is int for place in offsets):
        raise ValueError(f"{name} has no place in the file")
    return int(offsets[1])
