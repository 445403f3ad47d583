"""An `.xz` file in pieces: those that a compressor makes no smaller are stored as they are.

Kernels for GPUs, two thirds of a torch for GPUs, are packed already. LZMA finds that out at 4 MB a second; a look at
samples of a piece does at once. What is written is the format itself, for any program that reads it: one stream, with a
block for each piece; LZMA2 has chunks that are not compressed (https://tukaani.org/xz/xz-file-format.txt, 1.2.1).
"""

from __future__ import annotations

import lzma
import os
import struct
import zlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple, Protocol

PIECE = 2**23  # bytes; twice the dictionary, so that little is lost at the seams
_SAMPLE, _SAMPLES = 2**15, 8  # bytes of each, spread over a piece
_PACKED_ALREADY = 0.97  # of its size, to which zlib still brings a sample
_CHUNK = 2**16  # bytes of a stored chunk, the most that LZMA2 allows
_FLAGS = b"\x00\x01"  # a CRC32 behind each block
_FILTER = {"id": lzma.FILTER_LZMA2, "preset": 1, "dict_size": 2**22}
"""Of CUDA's libraries (2 MB of each of four) 1 leaves 55.0 % at 0.28 s of processor a MB, 3 leaves 54.7 % at 0.38."""
_BLOCK = bytes([2, 0, 0x21, 1, 20, 0, 0, 0])  # 12 bytes with their check; LZMA2 with a dictionary of 2^22 bytes


class _Target(Protocol):
    def write(self, data: bytes, /) -> int: ...


class XzPieces:
    """A file to write to; ``close`` makes it whole.

    Args:
        target: Where the compressed bytes go; it stays open.
        threads: Pieces that are compressed at the same time; 0 for one a core.
    """

    def __init__(self, target: _Target, threads: int = 0) -> None:
        self._target = target
        self._waiting, self._records = bytearray(), bytearray()
        self._blocks = 0
        self._threads = threads or os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(self._threads)  # lzma and zlib let others compute
        self._compressed: deque[Future[_Block]] = deque()  # in the order of the file
        target.write(b"\xfd7zXZ\x00" + _with_crc(_FLAGS))

    def write(self, data: bytes) -> int:
        """Take more."""
        self._waiting += data
        while len(self._waiting) >= PIECE:
            self._begin(bytes(self._waiting[:PIECE]))
            del self._waiting[:PIECE]
        return len(data)

    def close(self) -> None:
        """Write what is left, and the list of the blocks."""
        if self._waiting:
            self._begin(bytes(self._waiting))
            self._waiting.clear()
        while self._compressed:
            self._write_first()
        self._pool.shutdown()
        index = _with_crc(_padded(b"\x00" + _number(self._blocks) + self._records))
        back = struct.pack("<I", len(index) // 4 - 1) + _FLAGS
        self._target.write(index + struct.pack("<I", zlib.crc32(back)) + back + b"YZ")

    def _begin(self, piece: bytes) -> None:
        """Let a piece be compressed, and write those that are; few wait in memory."""
        self._compressed.append(self._pool.submit(_block, piece))
        while len(self._compressed) > 2 * self._threads:
            self._write_first()

    def _write_first(self) -> None:
        block = self._compressed.popleft().result()
        self._target.write(block.data)
        self._records += _number(block.unpadded) + _number(block.unpacked)
        self._blocks += 1


class _Block(NamedTuple):
    """A block of the file; its sizes stand in the list at the end, that of the block without its padding."""

    data: bytes
    unpadded: int
    unpacked: int


def _block(piece: bytes) -> _Block:
    chunks = stored(piece) if is_packed(piece) else lzma.compress(piece, lzma.FORMAT_RAW, filters=[_FILTER])
    head, check = _with_crc(_BLOCK), struct.pack("<I", zlib.crc32(piece))
    return _Block(head + _padded(chunks) + check, len(head) + len(chunks) + len(check), len(piece))


def is_packed(piece: bytes) -> bool:
    """Whether samples of some bytes get hardly smaller."""
    step = max(1, len(piece) // _SAMPLES)
    samples = [piece[start : start + _SAMPLE] for start in range(0, len(piece), step)]
    return sum(len(zlib.compress(sample, 1)) for sample in samples) > _PACKED_ALREADY * sum(map(len, samples))


def stored(piece: bytes) -> bytes:
    """LZMA2 that holds some bytes as they are."""
    chunks = bytearray()
    for start in range(0, len(piece), _CHUNK):
        part = piece[start : start + _CHUNK]
        chunks += bytes([2 if start else 1]) + struct.pack(">H", len(part) - 1) + part
    return bytes(chunks) + b"\x00"


def _with_crc(data: bytes) -> bytes:
    return data + struct.pack("<I", zlib.crc32(data))


def _padded(data: bytes) -> bytes:
    """To a multiple of four bytes."""
    return data + bytes(-len(data) % 4)


def _number(value: int) -> bytes:
    """Seven bits a byte, the lowest first; the highest bit says that more follow."""
    digits = bytearray()
    while value >= 0x80:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*digits, value])
