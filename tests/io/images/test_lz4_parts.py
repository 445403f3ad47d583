"""Bytes packed by lz4 as the Java library does."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.io.images.lz4_parts import unpacked_parts, xxhash32
from tests.io.images.n5_files import PACKED

VOXELS = np.random.default_rng(1).integers(0, 4, 400, np.uint8).tobytes()


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"", 0x02CC5D05), (b"abc", 0x32D153FF), (b"Nobody inspects the spammish repetition", 0xE2293B2F)],
)
def test_checksums_that_others_publish(data: bytes, expected: int) -> None:
    assert xxhash32(data) == expected


@given(st.binary(max_size=300))
def test_the_checksum_is_that_of_a_frame_of_lz4(data: bytes) -> None:
    """Which ends with it."""
    frame = imagecodecs.lz4f_encode(data, contentchecksum=True)
    assert xxhash32(data) == int.from_bytes(frame[-4:], "little")


def test_no_changed_bit_gives_other_bytes() -> None:
    packed = PACKED["lz4"](VOXELS)
    assert unpacked_parts(packed, len(VOXELS)) == VOXELS
    refused = 0
    for bit in range(8 * len(packed)):
        changed = bytearray(packed)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            assert unpacked_parts(bytes(changed), len(VOXELS)) == VOXELS, bit
        except (ValueError, RuntimeError):
            refused += 1
    assert refused > 7 * len(packed)


@pytest.mark.parametrize("most", [0, 100, 399])
def test_no_more_is_unpacked_than_there_may_be(most: int) -> None:
    packed = PACKED["lz4"](VOXELS)
    try:
        assert len(unpacked_parts(packed, most)) <= most
    except ValueError:
        assert most


def test_the_seed_of_the_java_library_counts() -> None:
    """Of nothing it is the seed and the fifth prime, stirred."""
    word = (0x9747B28C + 374761393) % 2**32
    word = (word ^ word >> 15) * 2246822519 % 2**32
    word = (word ^ word >> 13) * 3266489917 % 2**32
    assert xxhash32(b"", 0x9747B28C) == word ^ word >> 16
