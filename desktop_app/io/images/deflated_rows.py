"""Rows of a picture that is packed as one stream, unpacked a part at a time, so that memory does not grow with it."""

from __future__ import annotations

import bisect
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_PIECE = 256 * 2**10  # bytes of the file read at once, and at most unpacked at once times _SWELL
_SWELL = 16  # bytes unpacked at once for each that is read
_APART = 16 * 2**20  # bytes of rows between two places to begin at: 50 ms of unpacking, 40 kB of memory each


@dataclass(frozen=True, slots=True)
class _Place:
    """Where unpacking can begin: bytes before it in the file and in the rows, and the state of the unpacker."""

    packed: int
    unpacked: int
    unpacker: Any


class DeflatedRows:
    """Rows of one zlib stream. The first time it is unpacked from its start; then from places that were passed.

    Args:
        read: Gives so many bytes of the stream from a place in it on; fewer at its end.
        row_bytes: Of a row.
        apart: Bytes of rows between two places to begin at.
    """

    def __init__(self, read: Callable[[int, int], bytes], row_bytes: int, apart: int = _APART) -> None:
        self._read, self._row_bytes, self._apart = read, row_bytes, apart
        self._places = [_Place(0, 0, zlib.decompressobj())]

    def rows(self, start: int, stop: int) -> bytearray:
        """The bytes of the rows from ``start`` to ``stop``; fewer where the stream ends before.

        Raises:
            zlib.error: If the stream is damaged.
        """
        first, last = start * self._row_bytes, stop * self._row_bytes
        place = self._places[bisect.bisect_right([p.unpacked for p in self._places], first) - 1]
        packed, unpacked, unpacker = place.packed, place.unpacked, place.unpacker.copy()
        found, filled, waiting = bytearray(last - first), 0, b""
        while unpacked < last and not unpacker.eof:
            waiting = waiting or self._read(packed, _PIECE)
            if not waiting:
                break
            out = unpacker.decompress(waiting, min(_PIECE * _SWELL, last - unpacked))
            packed, waiting = packed + len(waiting) - len(unpacker.unconsumed_tail), unpacker.unconsumed_tail
            wanted = memoryview(out)[max(0, first - unpacked) :]
            found[filled : filled + len(wanted)] = wanted
            filled, unpacked = filled + len(wanted), unpacked + len(out)
            if unpacked >= self._places[-1].unpacked + self._apart:
                self._places.append(_Place(packed, unpacked, unpacker.copy()))
        del found[filled:]
        return found
