from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.config.app_settings import AppSettings
from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import AS_STATED, ImageReading, Plane, Region
from desktop_app.core.job import RecordingContext
from desktop_app.io.images.browsing_copies import delete_copies_of, find_copy, list_copies, make_room, worth_a_copy
from desktop_app.io.images.ome_zarr import ZarrVoxels
from desktop_app.io.images.registry import open_volume
from desktop_app.io.settings import copies_folder, save_settings
from desktop_app.jobs.data.browsing_copy import prepare_for_browsing

SHAPE = (20, 130, 300)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    data = np.random.default_rng(0).integers(0, 4000, SHAPE, dtype=np.uint16)
    data[:, 64:] = 0  # pieces without anything are written, too
    path = tmp_path / "scan.tif"
    tifffile.imwrite(
        path, data, compression="zlib", metadata={"axes": "ZYX", "spacing": 2.0, "unit": "um"}, imagej=False
    )
    return path


def prepared(image: Path, reading: ImageReading = AS_STATED) -> Path:
    return prepare_for_browsing(image, RecordingContext(), reading=reading).copy


def test_who_opens_the_image_gets_the_voxels_of_the_copy_and_all_else_of_the_image(image: Path) -> None:
    before = open_volume(image)
    prepared(image)
    after = open_volume(image)
    assert isinstance(after.source, ZarrVoxels)
    np.testing.assert_array_equal(after.read(), before.read())
    for plane in Plane:
        np.testing.assert_array_equal(after.plane(plane, 7), before.plane(plane, 7))
    told = [(v.path, v.name, v.axes, v.voxel_size, v.dtype, v.notes) for v in (before, after)]
    assert told[0] == told[1]


def test_an_image_that_has_changed_has_no_copy(image: Path) -> None:
    prepared(image)
    os.utime(image, ns=(1, 1))
    assert find_copy(image, AS_STATED) is None
    tifffile.imwrite(image, np.full(SHAPE, 5, np.uint16))
    assert (open_volume(image).read() == 5).all()


def test_another_reading_is_another_copy(image: Path) -> None:
    other = ImageReading(time_as_z=True)
    first = prepared(image)
    assert find_copy(image, other) is None
    assert open_volume(image, reading=other).times == SHAPE[0]
    assert find_copy(image, AS_STATED) == first


def test_a_new_copy_takes_the_place_of_that_of_an_earlier_state(image: Path) -> None:
    first = prepared(image)
    os.utime(image, ns=(1, 1))
    second = prepared(image)
    assert [copy.folder for copy in list_copies()] == [second]
    assert first != second


def test_a_movie_and_channels_come_from_the_copy(tmp_path: Path) -> None:
    data = np.random.default_rng(1).integers(0, 255, (3, 4, 2, 40, 50), dtype=np.uint8)
    path = tmp_path / "movie.ome.tif"
    tifffile.imwrite(path, data, metadata={"axes": "TZCYX"}, compression="zlib")
    prepared(path)
    volume = open_volume(path)
    for time, point in enumerate(volume.each_time()):
        assert isinstance(point.source, ZarrVoxels)
        for channel in range(2):
            np.testing.assert_array_equal(point.read(channel=channel), data[time, :, channel])


def test_a_copy_of_which_a_piece_is_gone_is_not_read_as_black(image: Path) -> None:
    copy = prepared(image)
    (copy / "0" / "0" / "1" / "0").unlink()
    with pytest.raises(UnreadableFileError, match="a piece of the copy"):
        open_volume(image).read()
    assert open_volume(image).read(Region((0, 0, 0), (1, 10, 10))).any()


def test_copies_go_with_their_image_and_when_room_is_needed(image: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.tif"
    tifffile.imwrite(other, np.ones(SHAPE, np.uint8), compression="zlib")
    first, second = prepared(image), prepared(other)
    os.utime(first / "copy.json", (1000, 1000))
    sizes = {copy.folder: copy.nbytes for copy in list_copies()}
    assert list(sizes) == [first, second]
    assert make_room(10, sizes[second] + 10, keep=copies_folder() / "new")
    assert [copy.folder for copy in list_copies()] == [second]
    assert delete_copies_of(other) == sizes[second]
    assert list_copies() == []
    assert not make_room(100, 50, keep=copies_folder() / "new")


def test_the_folder_of_copies_can_be_chosen(image: Path, tmp_path: Path) -> None:
    save_settings(AppSettings(copies_folder=str(tmp_path / "fast disk")))
    assert prepared(image).parent == tmp_path / "fast disk"


def test_what_lies_in_pieces_needs_no_copy(image: Path, tmp_path: Path) -> None:
    from desktop_app.jobs.data.convert import convert_image

    assert worth_a_copy(open_volume(image))
    zarr = convert_image(image, tmp_path / "scan.ome.zarr", RecordingContext())
    assert not worth_a_copy(open_volume(zarr))


def test_what_a_killed_program_left_of_removing_a_copy_goes(image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared(image)
    with monkeypatch.context() as killed:
        killed.setattr("shutil.rmtree", lambda *_args, **_more: None)
        delete_copies_of(image)
    assert len(list(copies_folder().iterdir())) == 1
    assert list_copies() == []
    assert list(copies_folder().iterdir()) == []
