"""The files of a Zarr folder, read with care: they may come from anybody."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from zarr.abc.store import ByteRequest
from zarr.core.buffer import Buffer, BufferPrototype
from zarr.storage import LocalStore

from desktop_app.io.plain_files import NotAPlainFileError, require_plain

_PIECE = 2**20  # bytes unpacked at a time while they are only counted
_HARMLESS_BYTES = 64 * 2**20  # a chunk that cannot become larger fits any memory, and is not counted first
_MOST_OF_DEFLATE = 1032  # the highest ratio that the format can reach (zlib's technical notes)
_LZMA_MEMORY = 256 * 2**20  # bytes that a chunk may need to be unpacked
_GZIP_OR_ZLIB = 47  # zlib finds out by itself which of both it is
_ZSTD, _LONGEST_HEAD = b"\x28\xb5\x2f\xfd", 18


class OrdinaryFiles(LocalStore):
    """A folder of which only ordinary files are read; a pipe or device among them would be waited for without end."""

    async def get(
        self, key: str, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """As the parent.

        Raises:
            NotAPlainFileError: If it is no ordinary file.
        """
        self._require_ordinary(key)
        return await super().get(key, prototype, byte_range)

    def get_sync(self, key: str, **more: Any) -> Buffer | None:
        """As the parent."""
        self._require_ordinary(key)
        return super().get_sync(key, **more)

    async def get_partial_values(
        self, prototype: BufferPrototype, key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> list[Buffer | None]:
        """As the parent."""
        wanted = list(key_ranges)
        for key, _ in wanted:
            self._require_ordinary(key)
        return await super().get_partial_values(prototype, wanted)

    def _require_ordinary(self, key: str) -> None:
        try:
            require_plain(Path(self.root) / key)
        except NotAPlainFileError:
            raise
        except OSError:
            return  # what is missing is a chunk without voxels; the rest is told by who reads it


def unpacks_beyond(file: Path, codec: str, limit: int) -> bool:
    """Whether a packed chunk becomes larger than ``limit`` bytes, found without the memory for it.

    Args:
        file: The chunk.
        codec: Its compression, as the library calls it.
        limit: The bytes that a chunk has.

    Raises:
        OSError: If it cannot be read.
    """
    codec = codec.lower()
    unpacked = next((pieces for name, pieces in _STREAMED.items() if name in codec), None)
    if unpacked is not None:
        return _is_beyond(unpacked(file), limit) if _may_be_large(file, codec, limit) else False
    with file.open("rb") as opened:
        head = opened.read(_LONGEST_HEAD)
    if "blosc" in codec:
        return int.from_bytes(head[4:8], "little") > limit
    if "lz4" in codec:
        return int.from_bytes(head[:4], "little") > limit
    return "zstd" in codec and _zstd_bytes(head) > limit


def _zstd_bytes(head: bytes) -> int:
    """The unpacked size that the header of a Zstandard frame states, 0 where it does not (RFC 8878, 3.1.1.1)."""
    if len(head) < 6 or not head.startswith(_ZSTD):
        return 0
    flags = head[4]
    single = flags >> 5 & 1
    size = (single, 2, 4, 8)[flags >> 6]
    start = 5 + (1 - single) + (0, 1, 2, 4)[flags & 3]
    return int.from_bytes(head[start : start + size], "little") + (256 if size == 2 else 0)


def _may_be_large(file: Path, codec: str, limit: int) -> bool:
    """False where a chunk is too small to become large, so that it need not be unpacked twice."""
    deflated = "gzip" in codec or "zlib" in codec
    return not deflated or file.stat().st_size * _MOST_OF_DEFLATE > max(limit, _HARMLESS_BYTES)


def _is_beyond(pieces: Iterator[int], limit: int) -> bool:
    total = 0
    with suppress(zlib.error, lzma.LZMAError, OSError, EOFError):  # damage is told by who decodes it
        for piece in pieces:
            total += piece
            if total > limit:
                return True
    return False


def _deflated(file: Path) -> Iterator[int]:
    unpack = zlib.decompressobj(_GZIP_OR_ZLIB)
    with file.open("rb") as opened:
        while data := opened.read(_PIECE):
            while data:
                yield len(unpack.decompress(data, _PIECE))
                data = unpack.unconsumed_tail


def _bzipped(file: Path) -> Iterator[int]:
    return _counted(file, bz2.BZ2Decompressor())


def _lzma(file: Path) -> Iterator[int]:
    return _counted(file, lzma.LZMADecompressor(memlimit=_LZMA_MEMORY))


def _counted(file: Path, unpack: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> Iterator[int]:
    with file.open("rb") as opened:
        while not unpack.eof:
            data = opened.read(_PIECE) if unpack.needs_input else b""
            if unpack.needs_input and not data:
                return
            yield len(unpack.decompress(data, _PIECE))


_STREAMED: dict[str, Callable[[Path], Iterator[int]]] = {
    "gzip": _deflated, "zlib": _deflated, "bz2": _bzipped, "lzma": _lzma,
}  # fmt: skip
