"""Pixels of any size are written so that they are read, or refused in a sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import example, given, settings
from hypothesis import strategies as st

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Volume, VoxelSize
from desktop_app.io.images.registry import open_volume, write_volume
from desktop_app.io.images.voxel_sizes import parse_voxel_size

EDGES = st.floats(min_value=1e-4, max_value=100)


@settings(max_examples=60, deadline=None)
@given(
    z=EDGES, y=EDGES, x=EDGES, unit=st.sampled_from(["nm", "µm", "mm"]), dtype=st.sampled_from(["uint8", "uint32"]),
    suffix=st.sampled_from([".tif", ".ome.zarr"]),
)  # fmt: skip
@example(z=1.0, y=1.0, x=1.953125e-3, unit="nm", dtype="uint32", suffix=".tif")
@example(z=1e-3, y=1e-3, x=1.953125e-6, unit="µm", dtype="uint8", suffix=".tif")
@example(z=1e-4, y=1e-4, x=100.0, unit="mm", dtype="uint32", suffix=".tif")
def test_a_pixel_of_any_size_is_kept(
    tmp_path: Path, z: float, y: float, x: float, unit: str, dtype: str, suffix: str
) -> None:
    size = VoxelSize.model_validate({"z": z, "y": y, "x": x, "unit": unit})
    volume = Volume.from_array(np.ones((2, 3, 4), dtype), voxel_size=size)
    write_volume(tmp_path / f"a{suffix}", volume.source, volume)
    back = open_volume(tmp_path / f"a{suffix}").voxel_size
    assert back.known
    assert back.unit == unit
    assert back.zyx == pytest.approx(size.zyx, rel=1e-6, abs=0)


@pytest.mark.parametrize("suffix", [".tif", ".ome.zarr"])
@pytest.mark.parametrize("zyx", [(5e-324, 1, 1), (1, 1, 1.7e308), (1, 1e-8, 1), (1, 1, 1e9)])
def test_a_pixel_that_cannot_be_counts_as_not_stated(tmp_path: Path, zyx: tuple[float, ...], suffix: str) -> None:
    z, y, x = zyx
    volume = Volume.from_array(np.ones((2, 3, 4), np.uint8), voxel_size=VoxelSize(z=z, y=y, x=x))
    write_volume(tmp_path / f"a{suffix}", volume.source, volume)
    back = open_volume(tmp_path / f"a{suffix}")
    assert not back.voxel_size.known
    assert "counts as not stated" in back.notes[0]


def test_usual_pixels_stay_in_the_tags_that_fiji_reads(tmp_path: Path) -> None:
    volume = Volume.from_array(np.ones((2, 3, 4), np.uint8), voxel_size=VoxelSize(z=2, y=0.1625, x=0.1625))
    write_volume(tmp_path / "a.tif", volume.source, volume)
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        assert tif.is_imagej
        numerator, denominator = tif.pages.first.tags["XResolution"].value
        assert numerator / denominator == pytest.approx(1 / 0.1625, rel=1e-9)


@pytest.mark.parametrize(
    ("text", "zyx", "unit"),
    [
        ("0.5,0.1,0.1 um", (0.5, 0.1, 0.1), "µm"),
        ("4 nm", (4, 4, 4), "nm"),
        ("2x0.5x0.25µm", (2, 0.5, 0.25), "µm"),
        ("1e-3 2e-3 2e-3 mm", (1e-3, 2e-3, 2e-3), "mm"),
        ("0.5 × .1 × .1 micron", (0.5, 0.1, 0.1), "µm"),
    ],
)
def test_sizes_as_a_person_writes_them(text: str, zyx: tuple[float, ...], unit: str) -> None:
    size = parse_voxel_size(text)
    assert (size.zyx, size.unit) == (zyx, unit)


@pytest.mark.parametrize("text", ["", "um", "1,2 um", "0 um", "1,1,1", "1,1,1 px", "-1 um"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="is no voxel size"):
        parse_voxel_size(text)
