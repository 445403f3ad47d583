"""A picture is read from the file that holds it; files that belong together are one image, positions are their own."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import Region
from desktop_app.io.images.registry import files_of, list_images, one_per_image, open_volume
from tests.io.images.tiff_sets import ramp, write_micro_manager, write_ome_positions, write_ome_set

STORED = [{}, {"compression": "zlib"}, {"tile": (16, 16)}, {"byteorder": ">"}]


@pytest.mark.parametrize("options", STORED)
@pytest.mark.parametrize(("axis", "shape"), [("Z", (1, 4, 16, 20)), ("Z", (2, 4, 16, 20)), ("C", (2, 3, 16, 20))])
def test_every_file_of_a_set_opens_the_whole_image(
    tmp_path: Path, options: dict[str, object], axis: str, shape: tuple[int, int, int, int]
) -> None:
    voxels = ramp(*shape)
    names = [f"s_{n}.ome.tif" for n in range(shape[1] if axis == "Z" else shape[0])]
    for path in write_ome_set(tmp_path / "set", voxels, axis, names, **options):
        volume = open_volume(path)
        np.testing.assert_array_equal(volume.read_channels(), voxels)
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(volume)).read_channels(), voxels)
        assert any(f"{len(names)} files" in note for note in volume.notes)
        assert volume.channel_names == tuple(f"c{c}" for c in range(shape[0]))
        assert volume.voxel_size.zyx == (2.0, 0.5, 0.5)


def test_a_set_is_listed_once_by_its_first_file(tmp_path: Path) -> None:
    names = [f"s_{n}.ome.tif" for n in range(12)]
    paths = write_ome_set(tmp_path / "set", ramp(1, 12, 8, 8), "Z", names)
    tifffile.imwrite(tmp_path / "set" / "other.tif", ramp(8, 8))
    assert [path.name for path in list_images(tmp_path / "set")] == ["other.tif", "s_0.ome.tif"]
    assert set(files_of(paths[5])) == set(paths)
    assert one_per_image([paths[3], paths[1], paths[7]]) == [paths[3]]


def test_a_missing_part_is_named(tmp_path: Path) -> None:
    paths = write_ome_set(tmp_path / "set", ramp(1, 4, 8, 8), "Z", [f"s_{n}.ome.tif" for n in range(4)])
    paths[2].unlink()
    with pytest.raises(UnreadableFileError, match=r"other files \(s_2\.ome\.tif\) that are not there"):
        open_volume(paths[0])


def test_parts_of_another_size_are_refused(tmp_path: Path) -> None:
    names = ["s_0.ome.tif", "s_1.ome.tif"]
    paths = write_ome_set(tmp_path / "set", ramp(1, 2, 8, 8), "Z", names)
    write_ome_set(tmp_path / "small", ramp(1, 2, 4, 8), "Z", names)
    (tmp_path / "small" / "s_1.ome.tif").replace(paths[1])
    with pytest.raises(UnreadableFileError, match="differ in size"):
        open_volume(paths[0])


def test_each_position_is_an_image_of_its_own(tmp_path: Path) -> None:
    positions = [ramp(1, 3, 8, 10) + 1000 * n for n in range(3)]
    paths = write_ome_positions(tmp_path / "set", positions, [f"a_Pos{n}.ome.tif" for n in range(3)])
    for number, (path, voxels) in enumerate(zip(paths, positions, strict=True)):
        volume = open_volume(path)
        np.testing.assert_array_equal(volume.read_channels(), voxels)
        assert volume.voxel_size.zyx == (2.0, 1.0 + number, 1.0 + number)
        assert volume.notes == ()
    assert list_images(tmp_path / "set") == paths


def test_each_position_of_micro_manager_is_an_image_of_its_own(tmp_path: Path) -> None:
    stacks = [ramp(4, 6, 8) + 1000 * n for n in range(3)]
    paths = [tmp_path / f"cells_1_MMStack_Pos{n}.ome.tif" for n in range(3)]
    for number, (path, stack) in enumerate(zip(paths, stacks, strict=True)):
        write_micro_manager(path, stack, number, 3)
    for path, stack in zip(paths, stacks, strict=True):
        volume = open_volume(path)
        np.testing.assert_array_equal(volume.read(), stack)
        assert volume.axes == "ZYX"
    assert list_images(tmp_path) == paths
    paths[0].unlink()
    np.testing.assert_array_equal(open_volume(paths[2]).read(), stacks[2])


@pytest.mark.parametrize("place", ["../secret.ome.tif", "{}/secret.ome.tif", "..\\secret.ome.tif"])
def test_files_outside_of_the_folder_are_not_opened(tmp_path: Path, place: str) -> None:
    (secret,) = write_ome_set(tmp_path, ramp(1, 1, 8, 8), "Z", ["secret.ome.tif"])
    names = ["a.ome.tif", place.format(tmp_path)]
    folder = tmp_path / "set"
    folder.mkdir()
    voxels = ramp(1, 2, 8, 8)
    write_ome_set(folder / "inner", voxels, "Z", ["a.ome.tif", "b.ome.tif"])
    text = tifffile.tiffcomment(folder / "inner" / "a.ome.tif").replace("b.ome.tif", names[1])
    tifffile.imwrite(folder / "a.ome.tif", voxels[0, 0], description=text.encode(), metadata=None)
    assert secret.exists()
    with pytest.raises(UnreadableFileError, match="outside of its folder"):
        open_volume(folder / "a.ome.tif")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_that_a_set_names_is_not_waited_for(tmp_path: Path) -> None:
    paths = write_ome_set(tmp_path / "set", ramp(1, 2, 8, 8), "Z", ["a.ome.tif", "b.ome.tif"])
    paths[1].unlink()
    os.mkfifo(paths[1])
    with pytest.raises(UnreadableFileError, match=r"b\.ome\.tif, which it belongs together with, is no file"):
        open_volume(paths[0])


@pytest.mark.parametrize(
    ("fact", "value"), [("SizeZ", 10**9), ("SizeC", 10**9), ("SizeT", 10**9), ("PlaneCount", 10**9)]
)
def test_more_pictures_than_the_file_can_hold_are_refused_before_any_memory_is_taken(
    tmp_path: Path, fact: str, value: int
) -> None:
    voxels = ramp(3, 8, 8)
    tifffile.imwrite(tmp_path / "a.ome.tif", voxels, photometric="minisblack", metadata={"axes": "ZYX"})
    text = tifffile.tiffcomment(tmp_path / "a.ome.tif")
    old = {"SizeZ": 'SizeZ="3"', "PlaneCount": 'PlaneCount="3"'}.get(fact, f'{fact}="1"')
    assert old in text
    tifffile.tiffcomment(tmp_path / "a.ome.tif", text.replace(old, f'{fact}="{value}"').encode())
    with pytest.raises(UnreadableFileError, match=r"promises [13],000,000,000 pictures"):
        open_volume(tmp_path / "a.ome.tif")


def test_slices_written_one_by_one_are_a_stack(tmp_path: Path) -> None:
    voxels = ramp(5, 32, 48)
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for page in voxels:
            file.write(page)
    volume = open_volume(tmp_path / "a.tif")
    np.testing.assert_array_equal(volume.read(), voxels)
    assert volume.notes == ()


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("axes", ["ZXY", "XYZ", "YXZ", "XZY", "YZX", "ZYX"])
@pytest.mark.parametrize("shape", [(4, 6, 6), (4, 6, 9)])
def test_axes_in_any_order(tmp_path: Path, axes: str, shape: tuple[int, int, int], compression: str | None) -> None:
    voxels = ramp(*shape)
    stored = voxels.transpose(["ZYX".index(axis) for axis in axes])
    tifffile.imwrite(
        tmp_path / "a.tif", np.ascontiguousarray(stored), photometric="minisblack", compression=compression,
        metadata={"axes": axes},
    )  # fmt: skip
    volume = open_volume(tmp_path / "a.tif")
    np.testing.assert_array_equal(volume.read(), voxels)
    region = Region((1, 2, 3), (3, 5, 5))
    np.testing.assert_array_equal(volume.read(region), voxels[region.slices])
