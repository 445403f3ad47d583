"""TIFF files are read as Fiji, OME and plain writers left them."""

from __future__ import annotations

import pickle
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.core.imaging import Plane, Region, VoxelSize
from desktop_app.io.images.registry import open_volume
from desktop_app.io.images.tiff import MappedVoxels, PagedVoxels

FEWER = settings(max_examples=40, deadline=None)


def _numbers(shape: tuple[int, ...], dtype: str = "uint16") -> np.ndarray:
    return np.arange(np.prod(shape), dtype=np.int64).reshape(shape).astype(dtype)


STORAGE: dict[str, dict[str, Any]] = {
    "plain": {},
    "zlib": {"compression": "zlib"},
    "lzw with predictor": {"compression": "lzw", "predictor": True},
    "tiles": {"tile": (16, 32)},
    "zlib tiles": {"tile": (16, 16), "compression": "zlib"},
    "strips": {"rowsperstrip": 3},
    "big-endian": {"byteorder": ">"},
    "BigTIFF": {"bigtiff": True},
}


@FEWER
@given(
    storage=st.sampled_from(sorted(STORAGE)), dtype=st.sampled_from(["uint8", "uint16", "int16", "uint32", "float32"]),
    shape=st.tuples(st.integers(1, 5), st.integers(1, 40), st.integers(1, 40)), data=st.data(),
)  # fmt: skip
def test_every_way_of_storing_gives_the_same_voxels(
    tmp_path: Path, storage: str, dtype: str, shape: tuple[int, int, int], data: st.DataObject
) -> None:
    voxels = _numbers(shape, dtype)
    options = {k: v for k, v in STORAGE[storage].items() if k not in ("byteorder", "bigtiff")}
    opening = {k: v for k, v in STORAGE[storage].items() if k in ("byteorder", "bigtiff")}
    with tifffile.TiffWriter(tmp_path / "a.tif", **opening) as writer:
        for picture in voxels:
            writer.write(picture, photometric="minisblack", metadata=None, contiguous=False, **options)
    volume = open_volume(tmp_path / "a.tif")
    assert volume.shape == shape
    assert volume.dtype == np.dtype(dtype)
    assert volume.dtype.isnative
    start = tuple(data.draw(st.integers(0, n - 1)) for n in shape)
    stop = tuple(data.draw(st.integers(a + 1, n)) for a, n in zip(start, shape, strict=True))
    region = Region((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))
    part = volume.read(region)
    assert part.flags.c_contiguous
    assert part.dtype.isnative
    np.testing.assert_array_equal(part, voxels[region.slices])


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize(
    ("axes", "shape"), [("YX", (7, 9)), ("ZYX", (5, 7, 9)), ("CYX", (2, 7, 9)), ("ZCYX", (4, 3, 7, 9))]
)
def test_imagej_axes_and_voxel_size(tmp_path: Path, axes: str, shape: tuple[int, ...], compression: str | None) -> None:
    voxels = _numbers(shape)
    tifffile.imwrite(
        tmp_path / "a.tif", voxels, imagej=True, compression=compression, resolution=(5.0, 4.0),
        metadata={"axes": axes, "spacing": 1.75, "unit": "um"},
    )  # fmt: skip
    volume = open_volume(tmp_path / "a.tif")
    assert volume.axes == axes
    wanted_z = 1.75
    assert volume.voxel_size.same_as(VoxelSize(z=wanted_z, y=0.25, x=0.2, unit="µm"), 1e-6)
    full = voxels.reshape([shape[axes.index(a)] if a in axes else 1 for a in "ZCYX"])
    np.testing.assert_array_equal(volume.read_channels(), np.moveaxis(full, 1, 0))


@pytest.mark.parametrize(
    ("unit", "expected"),
    [("micron", "µm"), ("\\u00B5m", "µm"), ("um", "µm"), ("nm", "nm"), ("mm", "mm"), ("pixel", None), ("", None)],
)
def test_units_as_imagej_writes_them(tmp_path: Path, unit: str, expected: str | None) -> None:
    text = f"ImageJ=1.54f\nimages=3\nslices=3\nunit={unit}\nspacing=2.5\nloop=false\n"
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for number in range(3):
            writer.write(
                np.zeros((4, 5), np.uint8), metadata=None, description=text if number == 0 else None, contiguous=False,
                resolution=(2.0, 2.0), resolutionunit="NONE",
            )  # fmt: skip
    size = open_volume(tmp_path / "a.tif").voxel_size
    assert size.known == (expected is not None)
    if expected:
        assert (size.unit, size.zyx) == (expected, (2.5, 0.5, 0.5))


def test_ome_sizes_may_have_different_units(tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "a.ome.tif", _numbers((2, 4, 6, 7)), photometric="minisblack",
        metadata={
            "axes": "CZYX", "PhysicalSizeX": 0.1, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 100,
            "PhysicalSizeYUnit": "nm", "PhysicalSizeZ": 0.0005, "PhysicalSizeZUnit": "mm",
            "Channel": {"Name": ["DAPI", "GFP"]},
        },
    )  # fmt: skip
    volume = open_volume(tmp_path / "a.ome.tif")
    assert volume.voxel_size.same_as(VoxelSize(z=0.5, y=0.1, x=0.1, unit="µm"), 1e-9)
    assert volume.channel_names == ("DAPI", "GFP")
    assert (volume.name, volume.channels, volume.shape) == ("a", 2, (4, 6, 7))


def test_resolution_of_one_without_a_unit_is_unknown(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", _numbers((4, 5)))
    assert not open_volume(tmp_path / "a.tif").voxel_size.known


def test_screen_resolution_is_no_voxel_size_but_a_microscopes_is(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "screen.tif", _numbers((4, 5)), resolution=(72, 72), resolutionunit="INCH")
    tifffile.imwrite(tmp_path / "scope.tif", _numbers((4, 5)), resolution=(5e4, 5e4), resolutionunit="CENTIMETER")
    assert not open_volume(tmp_path / "screen.tif").voxel_size.known
    assert open_volume(tmp_path / "scope.tif").voxel_size.same_as(VoxelSize(z=0.2, y=0.2, x=0.2, unit="µm"), 1e-6)


def test_slice_distance_that_is_not_stated_is_noted(tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif", _numbers((3, 4, 5)), imagej=True, resolution=(2, 2), metadata={"axes": "ZYX", "unit": "um"}
    )
    volume = open_volume(tmp_path / "a.tif")
    assert volume.voxel_size.zyx == (1.0, 0.5, 0.5)
    assert any("slice distance" in note for note in volume.notes)


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_colour_pictures_are_recognised(tmp_path: Path, planar: str, compression: str | None) -> None:
    voxels = _numbers((4, 6, 7, 3), "uint8")
    stored = voxels if planar == "contig" else np.moveaxis(voxels, -1, 1)
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="rgb", planarconfig=planar, compression=compression)
    volume = open_volume(tmp_path / "a.tif")
    assert volume.rgb
    assert volume.source.shape == (3, 4, 6, 7)
    np.testing.assert_array_equal(volume.read_channels(), np.moveaxis(voxels, -1, 0))


def test_opacity_is_left_out(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", _numbers((6, 7, 4), "uint8"), photometric="rgb", extrasamples=["unassalpha"])
    volume = open_volume(tmp_path / "a.tif")
    assert (volume.rgb, volume.channels) == (True, 3)


def test_many_channels_without_slices_are_slices(tmp_path: Path) -> None:
    voxels = _numbers((20, 6, 7))
    tifffile.imwrite(tmp_path / "a.tif", voxels, imagej=True, metadata={"axes": "CYX"})
    volume = open_volume(tmp_path / "a.tif")
    np.testing.assert_array_equal(volume.read(), voxels)
    assert "shown as slices" in volume.notes[0]


def test_one_bit_masks_become_zero_and_one(tmp_path: Path) -> None:
    mask = _numbers((9, 11)) % 3 == 0
    tifffile.imwrite(tmp_path / "a.tif", mask)
    volume = open_volume(tmp_path / "a.tif")
    assert volume.dtype == np.uint8
    np.testing.assert_array_equal(volume.read()[0], mask)


def test_values_that_are_not_numbers_stay_and_are_told(tmp_path: Path) -> None:
    voxels = np.ones((3, 8, 8), np.float32)
    voxels[1, 2, 3] = np.nan
    voxels[2, 0, 0] = np.inf
    tifffile.imwrite(tmp_path / "a.tif", voxels, photometric="minisblack")
    volume = open_volume(tmp_path / "a.tif")
    np.testing.assert_array_equal(volume.read(), voxels)
    assert len(volume.notes) == 1
    assert volume.notes[0].startswith("1.04% of the grey values looked at are not numbers")


def test_a_remark_on_values_says_how_many_slices_were_looked_at(tmp_path: Path) -> None:
    voxels = np.ones((240, 8, 8), np.float32)
    voxels[120] = np.nan
    tifffile.imwrite(tmp_path / "a.tif", voxels, photometric="minisblack")
    (note,) = open_volume(tmp_path / "a.tif").notes
    assert note.startswith("33.33% of the grey values looked at in 3 of its 240 slices are not numbers")


def test_large_pages_are_decoded_tile_by_tile(tmp_path: Path) -> None:
    voxels = np.random.default_rng(1).integers(0, 255, (2, 4100, 4300), dtype=np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", voxels, tile=(512, 512), compression="zlib", photometric="minisblack")
    volume = open_volume(tmp_path / "a.tif", 4 * 2**20)
    region = Region((0, 500, 4000), (2, 530, 4300))
    np.testing.assert_array_equal(volume.read(region), voxels[region.slices])
    np.testing.assert_array_equal(volume.plane(Plane.YZ, 4299), voxels[:, :, 4299].T)


def test_plain_files_are_mapped_and_compressed_ones_decoded(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "plain.tif", _numbers((6, 8, 9)), photometric="minisblack")
    tifffile.imwrite(tmp_path / "packed.tif", _numbers((6, 8, 9)), photometric="minisblack", compression="zlib")
    assert isinstance(open_volume(tmp_path / "plain.tif").source, MappedVoxels)
    assert isinstance(open_volume(tmp_path / "packed.tif").source, PagedVoxels)


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_sources_go_to_other_processes_and_threads(tmp_path: Path, compression: str | None) -> None:
    voxels = _numbers((16, 64, 64))
    tifffile.imwrite(tmp_path / "a.tif", voxels, photometric="minisblack", compression=compression)
    volume = open_volume(tmp_path / "a.tif", 20_000)
    copy = pickle.loads(pickle.dumps(volume))
    np.testing.assert_array_equal(copy.read(), voxels)
    wrong: list[int] = []

    def read_all(step: int) -> None:
        for z in range(0, 16 * step, step):
            if not np.array_equal(volume.plane(Plane.XY, z % 16), voxels[z % 16]):
                wrong.append(z)

    threads = [threading.Thread(target=read_all, args=(step,)) for step in (1, 3, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_real_stack_of_the_nerve_cord(sample_data: Path) -> None:
    volume = open_volume(sample_data / "em_vnc" / "image.tif")
    assert (volume.shape, volume.dtype, volume.axes) == ((14, 1024, 1024), np.uint8, "ZYX")
    assert volume.voxel_size.same_as(VoxelSize(z=47, y=4.6, x=4.6, unit="nm"))
