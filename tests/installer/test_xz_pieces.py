"""Files of xz in pieces, read back by what everybody has."""

from __future__ import annotations

import io
import lzma
import random
import shutil
import subprocess

import pytest
import xz_pieces
from hypothesis import given
from hypothesis import strategies as st

_NOISE = random.Random(5).randbytes(200_000)


def _packed(data: bytes, step: int = 33_333) -> bytes:
    file = io.BytesIO()
    pieces = xz_pieces.XzPieces(file)
    for start in range(0, len(data), step):
        pieces.write(data[start : start + step])
    pieces.close()
    return file.getvalue()


@given(st.binary(max_size=300))
def test_what_is_written_is_read(data: bytes) -> None:
    decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ)  # of one stream, as tarfile has it
    assert decompressor.decompress(_packed(data)) == data
    assert decompressor.eof


@pytest.mark.parametrize("size", [2**16 - 1, 2**16, 2**16 + 1, 3 * 2**16])
def test_stored_chunks_end_where_they_may(size: int) -> None:
    assert lzma.decompress(_packed(_NOISE[:size])) == _NOISE[:size]


def test_only_what_is_packed_already_is_stored() -> None:
    assert xz_pieces.is_packed(_NOISE)
    assert not xz_pieces.is_packed(b"the same again and again " * 9999)


def test_blocks_of_both_kinds_are_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xz_pieces, "PIECE", 70_000)
    data = bytes(150_000) + _NOISE + b"the end"
    packed = _packed(data)
    decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ)
    assert decompressor.decompress(packed) == data
    assert decompressor.eof
    assert len(packed) < len(_NOISE) * 1.05
    if shutil.which("xz"):
        assert subprocess.run(["xz", "-dc"], input=packed, capture_output=True, check=True).stdout == data
