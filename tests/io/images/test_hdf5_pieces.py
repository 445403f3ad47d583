"""A small packed piece of an HDF5 file does not become gigabytes."""

from __future__ import annotations

import zlib
from pathlib import Path

import h5py
import numpy as np
import psutil
import pytest

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import Region
from desktop_app.io.images.registry import open_volume


@pytest.mark.parametrize("shuffle", [False, True])
def test_a_piece_that_unpacks_without_end_is_refused_without_the_memory(tmp_path: Path, shuffle: bool) -> None:
    path = tmp_path / "a.h5"
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 255, 2**21, dtype=np.uint8).tobytes()
    with h5py.File(path, "w") as file:
        array = file.create_dataset(
            "raw", (4, 64, 64), "u1", chunks=(2, 64, 64), compression="gzip", shuffle=shuffle
        )  # fmt: skip
        array[...] = 3
        array.id.write_direct_chunk((2, 0, 0), zlib.compress(noise + bytes(300 * 2**20)))
    volume = open_volume(path)
    assert (volume.read(Region((0, 0, 0), (2, 64, 64))) == 3).all()
    before = psutil.Process().memory_info().rss
    with pytest.raises(UnreadableFileError, match="larger than it should be"):
        volume.read()
    assert psutil.Process().memory_info().rss - before < 100 * 2**20


def test_large_pieces_that_are_as_they_should_be_are_read(tmp_path: Path) -> None:
    voxels = np.random.default_rng(0).integers(0, 2**16, (2, 1024, 1024), dtype=np.uint16)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("raw", data=voxels, chunks=voxels.shape, compression="gzip", compression_opts=1)
    np.testing.assert_array_equal(open_volume(tmp_path / "a.h5").read(), voxels)
