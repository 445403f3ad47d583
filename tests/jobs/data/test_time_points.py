"""Jobs work on every time point of a movie or on one, and read files as the user says."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import ImageReading, Volume, VoxelSize
from desktop_app.core.job import RecordingContext
from desktop_app.io.images.registry import open_volume, write_volume
from desktop_app.jobs.data.convert import convert_image
from desktop_app.jobs.data.evaluate import evaluate
from desktop_app.jobs.data.measure import measure_labels
from desktop_app.jobs.data.prepare import PrepareConfig, prepare_dataset
from desktop_app.jobs.data.time_points import at_same_time, time_title, wanted_times

SIZE = VoxelSize(z=2, y=0.5, x=0.5)


def rows_of(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """Three time points (T, Z, Y, X) with one, two and no objects."""
    voxels = np.zeros((3, 1, 2, 16, 16), np.uint8)
    voxels[0, 0, :, 2:4, 2:4] = 1
    voxels[1, 0, :, 2:4, 2:4] = 1
    voxels[1, 0, 0, 8:12, 8:12] = 2
    movie = Volume.of_times(voxels, step=5.0, voxel_size=SIZE)
    write_volume(tmp_path / "labels.tif", movie.source, movie)
    return tmp_path / "labels.tif"


def test_every_time_point_is_measured(tmp_path: Path, labels: Path) -> None:
    image = tmp_path / "image.tif"
    grey = np.stack([np.full((1, 2, 16, 16), 10 * t + 1, np.uint8) for t in range(3)])
    movie = Volume.of_times(grey)
    write_volume(image, movie.source, movie)
    assert measure_labels(labels, image, tmp_path / "o.csv", RecordingContext()).objects == 3
    found = [(row["time"], row["id"], row["voxels"], row["mean_intensity"]) for row in rows_of(tmp_path / "o.csv")]
    assert found == [("1", "1", "8", "1"), ("2", "1", "8", "11"), ("2", "2", "16", "11")]


def test_one_time_point_is_measured(tmp_path: Path, labels: Path) -> None:
    measure_labels(labels, None, tmp_path / "o.csv", RecordingContext(), time=1)
    assert [(row["time"], row["id"]) for row in rows_of(tmp_path / "o.csv")] == [("2", "1"), ("2", "2")]
    with pytest.raises(UserError, match=r"labels\.tif has 3 time points; there is no number 4"):
        measure_labels(labels, None, tmp_path / "o.csv", RecordingContext(), time=3)


def test_a_stack_is_measured_as_before(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.ones((2, 8, 8), np.uint8), photometric="minisblack")
    measure_labels(tmp_path / "a.tif", None, tmp_path / "o.csv", RecordingContext())
    assert "time" not in rows_of(tmp_path / "o.csv")[0]


def test_time_points_are_compared_each(tmp_path: Path, labels: Path) -> None:
    result = evaluate(labels, labels, tmp_path / "s.csv", RecordingContext())
    assert [(case.image, case.true_objects) for case in result.cases] == [
        ("labels, time point 1", 1), ("labels, time point 2", 2), ("labels, time point 3", 0),
    ]  # fmt: skip
    assert result.mean["f1"] == 1.0
    one = evaluate(labels, labels, tmp_path / "s.csv", RecordingContext(), time=1)
    assert [case.true_objects for case in one.cases] == [2]


def test_a_movie_is_converted_whole_or_at_one_time(tmp_path: Path, labels: Path) -> None:
    convert_image(labels, tmp_path / "b.ome.zarr", RecordingContext())
    whole, source = open_volume(tmp_path / "b.ome.zarr"), open_volume(labels)
    assert (whole.times, whole.voxel_size, whole.movie.step if whole.movie else None) == (3, SIZE, 5.0)
    for one in source.each_time():
        np.testing.assert_array_equal(whole.at_time(one.time).read(), one.read())
    convert_image(labels, tmp_path / "c.tif", RecordingContext(), time=1)
    alone = open_volume(tmp_path / "c.tif")
    assert alone.times == 1
    np.testing.assert_array_equal(alone.read(), source.at_time(1).read())


def test_what_the_user_says_is_written_into_results(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.arange(5 * 8 * 9, dtype=np.uint16).reshape(5, 8, 9), metadata=None,
                     photometric="minisblack")  # fmt: skip
    said = ImageReading(axes="TYX", voxel_size=VoxelSize(z=1, y=3, x=3, unit="nm"))
    ctx = RecordingContext()
    convert_image(tmp_path / "a.tif", tmp_path / "b.tif", ctx, reading=said)
    written = open_volume(tmp_path / "b.tif")
    assert (written.times, written.voxel_size.y, written.voxel_size.unit) == (5, 3, "nm")
    assert any("set by hand" in event.text for event in ctx.events if hasattr(event, "text"))


def test_prepared_copies_say_it_themselves(tmp_path: Path) -> None:
    for part in ("images", "labels"):
        (tmp_path / "in" / part).mkdir(parents=True)
        for name in ("a", "b", "c"):
            voxels = np.ones((2, 16, 16), np.uint8)
            tifffile.imwrite(tmp_path / "in" / part / f"{name}.tif", voxels, photometric="minisblack")
    config = PrepareConfig(tmp_path / "in", tmp_path / "out", reading=ImageReading(voxel_size=SIZE))
    prepare_dataset(config, RecordingContext())
    images = sorted((tmp_path / "out").rglob("images/*.tif"))
    assert len(images) == 3
    assert all(open_volume(path).voxel_size == SIZE for path in images)


def test_an_image_without_time_belongs_to_each_time_point() -> None:
    movie = Volume.of_times(np.zeros((3, 1, 1, 4, 4), np.uint8), name="film")
    still = Volume.from_array(np.zeros((4, 4), np.uint8))
    assert at_same_time(still, movie.at_time(2)) is still
    assert at_same_time(movie, movie.at_time(2)).time == 2
    assert list(wanted_times(movie, None)) == [0, 1, 2]
    assert (time_title(movie, 1), time_title(still, 0)) == ("Time point 2 of 3: ", "")
    with pytest.raises(UserError, match="film has 3 time points"):
        wanted_times(movie, 3)
