"""Reading a large mapped file does not fill the program's memory."""

from __future__ import annotations

import mmap
from pathlib import Path

import numpy as np
import psutil
import pytest
import tifffile

from desktop_app.core.imaging import Region
from desktop_app.io.images.page_cache import CACHE_BYTES, viewing_cache_bytes
from desktop_app.io.images.registry import open_volume


@pytest.mark.skipif(not hasattr(mmap, "MADV_DONTNEED"), reason="this system lets go of mapped memory by itself")
@pytest.mark.parametrize("way", ["one piece", "many pages"])
def test_memory_stays_flat_while_a_stack_is_read(tmp_path: Path, way: str) -> None:
    picture = np.arange(1024 * 1024, dtype=np.uint16).reshape(1024, 1024)
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for _ in range(64):
            writer.write(picture, metadata=None, photometric="minisblack", contiguous=way == "one piece")
    volume = open_volume(tmp_path / "a.tif", 16 * 2**20)
    process, most = psutil.Process(), 0
    before = process.memory_info().rss
    for z in range(64):
        np.testing.assert_array_equal(volume.read(Region((z, 0, 0), (z + 1, 1024, 1024)))[0], picture)
        most = max(most, process.memory_info().rss - before)
    assert most < 48 * 2**20


def test_looking_from_all_sides_gets_more_memory_than_reading_through() -> None:
    assert CACHE_BYTES <= viewing_cache_bytes(1024) < 2**30
