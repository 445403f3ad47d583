"""Many images written in another format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.imaging import ImageReading, Volume, VoxelSize
from desktop_app.core.job import JobCancelled, Progress, RecordingContext
from desktop_app.io.images.registry import open_volume, write_volume
from desktop_app.jobs.data.convert_many import Conversion, ImageToConvert, convert_many, look_at_images

SIZE = VoxelSize(z=2.0, y=0.5, x=0.5, unit="µm")


@pytest.fixture
def images(tmp_path: Path) -> tuple[ImageToConvert, ...]:
    paths = [tmp_path / "one/a.tif", tmp_path / "two/a.tif", tmp_path / "b.ome.zarr"]
    for number, path in enumerate(paths):
        volume = Volume.from_array(np.full((3, 8, 9), number, np.uint16), voxel_size=SIZE)
        write_volume(path, volume.source, volume)
    (tmp_path / "broken.tif").write_bytes(b"II*\0 not much more")
    return tuple(map(ImageToConvert, (*paths, tmp_path / "broken.tif")))


def test_each_gets_a_file_of_its_own_and_what_fails_is_told(images, tmp_path: Path) -> None:
    ctx = RecordingContext()
    result = convert_many(Conversion(images, tmp_path / "out", ".nrrd"), ctx)
    assert [p.name for p in result.written] == ["one_a.nrrd", "two_a.nrrd", "b.nrrd"]
    assert [int(open_volume(p).read().max()) for p in result.written] == [0, 1, 2]
    assert [name for name, _ in result.failed] == ["broken.tif"]
    assert open_volume(result.written[0]).voxel_size.same_as(SIZE)
    last = ctx.of_kind(Progress)[-1]
    assert last.done == last.total


def test_what_was_stopped_goes_on_where_it_was(images, tmp_path: Path) -> None:
    conversion = Conversion(images[:3], tmp_path / "out", ".ome.zarr", "0.5")
    with pytest.raises(JobCancelled):
        convert_many(conversion, RecordingContext(cancel_after=8))
    there = sorted(p.name for p in (tmp_path / "out").iterdir())
    assert 0 < len(there) < 3
    result = convert_many(conversion, RecordingContext())
    assert sorted(p.name for p in result.kept) == there
    assert len(result.written) + len(result.kept) == 3


def test_other_files_are_not_written_over(images, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/b.tif").write_text("mine")
    result = convert_many(Conversion(images[2:3], tmp_path / "out", ".tif"), RecordingContext())
    assert "There is another file b.tif" in result.failed[0][1]
    assert (tmp_path / "out/b.tif").read_text() == "mine"
    onto = convert_many(Conversion(images[:1], tmp_path / "one", ".tif"), RecordingContext())
    assert "has this format already" in onto.failed[0][1]


def test_names_of_the_project_and_readings_count(images, tmp_path: Path) -> None:
    path = images[0].path
    twice = tuple(ImageToConvert(path, "cell", ImageReading(voxel_size=size)) for size in (SIZE, None))
    result = convert_many(Conversion(twice, tmp_path / "out", ".tif"), RecordingContext())
    assert [p.name for p in result.written] == ["cell.tif", "cell_2.tif"]


def test_what_would_be_lost_is_known_before(images) -> None:
    found = look_at_images(images, [".npy", ".mrc", ".tif"], RecordingContext())
    assert found[0].lost[".npy"] == ("NumPy does not keep the voxel size of 0.5 × 0.5 × 2 µm (x, y, z).",)
    assert found[0].lost[".tif"] == ()
    assert found[0].nbytes == 3 * 8 * 9 * 2
    assert "broken.tif" in found[3].problem
    colors = Volume.from_array(np.zeros((3, 1, 8, 9), np.uint8), rgb=True)
    path = images[0].path.with_name("rgb.tif")
    write_volume(path, colors.source, colors)
    (one,) = look_at_images([ImageToConvert(path)], [".mrc"], RecordingContext())
    assert "cannot hold 3 channels" in one.refused[".mrc"]
