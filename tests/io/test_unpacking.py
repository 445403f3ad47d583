"""Small packed pieces that become large are found without the memory for them."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from typing import Any

import imagecodecs
import numcodecs
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.io.unpacking import COMPRESSIONS, require_bounded, require_bounded_deflate, unpacked

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress, "zlib": zlib.compress, "bz2": bz2.compress, "lzma": lzma.compress,
    "zstd": numcodecs.Zstd().encode, "blosc": numcodecs.Blosc().encode, "lz4": numcodecs.LZ4().encode,
}  # fmt: skip


def zstd_without_size(data: bytes) -> bytes:
    """A frame of raw blocks that does not state what it becomes (RFC 8878, 3.1.1)."""
    frame = b"\x28\xb5\x2f\xfd\x00\x50"  # no size, a window of 1 MB
    blocks = [data[i : i + 65_536] for i in range(0, len(data), 65_536)] or [b""]
    for number, block in enumerate(blocks):
        repeated = len(set(block)) == 1
        last = number == len(blocks) - 1
        head = last | (1 if repeated else 0) << 1 | len(block) << 3
        frame += head.to_bytes(3, "little") + (block[:1] if repeated else block)
    return frame


def test_there_is_a_packer_for_each_compression() -> None:
    assert PACKERS.keys() == COMPRESSIONS.keys()


@pytest.mark.parametrize("codec", PACKERS)
def test_what_unpacks_beyond_its_size_is_found(codec: str) -> None:
    data = bytes(100 * 2**20)
    packed = PACKERS[codec](data)
    require_bounded(codec, packed, len(data))
    with pytest.raises(ValueError, match="becomes larger than the 104,857,599 bytes"):
        require_bounded(codec, packed, len(data) - 1)


@pytest.mark.parametrize("codec", ["gzip", "bz2", "lzma"])
def test_further_members_of_a_packed_file_count(codec: str) -> None:
    packed = PACKERS[codec](bytes(10)) + PACKERS[codec](bytes(100 * 2**20))
    with pytest.raises(ValueError, match="becomes larger"):
        require_bounded(codec, packed, 2**20)


def test_a_zstd_frame_without_stated_size_is_bounded_without_the_memory() -> None:
    packed = zstd_without_size(bytes(400 * 2**20))
    assert len(packed) < 30_000
    before = psutil.Process().memory_info().rss
    with pytest.raises(ValueError, match="becomes larger"):
        require_bounded("zstd", packed, 2**20)
    assert psutil.Process().memory_info().rss - before < 50 * 2**20


@given(st.binary(max_size=300), st.integers(0, 20))
def test_a_zstd_frame_without_stated_size_fits_exactly_what_it_becomes(data: bytes, more: int) -> None:
    packed = zstd_without_size(data)
    assert imagecodecs.zstd_decode(packed, out=len(data) + 1) == data
    require_bounded("zstd", packed, len(data) + more)
    if data:
        with pytest.raises(ValueError, match="becomes larger"):
            require_bounded("zstd", packed, len(data) - 1)


def test_what_is_deflated_without_a_head_is_counted() -> None:
    pack = zlib.compressobj(wbits=-15)
    packed = pack.compress(bytes(5000)) + pack.flush()
    require_bounded_deflate(packed, 5000)
    with pytest.raises(ValueError, match="larger than the 4,999 bytes"):
        require_bounded_deflate(packed, 4999)


@pytest.mark.parametrize("codec", [name for name in COMPRESSIONS if name not in ("blosc", "zstd")])
def test_damage_is_left_to_who_decodes(codec: str) -> None:
    require_bounded(codec, b"\0\0\0\0 nothing of this kind", 30)


@pytest.mark.parametrize("codec", ["blosc", "zstd"])
def test_damage_that_would_decode_to_noise_is_refused(codec: str) -> None:
    with pytest.raises(ValueError, match="packed by"):
        require_bounded(codec, b"nothing of this kind, just some bytes", 30)


PIECES: dict[str, tuple[Callable[[bytes], bytes], Callable[[], Any], int]] = {
    "gzip": (gzip.compress, lambda: zlib.decompressobj(47), 8),
    "zlib": (zlib.compress, zlib.decompressobj, 4),
    "bzip2": (bz2.compress, bz2.BZ2Decompressor, 4),
    "xz": (lzma.compress, lzma.LZMADecompressor, 12),
}
"""How each is packed and unpacked, and the bytes of its end."""


@given(st.sampled_from(sorted(PIECES)), st.binary(min_size=1, max_size=400), st.data())
def test_a_piece_of_exactly_its_size_is_checked_to_its_end(name: str, data: bytes, draw: st.DataObject) -> None:
    """A changed or cut-off piece is an error or what it was, never other bytes of the same size."""
    pack, begin, end = PIECES[name]
    packed = pack(data)
    assert unpacked(begin(), packed, len(data)) == data
    if len(data) > 1:
        with pytest.raises(ValueError, match="does not end where it should"):
            unpacked(begin(), packed, len(data) - 1)
        assert unpacked(begin(), packed, len(data) - 1, longer=True) == data[:-1]
    changed = bytearray(packed)
    changed[draw.draw(st.integers(0, len(packed) - 1))] ^= 1 << draw.draw(st.integers(0, 7))
    for damaged in (bytes(changed), packed[: -draw.draw(st.integers(1, end))]):
        try:
            found = unpacked(begin(), damaged, len(data))
        except (ValueError, OSError, EOFError, zlib.error, lzma.LZMAError):
            continue
        assert found == data or len(found) < len(data)
