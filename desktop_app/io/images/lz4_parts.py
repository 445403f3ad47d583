"""Bytes packed by lz4 in parts with a checksum each, as the Java library writes them that N5 packs with.

Sources: LZ4BlockOutputStream of lz4-java (github.com/lz4/lz4-java); the description of xxHash, version 0.1.1
(github.com/Cyan4973/xxHash).
"""

from __future__ import annotations

import struct

import numpy as np

_MAGIC, _HEAD = b"LZ4Block", struct.Struct("<8sBiiI")  # method and level, bytes packed and unpacked, checksum
_METHODS, _STORED = 0xF0, 0x10  # the half of a byte that says how a part is packed; one that is not
_SEED, _BITS_KEPT = 0x9747B28C, 0x0FFFFFFF  # of the checksum; its highest four bits are cut off
_WORD = 0xFFFFFFFF  # 32 bits
_P1, _P2, _P3, _P4, _P5 = 2654435761, 2246822519, 3266489917, 668265263, 374761393  # primes of xxHash
_LANES, _LANE = 4, 64  # sums that run side by side, 32 bits each, and the bits that each has in one large number
_STRIPE = 4 * _LANES  # bytes that go into all sums at once
_EACH = sum(_WORD << (_LANE * lane) for lane in range(_LANES))


def unpacked_parts(packed: bytes, most: int) -> bytes:
    """All parts one after the other, up to an empty one, and no more than a number of bytes.

    Raises:
        ValueError: If a part does not fit its head or its checksum.
    """
    import imagecodecs

    out, at = bytearray(), 0
    while at + _HEAD.size <= len(packed) and len(out) < most:
        magic, method, count, size, checksum = _HEAD.unpack_from(packed, at)
        at += _HEAD.size
        if magic != _MAGIC or count < 0 or not 0 <= size <= most - len(out):
            raise ValueError("a part packed by lz4 is not as its head should be")
        if size == 0:
            break
        part = packed[at : at + count]
        at += count
        data = part if method & _METHODS == _STORED else bytes(imagecodecs.lz4_decode(part, out=size))
        if len(data) != size or xxhash32(data, _SEED) & _BITS_KEPT != checksum:
            raise ValueError("a part packed by lz4 does not fit its checksum")
        out += data
    return bytes(out)


def xxhash32(data: bytes, seed: int = 0) -> int:
    """The checksum xxHash of 32 bits.

    The four sums of its longest step lie in one large number, so that plain Python sees some 60 MB a second.
    """
    whole = len(data) - len(data) % _STRIPE
    total = (_striped(data, whole, seed) if whole else seed + _P5) + len(data)
    words = whole + (len(data) - whole) // 4 * 4
    for (word,) in struct.iter_unpack("<I", data[whole:words]):
        total = _turned(total + word * _P3 & _WORD, 17) * _P4  # bits, as xxHash32 has it
    for byte in data[words:]:
        total = _turned(total + byte * _P5 & _WORD, 11) * _P1  # bits, as xxHash32 has it
    total &= _WORD
    total = (total ^ total >> 15) * _P2 & _WORD
    total = (total ^ total >> 13) * _P3 & _WORD
    return total ^ total >> 16


def _striped(data: bytes, whole: int, seed: int) -> int:
    """What the first bytes come to, ``whole`` stripes of them."""
    words = np.frombuffer(data, "<u4", whole // 4).astype(np.uint64) * np.uint64(_P2) & np.uint64(_WORD)
    added = words.astype("<u8", copy=False).tobytes()
    sums = sum(((seed + first) & _WORD) << (_LANE * lane) for lane, first in enumerate((_P1 + _P2, _P2, 0, -_P1)))
    step = _LANES * _LANE // 8  # bytes
    for at in range(0, len(added), step):
        sums = sums + int.from_bytes(added[at : at + step], "little") & _EACH
        sums = ((sums << 13 | sums >> 19) & _EACH) * _P1 & _EACH
    # The bits by which xxHash32 turns its four lanes.
    return sum(_turned(sums >> (_LANE * lane) & _WORD, bits) for lane, bits in enumerate((1, 7, 12, 18)))


def _turned(word: int, bits: int) -> int:
    """32 bits, those that leave at the top coming in at the bottom."""
    return (word << bits | word >> 32 - bits) & _WORD
