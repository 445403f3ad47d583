"""Jobs work on every time point of a movie or on one, and read files as the user says."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.config.object_step import ObjectStep
from desktop_app.core.config.patches import PatchImage, PatchPlan, PatchSettings
from desktop_app.core.config.preparing import PrepareSettings
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import ImageReading, Volume, VoxelSize
from desktop_app.core.job import Note, RecordingContext
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.registry import open_volume, write_volume
from desktop_app.jobs.data.convert import convert_image
from desktop_app.jobs.data.evaluate import evaluate
from desktop_app.jobs.data.measure import measure_labels
from desktop_app.jobs.data.prepare import PrepareConfig, prepare_dataset
from desktop_app.jobs.data.time_points import at_same_time, time_title, wanted_times
from desktop_app.jobs.objects.run import ObjectsConfig, change_objects
from desktop_app.jobs.objects.surfaces import SurfacesConfig, write_object_surfaces
from desktop_app.jobs.objects.turn_movie import TurnConfig, write_turn_movie
from desktop_app.jobs.patches.pick import PickedPatches, pick_patches
from desktop_app.jobs.patches.table import TABLE, places_in

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


def test_a_movie_that_ends_before_is_not_taken_for_its_last_time_point() -> None:
    short, long = (Volume.of_times(np.zeros((n, 1, 1, 4, 4), np.uint8), name=f"of {n}") for n in (2, 5))
    assert at_same_time(short, long.at_time(1)).time == 1
    with pytest.raises(UserError, match="of 2 has 2 time points, but of 5 has 5: there is nothing for number 4"):
        at_same_time(short, long.at_time(3))


def test_operations_change_every_time_point_or_one(tmp_path: Path, labels: Path) -> None:
    step = ObjectStep(operation="size-filter", parameters={"min_size": 10})
    result = change_objects(ObjectsConfig(step, labels, tmp_path / "all.tif"), RecordingContext())
    found = open_labels(result.out)
    assert [np.unique(one.read()).tolist() for one in found.each_time()] == [[0], [0, 2], [0]]
    assert (result.voxels, result.objects) == (16, 1)
    change_objects(ObjectsConfig(step, labels, tmp_path / "one.tif", time=1), RecordingContext())
    alone = open_labels(tmp_path / "one.tif")
    assert (alone.times, np.unique(alone.read()).tolist()) == (1, [0, 2])
    change_objects(ObjectsConfig(step, labels, tmp_path / "two.tif", time=(1, 2)), RecordingContext())
    two = open_labels(tmp_path / "two.tif")
    assert [np.unique(one.read()).tolist() for one in two.each_time()] == [[0, 2], [0]]


def test_surfaces_of_every_time_point_or_one(tmp_path: Path, labels: Path) -> None:
    ctx = RecordingContext()
    result = write_object_surfaces(SurfacesConfig(labels, tmp_path / "a.stl"), ctx)
    assert sorted(path.name for path in tmp_path.glob("*.stl")) == ["a_t1.stl", "a_t2.stl"]
    assert result.objects == 3
    assert ["Time point 3 of 3: There are no objects" in e.text for e in ctx.events if isinstance(e, Note)] == [True]
    write_object_surfaces(SurfacesConfig(labels, tmp_path / "b.stl", time=1), RecordingContext())
    assert (tmp_path / "b.stl").is_file()
    with pytest.raises(UserError, match="no object 9"):
        write_object_surfaces(SurfacesConfig(labels, tmp_path / "c.stl", (9,)), RecordingContext())


def test_patches_of_every_time_point_or_one(tmp_path: Path) -> None:
    voxels = np.random.default_rng(0).integers(0, 200, (2, 1, 1, 200, 200)).astype(np.uint8)
    movie = Volume.of_times(voxels, voxel_size=SIZE)
    path = write_volume(tmp_path / "film.tif", movie.source, movie) or tmp_path / "film.tif"
    settings = PatchSettings(number=4, size=64)

    def pick(name: str, time: int | None, earlier: tuple[str, ...] = ()) -> PickedPatches:
        plan = PatchPlan(
            sources=(PatchImage(image=str(path), time=time),), out=str(tmp_path / name), settings=settings,
            earlier=earlier,
        )  # fmt: skip
        return pick_patches(plan, RecordingContext())

    both = pick("both", None)
    assert [patch.time for patch in both.patches] == [0, 0, 1, 1]
    assert {patch.image.parent.parent.name for patch in both.patches} == {"film"}
    for patch in both.patches:
        there = voxels[patch.time, 0][patch.place.region.slices][0]
        np.testing.assert_array_equal(open_volume(patch.image).read()[0], there)
    table = tmp_path / "both" / TABLE
    assert [len(places_in(table, path, time)) for time in (0, 1, 2)] == [2, 2, 0]
    assert {patch.time for patch in pick("late", 1, (str(table),)).patches} == {1}


def test_a_training_folder_of_one_time_point(tmp_path: Path, labels: Path) -> None:
    source = tmp_path / "in"
    for folder in ("images", "labels"):
        (source / folder).mkdir(parents=True)
        (source / folder / "a.tif").write_bytes(labels.read_bytes())
    for name, time, times in (("whole", None, 3), ("first", 0, 1), ("second", 1, 1), ("two", (0, 2), 2)):
        result = prepare_dataset(
            PrepareConfig(source, tmp_path / name, PrepareSettings(train=1, validation=0, test=0), time=time),
            RecordingContext(),
        )
        assert not result.failed
        written = [open_volume(p) for p in (tmp_path / name).rglob("a.tif")]
        assert [volume.times for volume in written] == [times, times]
        expected = open_volume(labels).at_time(1 if time == 1 else 0).read()
        for volume in written:
            np.testing.assert_array_equal(volume.read(), expected)
            assert volume.voxel_size == SIZE


def test_a_turn_of_one_time_point(tmp_path: Path, labels: Path) -> None:
    pictures = []
    for time in (0, 1):
        config = TurnConfig(tmp_path / f"{time}.gif", labels, size=32, frames=2, time=time)
        write_turn_movie(config, RecordingContext())
        pictures.append(config.out.read_bytes())
    assert pictures[0] != pictures[1]
    with pytest.raises(UserError, match="no number 4"):
        write_turn_movie(TurnConfig(tmp_path / "x.gif", labels, time=3), RecordingContext())
