"""Converted images keep their voxels, axes and voxel size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Volume, VoxelSize
from desktop_app.core.job import JobCancelled, Progress, RecordingContext
from desktop_app.io.images.registry import open_volume, write_volume
from desktop_app.jobs.data.convert import convert_image

SIZE = VoxelSize(z=2.0, y=0.5, x=0.25, unit="µm")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    voxels = np.arange(3 * 8 * 9, dtype=np.uint16).reshape(3, 8, 9) * 100
    volume = Volume.from_array(voxels, voxel_size=SIZE)
    write_volume(tmp_path / "a.tif", volume.source, volume)
    return tmp_path / "a.tif"


@pytest.mark.parametrize("name", ["b.tif", "b.ome.zarr", "new/b.tif"])
def test_voxels_and_their_size_stay(source: Path, tmp_path: Path, name: str) -> None:
    target = convert_image(source, tmp_path / name, RecordingContext())
    before, after = open_volume(source), open_volume(target)
    np.testing.assert_array_equal(before.read(), after.read())
    assert after.voxel_size.same_as(SIZE)


def test_there_and_back_is_the_same(source: Path, tmp_path: Path) -> None:
    ctx = RecordingContext()
    back = convert_image(convert_image(source, tmp_path / "b.ome.zarr", ctx), tmp_path / "c.tif", ctx)
    np.testing.assert_array_equal(open_volume(source).read(), open_volume(back).read())


def test_onto_itself_is_refused(source: Path) -> None:
    before = source.read_bytes()
    with pytest.raises(UserError, match="onto itself"):
        convert_image(source, source.parent / "." / source.name, RecordingContext())
    assert source.read_bytes() == before


def test_unknown_endings_are_refused_by_name(source: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"b\.xyz"):
        convert_image(source, tmp_path / "b.xyz", RecordingContext())


def test_cancel_writes_nothing(source: Path, tmp_path: Path) -> None:
    with pytest.raises(JobCancelled):
        convert_image(source, tmp_path / "b.tif", RecordingContext(cancel_after=1))
    assert not (tmp_path / "b.tif").exists()


def test_progress_grows_to_the_end(source: Path, tmp_path: Path) -> None:
    ctx = RecordingContext()
    convert_image(source, tmp_path / "b.nii.gz", ctx)
    fractions = [event.fraction for event in ctx.events if isinstance(event, Progress)]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0, 1)


def test_cancel_between_slabs_leaves_nothing(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desktop_app.io.images.volume_blocks._BLOCK_BYTES", 1)
    for name in ("b.nii.gz", "b.h5", "b.npy"):
        with pytest.raises(JobCancelled):
            convert_image(source, tmp_path / name, RecordingContext(cancel_after=2))
    assert [path.name for path in tmp_path.iterdir()] == ["a.tif"]


@pytest.mark.parametrize("name", ["new.tif", "new.ome.zarr", "new.nii.gz"])
def test_what_a_killed_conversion_left_goes_with_the_next_of_the_same_name(
    source: Path, tmp_path: Path, name: str
) -> None:
    stem, _, ending = name.partition(".")
    left, other = (tmp_path / f".{this}.0123456789.tmp.{ending}" for this in (stem, "other"))
    for path in (left, other):
        if ending == "ome.zarr":
            (path / "0").mkdir(parents=True)
        else:
            path.write_bytes(b"half")
    convert_image(source, tmp_path / name, RecordingContext())
    assert not left.exists()
    assert other.exists(), "another command may be writing it"
