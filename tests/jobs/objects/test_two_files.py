"""Two label files of one image, by job and by command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from desktop_app.cli.app import run_command
from desktop_app.cli.two_files import region_of
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region, Volume, VoxelSize
from desktop_app.core.job import JobCancelled, RecordingContext
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.registry import write_volume
from desktop_app.jobs.objects.two_files import AcceptConfig, CompareConfig, accept_from_file, compare_files
from desktop_app.objects.accepting import Acceptance

SIZE = VoxelSize(z=2, y=0.5, x=0.5)
SHAPE = (3, 12, 16)


def write(path: Path, array: np.ndarray) -> Path:
    volume = Volume.from_array(array, voxel_size=SIZE) if array.ndim == 3 else Volume.of_times(array, voxel_size=SIZE)
    write_volume(path, volume.source, volume)
    return path


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """The first: object 1. The second: the same as 7, and 9 beside it."""
    first, second = np.zeros(SHAPE, np.uint16), np.zeros(SHAPE, np.uint16)
    first[:, 1:5, 1:5] = 1
    second[:, 1:5, 1:5], second[1:, 6:10, 8:14] = 7, 9
    return write(tmp_path / "first.tif", first), write(tmp_path / "second.tif", second)


def test_the_agreement_is_counted_and_written(two: tuple[Path, Path], tmp_path: Path) -> None:
    result = compare_files(CompareConfig(*two, tmp_path / "new" / "agree.tif"), RecordingContext())
    found = result.times[1]
    assert (found.first, found.second, found.partners) == (1, 2, 1)
    assert found.dice == pytest.approx(2 * 48 / (48 + 48 + 48))
    assert found.f1 == pytest.approx(2 / 3)
    written = open_labels(result.out)
    assert [int((written.read() == value).sum()) for value in (1, 2, 3, 4)] == [48, 0, 48, 0]
    assert written.voxel_size == SIZE


def test_classes_must_be_equal(two: tuple[Path, Path], tmp_path: Path) -> None:
    result = compare_files(CompareConfig(*two, tmp_path / "agree.tif", by_class=True), RecordingContext())
    assert result.times[1].dice == 0
    assert int((open_labels(result.out).read() == 4).sum()) == 48


def test_all_an_object_or_a_region_is_taken_over(two: tuple[Path, Path], tmp_path: Path) -> None:
    def accepted(**how: object) -> tuple[int, list[int]]:
        result = accept_from_file(AcceptConfig(*two, tmp_path / "out.tif", Acceptance(**how)), RecordingContext())
        written = open_labels(result.out)
        assert written.voxel_size == SIZE
        return result.voxels, np.unique(written.read()).tolist()

    assert accepted() == (48, [0, 1, 2])
    assert accepted(objects=frozenset({7})) == (0, [0, 1])
    assert accepted(objects=frozenset({7}), keep_existing=False) == (48, [0, 2])
    assert accepted(region=Region((1, 0, 0), (2, 12, 16))) == (24, [0, 1, 2])
    assert accepted(same_numbers=True) == (48, [0, 1, 9])
    assert np.unique(open_labels(two[0]).read()).tolist() == [0, 1], "the file itself stays"


def test_each_time_point_is_taken_over_or_one(tmp_path: Path) -> None:
    first, second = np.zeros((2, 1, *SHAPE), np.uint16), np.zeros((2, 1, *SHAPE), np.uint16)
    second[0, 0, 0, :2, :2], second[1, 0, :, 3:6, 3:6] = 4, 4
    files = write(tmp_path / "f.tif", first), write(tmp_path / "s.tif", second)
    result = accept_from_file(AcceptConfig(*files, tmp_path / "o.tif"), RecordingContext())
    assert (result.voxels, open_labels(result.out).times) == (4 + 27, 2)
    one = accept_from_file(AcceptConfig(*files, tmp_path / "o.tif", time=1), RecordingContext())
    assert (one.voxels, open_labels(one.out).times) == (27, 1)
    assert list(compare_files(CompareConfig(*files), RecordingContext()).times) == [1, 2]


def test_stopping_leaves_nothing(two: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(JobCancelled):
        accept_from_file(AcceptConfig(*two, tmp_path / "out.tif"), RecordingContext(cancel_after=2))
    with pytest.raises(JobCancelled):
        compare_files(CompareConfig(*two, tmp_path / "out.tif"), RecordingContext(cancel_after=1))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first.tif", "second.tif"]


def test_what_does_not_fit_is_said(two: tuple[Path, Path], tmp_path: Path) -> None:
    other = write(tmp_path / "other.tif", np.zeros((3, 5, 5), np.uint8))
    with pytest.raises(UserError, match="does not fit"):
        compare_files(CompareConfig(two[0], other), RecordingContext())
    outside = Acceptance(region=Region((0, 0, 0), (9, 9, 9)))
    with pytest.raises(UserError, match="does not lie inside"):
        accept_from_file(AcceptConfig(*two, tmp_path / "o.tif", outside), RecordingContext())


def test_a_region_is_written_as_the_window_shows_places() -> None:
    assert region_of("0:100, 50:90, 7") == Region((7, 50, 0), (8, 90, 100))
    assert region_of("") is None
    for wrong in ("1,2", "a,b,c", "5:3,1,1", "1:2:3,1,1", "-1,1,1"):
        with pytest.raises(UserError, match="is no region"):
            region_of(wrong)


def test_by_command_line(two: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second, out = *map(str, two), str(tmp_path / "o.tif")
    assert run_command(["compare", first, second, "--json"]) == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert "0.666" in json.dumps(last)
    assert run_command(["accept", "--labels", first, "--from", second, "--out", out, "--object", "9"]) == 0
    assert "48 voxels taken over; 2 objects now" in capsys.readouterr().out
    assert run_command(["accept", "--labels", first, "--from", second, "--out", out, "--region", "x"]) == 2
