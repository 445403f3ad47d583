"""The heaps of an HDF5 file, where its texts lie: walked first, as the library never ends in some damaged ones.

Source: HDF5 File Format Specification 3.0, III.E, section “Level 1E - Global Heap”.
"""

from __future__ import annotations

import struct
from pathlib import Path

_SIGNATURE = b"GCOL\x01\0\0\0"  # with the only version there is
_HEAD, _OBJECT = struct.Struct("<8sQ"), struct.Struct("<HHIQ")
_LOOKED_THROUGH = 16 * 2**20  # bytes from the start, where programs that describe an array first leave its texts


def require_sound_heaps(path: Path) -> None:
    """The pieces of each heap follow each other up to its end.

    Raises:
        ValueError: If one does not end, or ends elsewhere.
    """
    with path.open("rb") as file:
        data = file.read(_LOOKED_THROUGH)
    at = data.find(_SIGNATURE)
    while at >= 0:
        if at + _HEAD.size <= len(data) and not _is_sound(data, at):
            raise ValueError(f"a heap at byte {at} is damaged")
        at = data.find(_SIGNATURE, at + 1)


def _is_sound(data: bytes, start: int) -> bool:
    end = start + _HEAD.unpack_from(data, start)[1]
    at = start + _HEAD.size
    while at + _OBJECT.size <= min(end, len(data)):
        number, _, _, size = _OBJECT.unpack_from(data, at)
        # the last piece is what is free, with its own head counted; the others are filled up to eight bytes
        step = size if number == 0 else _OBJECT.size + -(-size // 8) * 8
        if step < _OBJECT.size or at + step > end:
            return False
        at += step
    return True
