"""A page that is one packed stream is read by parts, whatever its size."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import Region
from desktop_app.io.images import deflated_rows, tiff_pages
from desktop_app.io.images.deflated_rows import DeflatedRows
from desktop_app.io.images.tiff import open_tiff

ROWS, ROW_BYTES = 400, 64


@given(st.lists(st.tuples(st.integers(0, ROWS), st.integers(0, ROWS)), min_size=1, max_size=6))
def test_rows_are_those_of_the_whole_in_any_order(spans: list[tuple[int, int]]) -> None:
    data = np.random.default_rng(0).integers(0, 9, ROWS * ROW_BYTES, np.uint8).tobytes()
    packed = zlib.compress(data)
    rows = DeflatedRows(lambda place, count: packed[place : place + min(count, 1000)], ROW_BYTES, apart=2048)
    for first, second in spans:
        start, stop = sorted((first, second))
        assert rows.rows(start, stop) == data[start * ROW_BYTES : stop * ROW_BYTES]


def test_a_stream_that_ends_early_gives_fewer_rows() -> None:
    packed = zlib.compress(bytes(ROWS * ROW_BYTES))[:-20]
    assert len(DeflatedRows(lambda p, n: packed[p : p + n], ROW_BYTES).rows(0, ROWS)) < ROWS * ROW_BYTES


@pytest.mark.parametrize("predictor", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("shape", [(90, 70), (90, 70, 3)])
def test_a_page_of_one_stream_is_read_by_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, predictor: bool, order: str, shape: tuple[int, ...]
) -> None:
    monkeypatch.setattr(tiff_pages, "_LARGE_PAGE_BYTES", 1000)
    monkeypatch.setattr(deflated_rows, "_PIECE", 64)
    voxels = np.random.default_rng(0).integers(0, 60_000, shape, np.uint16)
    path = tmp_path / "one.tif"
    colours = "rgb" if len(shape) == 3 else "minisblack"
    tifffile.imwrite(
        path, voxels, compression="zlib", rowsperstrip=90, predictor=predictor, byteorder=order, photometric=colours
    )
    asked = []
    monkeypatch.setattr(tiff_pages.DecodedPages, "_decode", lambda self, page: asked.append(page))
    volume = open_tiff(path, cache_bytes=2000)
    for box in (Region((0, 40, 3), (1, 57, 60)), Region((0, 0, 0), (1, 90, 70)), Region((0, 5, 1), (1, 9, 2))):
        for channel in range(volume.channels):
            expected = voxels if len(shape) == 2 else voxels[..., channel]
            np.testing.assert_array_equal(volume.read(box, channel)[0], expected[box.slices[1:]])
    assert asked == []
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(UnreadableFileError, match=r"one\.tif"):
        open_tiff(path, cache_bytes=2000).read()
