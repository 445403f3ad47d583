"""Images written are the images read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.core.imaging import Volume, VoxelSize
from desktop_app.io.images.registry import open_volume, write_volume

SIZE = VoxelSize(z=1.75, y=0.8, x=0.81)


@settings(max_examples=60, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 3), st.integers(2, 20), st.integers(1, 20), st.integers(1, 20)),
    dtype=st.sampled_from(["uint8", "uint16", "int16", "uint32", "float32", "float64"]),
    suffix=st.sampled_from([".tif", ".ome.tif", ".ome.zarr"]),
)
def test_what_is_written_is_read(tmp_path: Path, shape: tuple[int, int, int, int], dtype: str, suffix: str) -> None:
    voxels = (np.random.default_rng(1).random(shape) * 200).astype(dtype)
    volume = Volume.from_array(voxels, voxel_size=SIZE)
    write_volume(tmp_path / f"a{suffix}", volume.source, volume)
    back = open_volume(tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(back.read_channels(), voxels)
    assert back.dtype == np.dtype(dtype)
    assert back.voxel_size.same_as(SIZE, 1e-6)
    assert back.name == "a"


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_colour_stacks_stay_colour_stacks(tmp_path: Path, dtype: str) -> None:
    voxels = (np.random.default_rng(1).random((3, 2, 8, 9)) * 200).astype(dtype)
    volume = Volume.from_array(voxels, rgb=True)
    write_volume(tmp_path / "a.tif", volume.source, volume)
    back = open_volume(tmp_path / "a.tif")
    assert back.rgb
    np.testing.assert_array_equal(back.read_channels(), voxels)


@pytest.mark.parametrize("suffix", [".ome.zarr", ".ome.tif"])
def test_channel_names_are_kept(tmp_path: Path, suffix: str) -> None:
    names = ("DAPI <1>", "GFP & “more”")
    volume = Volume.from_array(np.zeros((2, 3, 8, 9), np.uint32), channel_names=names)
    write_volume(tmp_path / f"a{suffix}", volume.source, volume)
    assert open_volume(tmp_path / f"a{suffix}").channel_names == names
