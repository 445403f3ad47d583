"""A folder of pictures as one stack."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import Region, Volume, VoxelSize
from desktop_app.io.images.png import write_png
from desktop_app.io.images.registry import is_image_file, open_volume, write_volume
from desktop_app.io.images.slices import may_be_slices

SIZE = VoxelSize(z=0.5, y=0.5, x=0.5, unit="µm")


def _slices(folder: Path, count: int = 12) -> np.ndarray:
    folder.mkdir()
    data = np.random.default_rng(1).integers(0, 9999, (count, 20, 30), np.uint16)
    for number, picture in enumerate(data, start=1):
        volume = Volume.from_array(picture, voxel_size=SIZE)
        write_volume(folder / f"z{number}.tif", volume.source, volume)
    return data


def test_pictures_are_slices_in_the_order_a_person_counts(tmp_path: Path) -> None:
    data = _slices(tmp_path / "größe 5")
    (tmp_path / "größe 5" / "notes.txt").write_text("not a picture")
    assert may_be_slices(tmp_path / "größe 5")
    assert not is_image_file(tmp_path / "größe 5")
    volume = open_volume(tmp_path / "größe 5")
    assert (volume.shape, volume.name, volume.axes) == ((12, 20, 30), "größe 5", "ZYX")
    np.testing.assert_array_equal(volume.read(), data)
    part = Region((3, 4, 5), (11, 9, 25))
    np.testing.assert_array_equal(volume.read(part), data[part.slices])
    assert volume.voxel_size == SIZE
    assert "do not state the slice distance; 0.5 µm is assumed" in volume.notes[0]


def test_colour_pictures(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    data = np.random.default_rng(1).integers(0, 255, (3, 20, 30, 3), np.uint8)
    for number, picture in enumerate(data):
        write_png(tmp_path / "a" / f"{number}.png", picture)
    volume = open_volume(tmp_path / "a")
    assert volume.rgb
    np.testing.assert_array_equal(volume.read_channels(), np.moveaxis(data, -1, 0))


def test_pictures_of_other_sizes_are_named(tmp_path: Path) -> None:
    _slices(tmp_path / "a")
    odd = Volume.from_array(np.zeros((9, 9), np.uint16))
    write_volume(tmp_path / "a" / "z4.tif", odd.source, odd)
    with pytest.raises(UnreadableFileError, match=r"not all of its 12 pictures are 20 × 30 of type uint16.*z4\.tif"):
        open_volume(tmp_path / "a")


def test_pictures_of_other_formats_are_said(tmp_path: Path) -> None:
    _slices(tmp_path / "a", 5)
    write_png(tmp_path / "a" / "overview.png", np.zeros((9, 9), np.uint8))
    assert open_volume(tmp_path / "a").notes[0] == "1 picture of another format is left out (overview.png)."
    for number in range(3):
        write_png(tmp_path / "a" / f"{number}.png", np.zeros((9, 9), np.uint8))
    told = "4 pictures of other formats are left out (0.png, 1.png, 2.png, …)."
    assert open_volume(tmp_path / "a").notes[0] == told


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders on this system")
def test_what_is_no_file_stops_no_stack(tmp_path: Path) -> None:
    data = _slices(tmp_path / "a", 3)
    (tmp_path / "a" / "z4.tif").symlink_to("z4.tif")
    os.mkfifo(tmp_path / "a" / "z5.tif")
    (tmp_path / "a" / "z6.png").symlink_to("gone.png")
    (tmp_path / "a" / "z7.tif").mkdir()
    volume = open_volume(tmp_path / "a")
    np.testing.assert_array_equal(volume.read(), data)
    assert volume.notes[0] == "Left out, as a pipe, a device or a link that leads nowhere: z4.tif, z5.tif, z6.png."
    assert may_be_slices(tmp_path / "a")


def test_volumes_and_empty_folders_are_no_slices(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(UnreadableFileError, match="a folder without an image"):
        open_volume(tmp_path / "a")
    volume = Volume.from_array(np.zeros((4, 9, 9), np.uint16))
    for name in ("b.tif", "c.tif"):
        write_volume(tmp_path / "a" / name, volume.source, volume)
    assert not may_be_slices(tmp_path / "a")
    with pytest.raises(UnreadableFileError, match=r"no single slices: b\.tif has 4"):
        open_volume(tmp_path / "a")


def test_a_picture_that_vanishes_is_named(tmp_path: Path) -> None:
    _slices(tmp_path / "a", 3)
    volume = open_volume(tmp_path / "a")
    (tmp_path / "a" / "z2.tif").unlink()
    with pytest.raises(UnreadableFileError, match=r"z2\.tif: there is no such file"):
        volume.read()
