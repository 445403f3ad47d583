"""Smaller resolutions that files bring along are found, and lie where the full one does."""

from __future__ import annotations

import pickle
from pathlib import Path

import h5py
import numpy as np
import tifffile

from desktop_app.core.imaging import Region, Volume
from desktop_app.io.images.registry import open_volume

FULL = np.random.default_rng(0).integers(0, 4000, (6, 64, 96), dtype=np.uint16)
HALF, QUARTER = FULL[:, ::2, ::2], FULL[::2, ::4, ::4]


def resolutions(volume: Volume, channel: int = 0) -> list[np.ndarray]:
    return [one.source(volume.time).read(channel, Region.whole(one.shape)) for one in volume.smaller]


def test_a_pyramid_in_an_ome_tiff(tmp_path: Path) -> None:
    path = tmp_path / "pyramid.ome.tif"
    with tifffile.TiffWriter(path) as writer:
        options = {"tile": (32, 32), "compression": "zlib"}
        writer.write(FULL, subifds=2, metadata={"axes": "ZYX"}, **options)
        writer.write(HALF, subfiletype=1, **options)
        writer.write(FULL[:, ::4, ::4], subfiletype=1, **options)
    volume = open_volume(path)
    assert [one.factors for one in volume.smaller] == [(1, 2, 2), (1, 4, 4)]
    np.testing.assert_array_equal(resolutions(volume)[0], HALF)
    np.testing.assert_array_equal(volume.read(), FULL)
    elsewhere = pickle.loads(pickle.dumps(volume))  # as workers get it: no smaller picture is taken for the full one
    assert elsewhere.smaller == ()
    np.testing.assert_array_equal(elsewhere.read(), FULL)


def test_a_colour_slide_with_a_pyramid(tmp_path: Path) -> None:
    path = tmp_path / "slide.tif"
    colours = np.random.default_rng(1).integers(0, 255, (128, 160, 3), dtype=np.uint8)
    with tifffile.TiffWriter(path) as writer:
        writer.write(colours, subifds=1, photometric="rgb", tile=(32, 32))
        writer.write(colours[::2, ::2], subfiletype=1, photometric="rgb", tile=(32, 32))
    volume = open_volume(path)
    assert volume.rgb
    assert [one.factors for one in volume.smaller] == [(1, 2, 2)]
    np.testing.assert_array_equal(resolutions(volume, channel=2)[0][0], colours[::2, ::2, 2])


def test_the_levels_of_big_data_viewer_at_each_time(tmp_path: Path) -> None:
    path = tmp_path / "bdv.h5"
    with h5py.File(path, "w") as file:
        for time in range(2):
            for level, data in enumerate((FULL, HALF, QUARTER)):
                file[f"t{time:05d}/s00/{level}/cells"] = (data + time).astype(np.int16)
    volume = open_volume(path)
    assert [one.factors for one in volume.smaller] == [(1, 2, 2), (2, 4, 4)]
    for time in range(2):
        found = resolutions(volume.at_time(time))
        np.testing.assert_array_equal(found[0], HALF + time)
        np.testing.assert_array_equal(found[1], QUARTER + time)


def test_the_resolutions_of_imaris_without_what_fills_them_up(tmp_path: Path) -> None:
    path = tmp_path / "scan.ims"
    with h5py.File(path, "w") as file:
        info = file.create_group("DataSetInfo/Image")
        for axis, length in zip("ZYX", FULL.shape, strict=True):
            info.attrs[axis] = np.array([c.encode() for c in str(length)])
        for level, data in enumerate((FULL, HALF)):
            group = file.create_group(f"DataSet/ResolutionLevel {level}/TimePoint 0/Channel 0")
            group["Data"] = np.pad(data, ((0, 2), (0, 16), (0, 16)))
            for axis, length in zip("ZYX", data.shape, strict=True):
                group.attrs[f"ImageSize{axis}"] = np.array([c.encode() for c in str(length)])
    volume = open_volume(path)
    assert volume.shape == FULL.shape
    assert [one.factors for one in volume.smaller] == [(1, 2, 2)]
    np.testing.assert_array_equal(resolutions(volume)[0], HALF)
