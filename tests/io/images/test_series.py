"""Several images in a file are a choice; pages of one thing are a stack; corrected axes and sizes hold."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr
from pydantic import ValidationError

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import ImageReading, VoxelSize
from desktop_app.io.images.image_format import distinct
from desktop_app.io.images.registry import list_series, open_volume
from tests.io.images.tiff_sets import ramp, write_micro_manager


def write_two(path: Path, *, ome: bool) -> list[np.ndarray]:
    both = [ramp(3, 20, 30), ramp(40, 50) + 500]
    with tifffile.TiffWriter(path, ome=ome) as file:
        for name, axes, voxels in zip(("Cells", "Overview"), ("ZYX", "YX"), both, strict=True):
            file.write(voxels, photometric="minisblack", metadata={"axes": axes, **({"Name": name} if ome else {})})
    return both


@pytest.mark.parametrize("ome", [True, False])
def test_a_second_image_is_offered_and_opened(tmp_path: Path, ome: bool) -> None:
    both = write_two(tmp_path / "a.ome.tif", ome=ome)
    names = ("Cells", "Overview") if ome else ("Image 1", "Image 2")
    series = list_series(tmp_path / "a.ome.tif")
    assert [(s.name, s.axes, s.shape, s.dtype) for s in series] == [
        (names[0], "ZYX", (3, 20, 30), "uint16"), (names[1], "YX", (40, 50), "uint16"),
    ]  # fmt: skip
    first = open_volume(tmp_path / "a.ome.tif")
    np.testing.assert_array_equal(first.read(), both[0])
    assert any(names[1] in note for note in first.notes)
    for wanted in (names[1], "2"):
        second = open_volume(tmp_path / "a.ome.tif", reading=ImageReading(series=wanted))
        np.testing.assert_array_equal(second.read()[0], both[1])
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(second)).read()[0], both[1])
    with pytest.raises(UnreadableFileError, match=r"there is no image “Moon” in it.*" + names[0]):
        open_volume(tmp_path / "a.ome.tif", reading=ImageReading(series="Moon"))


def test_one_image_is_no_choice(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", ramp(3, 20, 30), photometric="minisblack")
    assert list_series(tmp_path / "a.tif") == ()


@pytest.mark.parametrize("samples", [(), (3,)])
def test_pages_of_one_thing_are_a_stack_beside_another_image(tmp_path: Path, samples: tuple[int, ...]) -> None:
    pages = ramp(5, 32, 48, *samples) % 251
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for page in pages.astype(np.uint8):
            file.write(page, photometric="rgb" if samples else "minisblack")
        file.write(ramp(6, 8), photometric="minisblack")
    volume = open_volume(tmp_path / "a.tif")
    np.testing.assert_array_equal(volume.read_channels(), np.moveaxis(pages.reshape(5, 32, 48, -1), -1, 0))
    assert [s.shape for s in list_series(tmp_path / "a.tif")] == [(5, 32, 48, *samples), (6, 8)]
    assert len(volume.notes) == 1


def test_volumes_of_one_shape_are_a_choice(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for number in range(2):
            file.write(ramp(4, 6, 8) + 1000 * number, photometric="minisblack")
    second = open_volume(tmp_path / "a.tif", reading=ImageReading(series="Image 2"))
    np.testing.assert_array_equal(second.read(), ramp(4, 6, 8) + 1000)


def test_positions_of_micro_manager_lie_in_files_of_their_own(tmp_path: Path) -> None:
    for number in range(2):
        path = tmp_path / f"cells_1_MMStack_Pos{number}.ome.tif"
        write_micro_manager(path, ramp(4, 6, 8), number, 2)
    assert list_series(path) == ()


def test_images_of_a_zarr_collection_and_of_a_plate(tmp_path: Path) -> None:
    collection = zarr.open_group(str(tmp_path / "many.zarr"), mode="w", zarr_format=2)
    plate = zarr.open_group(str(tmp_path / "plate.zarr"), mode="w", zarr_format=2)
    plate.attrs["plate"] = {"wells": [{"path": "A/1"}, {"path": "B/2"}]}
    for number, names in enumerate((("0", "A/1/0"), ("1", "B/2/0"))):
        for group, name in zip((collection, plate), names, strict=True):
            image = group.create_group(name)
            image.create_array("0", shape=(3, 4, 5), dtype="u2")[...] = ramp(3, 4, 5) + number
            image.attrs["multiscales"] = [{"axes": ["z", "y", "x"], "datasets": [{"path": "0"}]}]
    for file, name in (("many.zarr", "1"), ("plate.zarr", "B/2/0")):
        path = tmp_path / file
        assert [s.name for s in list_series(path)][1] == name
        assert "one more image" in open_volume(path).notes[-1]
        volume = open_volume(path, reading=ImageReading(series=name))
        np.testing.assert_array_equal(volume.read(), ramp(3, 4, 5) + 1)


def test_names_are_made_distinct() -> None:
    assert distinct(["a", "", "b", "b"]) == ("a", "Image 2", "b 3", "b 4")


def test_axes_set_by_hand(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", ramp(3, 5, 6, 7), photometric="minisblack", metadata=None)
    path = tmp_path / "a.tif"
    volume = open_volume(path, reading=ImageReading(axes="TYX"))
    assert (volume.times, volume.shape, volume.stored_shape) == (15, (1, 6, 7), (15, 6, 7))
    assert "set by hand" in volume.notes[0]
    with pytest.raises(UnreadableFileError, match=r"it has 3 axes \(15 × 6 × 7\), but 4 were given \(TZYX\)"):
        open_volume(path, reading=ImageReading(axes="TZYX"))
    turned = open_volume(path, reading=ImageReading(axes="ZXY"))
    np.testing.assert_array_equal(turned.read(), ramp(15, 6, 7).transpose(0, 2, 1))


@pytest.mark.parametrize("axes", ["ZZYX", "ZY", "QYX"])
def test_axes_that_make_no_image_are_refused(axes: str) -> None:
    with pytest.raises(ValidationError):
        ImageReading(axes=axes)


def test_a_voxel_size_set_by_hand(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", ramp(3, 6, 7), imagej=True, metadata={"unit": "um", "spacing": 2.0})
    size = VoxelSize(z=4, y=3, x=3, unit="nm")
    volume = open_volume(tmp_path / "a.tif", reading=ImageReading(voxel_size=size))
    assert volume.voxel_size == size
