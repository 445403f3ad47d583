"""How large packed bytes become, found before the memory for it is taken: files may come from anybody.

A small packed piece can unpack to terabytes. What a compression says of its size is believed where its decoder holds
to it; where it says nothing, the piece is unpacked bit by bit and only counted.
"""

from __future__ import annotations

import bz2
import lzma
import os
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from typing import Protocol

_MOST_THREADS = 4  # that unpack at once: more gain little, because the disk and memory are shared


@lru_cache(maxsize=1)
def unpacking_threads() -> ThreadPoolExecutor:
    """Threads that unpack chunks side by side, for all images."""
    return ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1), "unpacking")


_STEP = 2**20  # bytes unpacked at a time while they are only counted
_HARMLESS_BYTES = 64 * 2**20  # what cannot become larger fits any memory, and is not counted first
_MOST_OF_DEFLATE = 1032  # the highest ratio that the format can reach (zlib's technical notes)
_LZMA_MEMORY = 256 * 2**20  # bytes that a piece may need to be unpacked
_GZIP_OR_ZLIB = 47  # zlib finds out by itself which of both it is
_ZSTD_FRAME, _ZSTD_HEAD = b"\x28\xb5\x2f\xfd", 6  # bytes: what a frame begins with, and its shortest head (RFC 8878)
_BLOSC_HEAD = 16  # bytes, as Blosc 1 defines it


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def unpacked(unpacker: _Unpacker, packed: bytes, most: int, *, longer: bool = False) -> bytes:
    """A packed piece of at most a number of bytes, of which no more are unpacked.

    The checksum behind the last byte is looked at, too: whoever stops where all bytes are there never sees it.

    Args:
        unpacker: Of its kind, new.
        packed: The piece.
        most: Bytes.
        longer: Whether it may be longer; its checksum cannot be looked at then.

    Raises:
        ValueError: If its end is cut off, or it is longer and may not be; what the library says of other damage is
            ``zlib.error``, ``OSError`` or ``lzma.LZMAError``.
    """
    data = unpacker.decompress(packed, most)
    if len(data) == most and not unpacker.eof:
        rest = getattr(unpacker, "unconsumed_tail", b"")  # zlib hands back what the others keep
        further = unpacker.decompress(rest, 1)
        if (further and not longer) or not (further or unpacker.eof):
            raise ValueError("a packed piece does not end where it should")
    return data


def require_bounded(codec: str, packed: bytes | memoryview, most: int) -> None:
    """A packed piece is whole as far as it tells, and does not become larger than it may.

    Args:
        codec: A name of ``COMPRESSIONS``.
        packed: The piece.
        most: Bytes that it may become.

    Raises:
        ValueError: If it is cut off or becomes larger.
    """
    if COMPRESSIONS[codec](memoryview(packed), most):
        raise ValueError(f"a piece packed by {codec} becomes larger than the {most:,} bytes that it should have")


def require_bounded_deflate(packed: bytes | memoryview, most: int) -> None:
    """The same for what is deflated without a head of gzip or zlib (RFC 1951).

    Raises:
        ValueError: If it becomes larger than ``most`` bytes.
    """
    if _is_beyond(_deflated(memoryview(packed), -zlib.MAX_WBITS), most):
        raise ValueError(f"a deflated piece becomes larger than the {most:,} bytes that it may")


def _deflate_beyond(packed: memoryview, most: int) -> bool:
    """Too small to become large is not unpacked twice."""
    if len(packed) * _MOST_OF_DEFLATE <= max(most, _HARMLESS_BYTES):
        return False
    return _is_beyond(_deflated(packed), most)


def _deflated(packed: memoryview, head: int = _GZIP_OR_ZLIB) -> Iterator[int]:
    """The bytes of all members, as one file of gzip may hold several."""
    while packed:
        unpack = zlib.decompressobj(head)
        data: bytes | memoryview = packed
        while data and not unpack.eof:
            yield len(unpack.decompress(data, _STEP))
            data = unpack.unconsumed_tail
        packed = memoryview(unpack.unused_data)


def _bzip_beyond(packed: memoryview, most: int) -> bool:
    return _is_beyond(_members(packed, bz2.BZ2Decompressor), most)


def _lzma_beyond(packed: memoryview, most: int) -> bool:
    return _is_beyond(_members(packed, lambda: lzma.LZMADecompressor(memlimit=_LZMA_MEMORY)), most)


def _members(
    packed: memoryview, begin: Callable[[], bz2.BZ2Decompressor | lzma.LZMADecompressor]
) -> Iterator[int]:  # fmt: skip
    while packed:
        unpack = begin()
        data: bytes | memoryview = packed
        while not unpack.eof and (data or not unpack.needs_input):
            yield len(unpack.decompress(data, _STEP))
            data = b""
        packed = memoryview(unpack.unused_data)


def _is_beyond(pieces: Iterator[int], most: int) -> bool:
    total = 0
    with suppress(zlib.error, lzma.LZMAError, OSError, EOFError):  # damage is told by who decodes it
        for piece in pieces:
            total += piece
            if total > most:
                return True
    return False


def _blosc_beyond(packed: memoryview, most: int) -> bool:
    """The decoder believes its head: a piece that is cut off would be filled with noise."""
    if len(packed) < _BLOSC_HEAD or int.from_bytes(packed[12:16], "little") != len(packed):
        raise ValueError("a piece packed by Blosc is not as long as its head says")
    return int.from_bytes(packed[4:8], "little") > most


def _lz4_beyond(packed: memoryview, most: int) -> bool:
    return int.from_bytes(packed[:4], "little") > most


def _zstd_beyond(packed: memoryview, most: int) -> bool:
    stated = _zstd_stated(packed)
    return stated > most if stated is not None else not _zstd_fits(packed, most)


def _zstd_stated(packed: memoryview) -> int | None:
    """The unpacked size that the head of the first frame states, None without (RFC 8878, 3.1.1.1).

    The decoder takes that much memory and no more, however many frames follow.
    """
    if len(packed) < _ZSTD_HEAD or packed[:4] != _ZSTD_FRAME:
        return None
    flags = packed[4]
    single = flags >> 5 & 1
    size = (single, 2, 4, 8)[flags >> 6]  # bytes of the field, by its flag
    start = 5 + (1 - single) + (0, 1, 2, 4)[flags & 3]  # bytes: mark and flags, window, dictionary by its flag
    if size == 0 or len(packed) < start + size:
        return None
    return int.from_bytes(packed[start : start + size], "little") + (256 if size == 2 else 0)


def _zstd_fits(packed: memoryview, most: int) -> bool:
    """Unpack into as much memory as is allowed; the standard library of this Python has no Zstandard."""
    import imagecodecs

    try:
        imagecodecs.zstd_decode(bytes(packed), out=most)
    except imagecodecs.ZstdError:
        return False
    return True


COMPRESSIONS: dict[str, Callable[[memoryview, int], bool]] = {
    "gzip": _deflate_beyond, "zlib": _deflate_beyond, "bz2": _bzip_beyond, "lzma": _lzma_beyond,
    "zstd": _zstd_beyond, "blosc": _blosc_beyond, "lz4": _lz4_beyond,
}  # fmt: skip
"""By the names that Zarr gives them: whether a piece becomes larger than a number of bytes."""
