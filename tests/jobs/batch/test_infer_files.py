"""What a batch writes, and where."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tifffile

from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.errors import UnwritableFileError, UserError
from desktop_app.core.imaging import ImageReading, Region, Volume, VoxelSize
from desktop_app.core.job import CaseUpdate, Note, Progress, RecordingContext
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.registry import list_images, open_volume, write_volume
from desktop_app.io.tables import read_csv
from desktop_app.jobs.batch import case as batch_case
from desktop_app.jobs.batch import case_results, infer
from desktop_app.jobs.batch.infer import list_cases
from desktop_app.jobs.batch.inputs import unique_stems
from tests.io.images.tiff_sets import ramp, write_ome_positions, write_ome_set
from tests.jobs.fake_batch import SIZE, FakePredictor, image, model_card, run, save, summary


def test_results_inside_the_input_folder_are_not_taken_as_images(tmp_path, predictor):
    folder = tmp_path / "in"
    save(folder / "a.tif", image())
    out = folder / "results"
    run(folder, out)
    assert [
        p.name for p in list_cases(InferenceConfig(model="m", inputs=(str(folder), str(out)), output=str(out)))
    ] == ["a.tif"]
    assert len(run(folder, out).cases) == 1


def test_results_never_fall_on_images(tmp_path, predictor):
    path = save(tmp_path / "a.tif", image())
    before = path.read_bytes()
    for chosen in (tmp_path, path):
        with pytest.raises(UserError, match="result folder"):
            run(chosen, tmp_path)
    assert path.read_bytes() == before


def test_images_of_the_same_name_keep_their_own_results(tmp_path, predictor):
    one, two = save(tmp_path / "x" / "cell.tif", image(1)), save(tmp_path / "y" / "cell.tif", image(3))
    result = run(tmp_path, tmp_path / "out", inputs=(str(one), str(two), str(one)))
    assert [Path(c.output).name for c in result.cases] == ["x_cell.tif", "y_cell.tif"]
    assert int(open_labels(Path(result.cases[1].output)).read().max()) == 3


def test_of_a_folder_of_folders_every_image_is_labelled_once(tmp_path, predictor):
    for number, day in enumerate(("day 2", "day 10"), start=1):
        save(tmp_path / "exp" / day / "images" / "cell.tif", image(number))
        save(tmp_path / "exp" / day / "labels" / "cell.tif", image(1))
    for turn in range(2):  # results of the first batch lie among the folders of the second
        result = run(tmp_path / "exp", tmp_path / "exp" / f"found {turn}")
        assert [Path(c.path).parent.parent.name for c in result.cases] == ["day 2", "day 10"]
    assert [int(open_labels(Path(c.output)).read().max()) for c in result.cases] == [1, 2]


def test_images_of_one_file_keep_their_own_results(tmp_path, predictor):
    path = tmp_path / "cell.h5"
    with h5py.File(path, "w") as file:
        file["raw"], file["b/raw"], file["b_raw"] = (image(n) for n in (1, 3, 2))
    save(tmp_path / "cell_raw.tif", image(4))
    said = {str(path): (ImageReading(series="b/raw"), ImageReading(series="b_raw"))}
    first, inputs = {str(path): ImageReading(series="raw")}, (str(path), str(tmp_path / "cell_raw.tif"))
    result = run(tmp_path, tmp_path / "out", inputs=inputs, further=said, readings=first)
    assert [c.error for c in result.cases] == [""] * 4
    assert len({c.output.casefold() for c in result.cases}) == 4
    found = [int(open_labels(Path(c.output)).read().max()) for c in result.cases]
    assert found == [1, 3, 2, 4]
    assert [row["image"] for row in summary(tmp_path / "out")][1] == "cell.h5 · b/raw"
    again = run(tmp_path, tmp_path / "out", inputs=inputs, further=said, readings=first)
    assert [c.state for c in again.cases] == ["skipped"] * 4


def test_names_stay_unique_whatever_the_paths():
    paths = [
        Path(p) for p in ("a/b/c.tif", "x/b/c.tif", "a/b/c.png", "q/C.tif", "a/b/d.ome.zarr", "a/b/d.tif", "e.tif")
    ]
    stems = unique_stems(paths)
    assert len({s.casefold() for s in stems}) == len(paths)
    assert stems[-1] == "e"


def test_zarr_images_get_zarr_labels(tmp_path, predictor):
    save(tmp_path / "in" / "a.ome.zarr", image())
    result = run(tmp_path / "in", tmp_path / "out")
    assert result.cases[0].error == ""
    labels = open_labels(tmp_path / "out" / "a.ome.zarr")
    assert int(labels.read().max()) == 2
    assert labels.voxel_size.same_as(SIZE)
    assert run(tmp_path / "in", tmp_path / "out").cases[0].state == "skipped"


def test_class_labels_have_their_values_and_names(tmp_path, predictor):
    predictor.card = model_card(label_kind="classes", class_values=(7,), decode={"objects": "classes"})
    save(tmp_path / "in" / "a.tif", image())
    result = run(tmp_path / "in", tmp_path / "out")
    assert result.cases[0].objects is None
    assert set(np.unique(open_labels(tmp_path / "out" / "a.tif").read())) == {0, 7}
    (row,) = read_csv(tmp_path / "out" / "a_objects.csv")
    assert (row["id"], row["class"], row["voxels"]) == ("7", "Cell", "36")
    assert re.search(r"a\.tif: done, [\d.]+ s$", (tmp_path / "out" / "log.txt").read_text(), re.MULTILINE)


def test_no_tables_if_not_wanted(tmp_path, predictor):
    save(tmp_path / "in" / "a.tif", image())
    result = run(tmp_path / "in", tmp_path / "out", measure=False)
    assert result.cases[0].table == ""
    assert not list((tmp_path / "out").glob("*_objects.csv"))


def test_a_full_disk_is_said_before_work_starts(tmp_path, predictor, monkeypatch):
    save(tmp_path / "in" / "a.tif", image())
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    result = run(tmp_path / "in", tmp_path / "out")
    assert "a.tif needs about" in result.cases[0].error
    assert predictor.images == []


def test_a_disk_that_fills_up_fails_the_image_and_leaves_nothing_behind(tmp_path, predictor, monkeypatch):
    import errno

    save(tmp_path / "in" / "a.tif", image())

    def full(*args: Any, **more: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("desktop_app.io.images.tiff_format.TiffLabels.append", full)
    result = run(tmp_path / "in", tmp_path / "out")
    assert "disk is full" in result.cases[0].error
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["config.json", "log.txt", "summary.csv"]


@pytest.mark.parametrize("name", ["a.tif", "a.ome.zarr"])
def test_labels_without_their_table_do_not_stay(tmp_path, predictor, monkeypatch, name):
    save(tmp_path / "in" / name, image())

    def full(path: Path, *more: Any) -> None:
        raise UnwritableFileError(path, "the disk is full.")

    monkeypatch.setattr("desktop_app.jobs.batch.case_results.write_csv", full)
    result = run(tmp_path / "in", tmp_path / "out")
    assert "disk is full" in result.cases[0].error
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["config.json", "log.txt", "summary.csv"]


def test_a_summary_that_is_open_elsewhere_stops_nothing(tmp_path, predictor, monkeypatch):
    save(tmp_path / "in" / "a.tif", image())
    from desktop_app.jobs.batch import records as batch_records

    def locked(path: Path, *more: Any) -> None:
        raise UnwritableFileError(path, "it is open in another program.")

    monkeypatch.setattr(batch_records, "write_csv", locked)
    ctx = RecordingContext()
    assert run(tmp_path / "in", tmp_path / "out", ctx, measure=False).cases[0].state == "done"
    assert any("summary.csv" in n.text for n in ctx.of_kind(Note))


def test_records_are_plain_json_and_tables_plain_csv(tmp_path, predictor):
    save(tmp_path / "in" / "a.tif", image())
    run(tmp_path / "in", tmp_path / "out")
    record = json.loads((tmp_path / "out" / "finished" / "a.json").read_text())
    assert set(record["files"]) == {"a.tif", "a_objects.csv"}
    with (tmp_path / "out" / "a_objects.csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.reader(file))) == 3


def test_one_pixel_images_are_no_problem(tmp_path, predictor):
    tifffile.imwrite(tmp_path / "dot.tif", np.full((1, 1), 300, np.uint16))
    result = run(tmp_path, tmp_path / "out", inputs=(str(tmp_path / "dot.tif"),), decode={"min_size": 0})
    assert (result.cases[0].error, result.cases[0].objects) == ("", 1)
    assert open_volume(tmp_path / "out" / "dot.tif").shape == (1, 1, 1)


def test_the_bar_waits_where_memory_ran_out_and_tiles_are_done_again(tmp_path, predictor, monkeypatch):
    def again(case, _predictor, _parameters, _config, ctx, _maps):
        for done in (3, 1, 4):
            ctx.report(Progress(done, 4, f"{done} of 4 tiles"))
        raise UserError("Stop here.")

    monkeypatch.setattr(infer, "label_image", again)
    for name in "ab":
        save(tmp_path / "in" / f"{name}.tif", image())
    ctx = RecordingContext()
    run(tmp_path / "in", tmp_path / "out", ctx)
    told = [event.fraction for event in ctx.of_kind(Progress) if "tiles" in event.message]
    assert told == [0.375, 0.375, 0.5, 0.875, 0.875, 1]


def test_a_file_read_once_does_not_stay_in_memory(tmp_path, monkeypatch):
    voxels = np.arange(4 * 64 * 64, dtype=np.uint16).reshape(4, 64, 64)
    source = open_volume(save(tmp_path / "a.tif", voxels)).source
    released = []
    monkeypatch.setattr(type(source), "release", lambda self: released.append(True))
    monkeypatch.setattr(batch_case, "_BYTES_BEFORE_RELEASE", 3 * 64 * 64)
    passing = batch_case.PassingSource(source)
    for z in range(4):
        region = Region((z, 0, 0), (z + 1, 64, 64))
        assert (passing.read(0, region) == voxels[z]).all()
    assert len(released) == 2
    monkeypatch.undo()
    source.release()
    assert (source.read(0, Region.whole((4, 64, 64))) == voxels).all(), "what was let go can be read again"


def test_tables_do_not_depend_on_how_many_slices_are_measured_at_once(tmp_path, predictor, monkeypatch):
    rng = np.random.default_rng(1)
    save(tmp_path / "in" / "a.tif", np.where(rng.random((7, 20, 30)) < 0.05, 300, 9).astype(np.uint16))
    run(tmp_path / "in", tmp_path / "much")
    monkeypatch.setattr(case_results, "_BYTES_AT_ONCE", 2 * 20 * 30 * 2)
    run(tmp_path / "in", tmp_path / "little")
    assert len(read_csv(tmp_path / "much" / "a_objects.csv")) > 3
    much, little = ((tmp_path / p / "a_objects.csv").read_bytes() for p in ("much", "little"))
    assert much == little


def test_a_result_folder_that_goes_away_ends_the_batch_and_nothing_is_made_in_its_place(
    tmp_path: Path, predictor: FakePredictor
) -> None:
    images, out = tmp_path / "images", tmp_path / "drive" / "results"
    for number in range(4):
        save(images / f"{number}.tif", image())

    def unmount() -> None:
        if len(predictor.images) == 2:
            out.rename(tmp_path / "unmounted")

    predictor.after_each = unmount
    with pytest.raises(UserError, match="results"):
        run(images, out)
    assert len(predictor.images) == 2
    assert not out.exists()
    (tmp_path / "unmounted").rename(out)
    (out / "lock.json").unlink(missing_ok=True)
    predictor.after_each = None
    states = [case.state for case in run(images, out).cases]
    assert states == ["skipped", "done", "done", "done"]


def test_an_image_in_several_files_is_one_case_and_each_position_its_own(predictor: Any, tmp_path: Path) -> None:
    write_ome_set(tmp_path / "in", ramp(1, 3, 16, 16), "Z", ["s_0.ome.tif", "s_1.ome.tif", "s_2.ome.tif"])
    positions = [ramp(1, 2, 16, 16) + 1000 * n for n in range(2)]
    write_ome_positions(tmp_path / "in", positions, ["a_Pos0.ome.tif", "a_Pos1.ome.tif"])
    result = run(tmp_path / "in", tmp_path / "out")
    assert [case.name for case in result.cases] == ["a_Pos0.ome.tif", "a_Pos1.ome.tif", "s_0.ome.tif"]
    assert open_labels(tmp_path / "out" / "s_0.tif").shape == (3, 16, 16)


def test_warnings_are_in_the_summary_the_log_and_the_result(predictor: Any, tmp_path: Path) -> None:
    save(tmp_path / "in" / "flat.tif", image(shape=(1, 20, 30)))
    with tifffile.TiffWriter(tmp_path / "in" / "film.tif") as file:
        file.write(np.zeros((3, 20, 30), np.uint16), photometric="minisblack")
        file.write(np.zeros((9, 9), np.uint16))
    ctx = RecordingContext()
    result = run(tmp_path / "in", tmp_path / "out", ctx)
    notes = {case.name: " ".join(case.notes) for case in result.cases}
    assert "holds one more image" in notes["film.tif"]
    assert "single picture, but the model was made for volumes" in notes["flat.tif"]
    assert {row["image"]: row["notes"] for row in summary(tmp_path / "out")} == notes
    assert all(note in (tmp_path / "out" / "log.txt").read_text() for note in notes.values())
    assert {e.name: " ".join(e.notes) for e in ctx.of_kind(CaseUpdate) if e.state == "done"} == notes
    again = run(tmp_path / "in", tmp_path / "out")
    assert [(case.state, case.notes) for case in again.cases] == [("skipped", case.notes) for case in result.cases]


def test_views_that_a_model_does_not_know_are_said_to_be_left_out(predictor: Any, tmp_path: Path) -> None:
    predictor.card = model_card(training={"views": {"turned": False, "mirrored": False}})
    save(tmp_path / "in" / "a.tif", image())
    for turned, said in ((False, ""), (True, "The model has not learned to see images turned or mirrored")):
        result = run(tmp_path / "in", tmp_path / f"out {turned}", prediction={"turned": turned})
        assert " ".join(result.cases[0].notes).startswith(said)
        assert bool(result.cases[0].notes) == turned


def test_a_name_that_is_no_text_stops_nothing(predictor: Any, tmp_path: Path) -> None:
    strange = tmp_path / "in" / os.fsdecode(b"bad\xff\xfe.tif")
    try:
        save(strange, image())
    except (OSError, UnicodeError):
        pytest.skip("this disk takes only names that are text")
    (tmp_path / "in" / os.fsdecode(b"broken\xff.tif")).write_bytes(b"")
    save(tmp_path / "in" / "good.tif", image())
    result = run(tmp_path / "in", tmp_path / "out")
    assert {case.name: case.state for case in result.cases} == {
        r"bad\xff\xfe.tif": "done", r"broken\xff.tif": "failed", "good.tif": "done",
    }  # fmt: skip
    assert len(list_images(tmp_path / "out")) == 2
    assert r"bad\xff\xfe.tif: done" in (tmp_path / "out" / "log.txt").read_text(encoding="utf-8")
    rows = summary(tmp_path / "out")
    assert len(rows) == 3
    assert not any("\\udc" in value for row in rows for value in row.values())
    again = run(tmp_path / "in", tmp_path / "out", inputs=(str(strange),))
    assert [case.state for case in again.cases] == ["skipped"]
    assert json.loads((tmp_path / "out" / "config.json").read_text(encoding="utf-8"))["inputs"] == [str(strange)]


def test_a_circle_of_links_stops_nothing(predictor: Any, tmp_path: Path) -> None:
    save(tmp_path / "in" / "good.tif", image())
    loop = tmp_path / "in" / "loop.tif"
    loop.symlink_to(loop)
    result = run(tmp_path / "in", tmp_path / "out", inputs=(str(loop), str(tmp_path / "in")))
    assert [(case.name, case.state) for case in result.cases] == [("loop.tif", "failed"), ("good.tif", "done")]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_is_no_file_is_left_out_with_a_word(predictor: Any, tmp_path: Path) -> None:
    save(tmp_path / "in" / "good.tif", image())
    os.mkfifo(tmp_path / "in" / "pipe.tif")
    (tmp_path / "in" / "gone.tif").symlink_to(tmp_path / "nowhere.tif")
    ctx = RecordingContext()
    result = run(tmp_path / "in", tmp_path / "out", ctx)
    assert [case.name for case in result.cases] == ["good.tif"]
    (said,) = (note.text for note in ctx.of_kind(Note) if "Left out" in note.text)
    assert said.startswith("Left out of in: gone.tif, pipe.tif.")


def test_a_result_that_a_killed_batch_was_replacing_comes_back(predictor: Any, tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    save(folder / "a.tif", image())
    save(folder / "b.tif", image())
    run(folder, out)
    (out / "a.tif").rename(out / ".a.tif.0123456789.old")
    result = run(folder, out)
    assert [case.state for case in result.cases] == ["skipped", "skipped"]
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


def test_what_a_killed_batch_left_half_written_is_removed(predictor: Any, tmp_path: Path) -> None:
    save(tmp_path / "in" / "a.tif", image(2))
    out = tmp_path / "out"
    (out / "finished").mkdir(parents=True)
    mark = "0123456789.tmp"
    left = [f".a.{mark}.tif", f".a_objects.{mark}.csv", f".summary.{mark}.csv", f"finished/.a.{mark}.json"]
    for name in (*left, f".of_another.{mark}.csv"):
        (out / name).touch()
    run(tmp_path / "in", out)
    assert [path.name for path in out.rglob(".*")] == [f".of_another.{mark}.csv"]


@pytest.mark.parametrize("ending", [".tif", ".ome.zarr"])
def test_every_time_point_of_a_movie_is_labelled(predictor: Any, tmp_path: Path, ending: str) -> None:
    movie = Volume.of_times(np.stack([image(n)[None] for n in (2, 1, 3)]), step=4.0, voxel_size=SIZE)
    path = tmp_path / "in" / f"film{ending}"
    write_volume(path, movie.source, movie)
    result = run(tmp_path / "in", tmp_path / "out")
    assert [(case.state, case.objects) for case in result.cases] == [("done", 6)]
    labels = open_labels(Path(result.cases[0].output))
    assert (labels.times, labels.shape, labels.voxel_size.same_as(SIZE)) == (3, movie.shape, True)
    assert [int(one.read().max()) for one in labels.each_time()] == [2, 1, 3]
    rows = read_csv(Path(result.cases[0].table))
    assert [(row["time"], row["id"]) for row in rows] == [(t, i) for t, n in (("1", 2), ("2", 1), ("3", 3)) for i in
                                                         map(str, range(1, n + 1))]  # fmt: skip
    one = run(tmp_path / "in", tmp_path / "out", time=2)
    assert [(case.state, case.objects) for case in one.cases] == [("done", 3)]
    assert open_labels(Path(one.cases[0].output)).times == 1
    some = run(tmp_path / "in", tmp_path / "some", time=(1, 2))
    assert [int(one.read().max()) for one in open_labels(Path(some.cases[0].output)).each_time()] == [1, 3]
    late = run(tmp_path / "in", tmp_path / "out", time=3)
    assert "there is no number 4" in late.cases[0].error


def test_what_the_user_said_of_a_file_holds_for_it(predictor: Any, tmp_path: Path) -> None:
    movie = Volume.of_times(np.stack([image(1)[None, :1] for _ in range(4)]))
    for name in ("a.tif", "b.tif"):
        write_volume(tmp_path / "in" / name, movie.source, movie)
    said = {str(tmp_path / "in" / "b.tif"): ImageReading(time_as_z=True, voxel_size=SIZE)}
    result = run(tmp_path / "in", tmp_path / "out", readings=said)
    first, second = (open_labels(Path(case.output)) for case in result.cases)
    assert ((first.times, first.shape[0]), (second.times, second.shape[0])) == ((4, 1), (1, 4))
    assert second.voxel_size.same_as(SIZE)
    assert "exchanged" in " ".join(result.cases[1].notes)
    config = json.loads((tmp_path / "out" / "config.json").read_text(encoding="utf-8"))
    assert config["readings"][str(tmp_path / "in" / "b.tif")]["time_as_z"] is True


def test_a_folder_that_is_said_to_be_a_stack_is_one_case(tmp_path: Path) -> None:
    (tmp_path / "series").mkdir()
    for number in range(3):
        tifffile.imwrite(tmp_path / "series" / f"z{number}.tif", np.zeros((9, 9), np.uint8))
    config = InferenceConfig(model="m", inputs=(str(tmp_path / "series"),), output=str(tmp_path / "out"))
    assert len(list_cases(config)) == 3
    stack = config.model_copy(update={"reading": ImageReading(stack=True)})
    assert list_cases(stack) == [tmp_path / "series"]


@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_labels_of_an_image_from_a_scanner_lie_where_it_does(ending, tmp_path, predictor):
    turned = ((0.0, -0.5, 0.0, 12.5), (0.25, 0.0, 0.0, -7.25), (0.0, 0.0, 1.75, 3.0), (0.0, 0.0, 0.0, 1.0))
    path = tmp_path / "in" / f"head{ending}"
    volume = replace(Volume.from_array(image()), affine=turned, voxel_size=VoxelSize(z=1.75, y=0.5, x=0.25, unit="mm"))
    write_volume(path, volume.source, volume)
    result = run(tmp_path / "in", tmp_path / "out")
    assert result.cases[0].error == ""
    labels = open_labels(Path(result.cases[0].output))
    assert labels.path.name == "head.nii.gz"  # packed, as NIfTI labels are
    np.testing.assert_allclose(labels.affine, turned, rtol=1e-6)
