from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.config.inference import InferenceConfig, TilingParameters
from desktop_app.core.config.object_step import ObjectStep
from desktop_app.core.errors import UnwritableFileError, UserError
from desktop_app.core.imaging import VoxelSize
from desktop_app.core.job import JobCancelled, Note, Progress, RecordingContext
from desktop_app.io.folder_lock import FolderLock
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.tables import read_csv
from desktop_app.jobs.batch.infer import run_inference
from tests.jobs.fake_batch import SIZE, FakePredictor, image, model_card, run, save, states, summary


def test_each_image_gets_labels_and_a_table(tmp_path, predictor):
    save(tmp_path / "in" / "a.tif", image(2))
    save(tmp_path / "in" / "b.tif", image(3, (1, 20, 30))[0])
    ctx, out = RecordingContext(), tmp_path / "out"
    result = run(tmp_path / "in", out, ctx)

    assert [c.state for c in result.cases] == ["done", "done"]
    assert [c.objects for c in result.cases] == [2, 3]
    labels = open_labels(out / "a.tif")
    assert labels.shape == (4, 20, 30)
    assert labels.voxel_size.same_as(SIZE)
    assert labels.axes == "ZYX"
    assert set(np.unique(labels.read())) == {0, 1, 2}
    flat = open_labels(out / "b.tif")
    assert (flat.shape, flat.axes) == ((1, 20, 30), "YX")
    rows = read_csv(out / "a_objects.csv")
    names = ("id", "class", "voxels", "volume (µm³)", "mean_intensity", "touches_border")
    assert [tuple(r[n] for n in names) for r in rows] == [
        ("1", "Cell", "18", "9", "200", "yes"),
        ("2", "Cell", "18", "9", "201", "yes"),
    ]
    assert all(0.5 <= float(row["confidence"]) <= 1 for row in rows)
    assert "area (µm²)" in read_csv(out / "b_objects.csv")[0]
    assert [(r["image"], r["state"], r["objects"]) for r in summary(out)] == [
        ("a.tif", "done", "2"),
        ("b.tif", "done", "3"),
    ]
    assert InferenceConfig.model_validate_json((out / "config.json").read_text()).model == "cells.vwmodel"
    assert states(ctx, 0) == ["waiting", "running", "done"]
    assert ctx.of_kind(Progress)[-1].fraction == 1
    assert all(m.closed for m in predictor.maps)
    assert not [p for p in out.iterdir() if p.name.startswith(".")], "no intermediate files stay"


def test_objects_are_changed_before_they_are_written(tmp_path, predictor):
    array = image(2)
    array[:, 12:18, 10:25] = 250
    array[1:3, 14, 15] = 10
    save(tmp_path / "in" / "a.tif", array)
    out, decode = tmp_path / "out", {"fill_holes": False}
    steps = (ObjectStep(operation="fill-holes"), ObjectStep(operation="size-filter", parameters={"min_size": 20}))
    plain = run(tmp_path / "in", out, RecordingContext(), decode=decode)
    ctx = RecordingContext()
    result = run(tmp_path / "in", out, ctx, decode=decode, then=steps)
    shares = [event.fraction for event in ctx.of_kind(Progress)]
    assert shares == sorted(shares)
    assert [case.objects for case in plain.cases] == [3]
    assert [(case.state, case.objects) for case in result.cases] == [("done", 1)]
    (label,) = np.unique(open_labels(out / "a.tif").read())[1:]
    assert [(row["id"], row["class"], row["voxels"]) for row in read_csv(out / "a_objects.csv")] == [
        (str(label), "Cell", str(4 * 6 * 15))
    ]
    assert not [p for p in out.iterdir() if p.name.startswith(".")]
    again = run(tmp_path / "in", out, RecordingContext(), decode=decode, then=steps)
    assert [case.state for case in again.cases] == ["skipped"]


def test_a_step_that_needs_a_place_is_refused_before_the_batch(tmp_path, predictor):
    save(tmp_path / "in" / "a.tif", image(2))
    with pytest.raises(UserError, match="cannot be a step of a batch"):
        run(tmp_path / "in", tmp_path / "out", RecordingContext(), then=(ObjectStep(operation="delete"),))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("decode", "then", "said"),
    [
        ({"foreground": 3}, (), "tells 2 kinds of places apart; there is no kind 3"),
        ({"objects": "classes"}, (ObjectStep(operation="fill-holes"),), "this model makes class labels"),
    ],
)
def test_what_the_model_cannot_do_is_refused_once_and_not_image_by_image(tmp_path, predictor, decode, then, said):
    for name in ("a", "b"):
        save(tmp_path / "in" / f"{name}.tif", image(2))
    predictor.card = model_card(recipe="unsupervised", network="wnet3d", output_channels=2, decode={})
    ctx = RecordingContext()
    with pytest.raises(UserError, match=said):
        run(tmp_path / "in", tmp_path / "out", ctx, decode=decode, then=then)
    assert not predictor.images
    assert states(ctx, 0) == states(ctx, 1) == ["waiting"]


def test_bad_images_fail_in_one_sentence_and_the_others_go_on(tmp_path, predictor):
    folder, out = tmp_path / "in", tmp_path / "out"
    save(folder / "1_good.tif", image())
    (folder / "2_empty.tif").write_bytes(b"")
    (folder / "3_text.tif").write_text("no image")
    whole = save(folder / "4_cut.tif", image(shape=(8, 64, 64))).read_bytes()
    (folder / "4_cut.tif").write_bytes(whole[: len(whole) // 2])
    tifffile.imwrite(folder / "5_rgb.tif", np.zeros((20, 20, 3), np.uint8), photometric="rgb")
    save(folder / "6_bug.tif", np.full((2, 8, 8), 666, np.uint16))
    save(folder / "7_good.tif", image(1))
    ctx = RecordingContext()
    result = run(folder, out, ctx)

    assert [c.state for c in result.cases] == ["done", *["failed"] * 5, "done"]
    assert result.failed == 5
    for case in result.cases[1:6]:
        assert case.name in case.error or "unexpected" in case.error
        assert "\n" not in case.error
        assert "Traceback" not in case.error
    assert "RGB" in result.cases[4].error
    log = (out / "log.txt").read_text()
    assert "Traceback" in log
    assert "a bug" in log
    assert [r["state"] for r in summary(out)] == [c.state for c in result.cases]
    assert sorted(p.name for p in out.glob("*.tif")) == ["1_good.tif", "7_good.tif"]
    assert len([n for n in ctx.of_kind(Note) if n.level == "error"]) == 5


def test_a_second_run_computes_only_what_is_new_or_changed(tmp_path, predictor):
    folder, out = tmp_path / "in", tmp_path / "out"
    for name in ("a", "b", "c", "d"):
        save(folder / f"{name}.tif", image())
    run(folder, out)
    (out / "b.tif").unlink()
    (out / "c.tif").write_bytes(b"half")
    save(folder / "d.tif", image(3))
    predictor.images.clear()
    again = run(folder, out)
    assert [c.state for c in again.cases] == ["skipped", "done", "done", "done"]
    assert predictor.images == ["b", "c", "d"]
    assert [c.objects for c in again.cases] == [2, 2, 2, 3]
    assert Path(again.cases[0].output).is_file()
    predictor.images.clear()
    assert {c.state for c in run(folder, out, decode={"min_size": 3}).cases} == {"done"}
    assert {c.state for c in run(folder, out, decode={"min_size": 3}).cases} == {"skipped"}
    assert {c.state for c in run(folder, out, decode={"min_size": 3}, resume=False).cases} == {"done"}


@pytest.mark.usefixtures("predictor")
def test_a_zarr_image_that_was_changed_in_place_is_computed_anew(tmp_path):
    path, out = tmp_path / "in" / "a.ome.zarr", tmp_path / "out"
    save(path, image())
    states = [run(path.parent, out).cases[0].state, run(path.parent, out).cases[0].state]
    folder = path.stat()
    chunk = max((p for p in path.rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)
    facts = chunk.stat()
    chunk.write_bytes(chunk.read_bytes())
    os.utime(chunk, ns=(facts.st_atime_ns, facts.st_mtime_ns + 10**9))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (folder.st_size, folder.st_mtime_ns)
    assert [*states, run(path.parent, out).cases[0].state] == ["done", "skipped", "done"]


def test_two_batches_never_write_into_one_folder(tmp_path, predictor):
    save(tmp_path / "in" / "a.tif", image())
    (tmp_path / "out").mkdir()
    with (
        FolderLock(tmp_path / "out", lambda holder, details: UserError(holder)),
        pytest.raises(UserError, match="Another batch writes its results into out just now"),
    ):
        run(tmp_path / "in", tmp_path / "out")
    assert run(tmp_path / "in", tmp_path / "out").failed == 0
    assert not (tmp_path / "out" / "lock.json").exists()


def test_cancelling_keeps_finished_images_and_the_next_run_goes_on(tmp_path, predictor):
    folder, out = tmp_path / "in", tmp_path / "out"
    for name in ("a", "b", "c"):
        save(folder / f"{name}.tif", image())
    ctx = RecordingContext()

    def stop_in_second() -> None:
        if len(predictor.images) == 2:
            ctx.cancel_after = 0

    predictor.after_each = stop_in_second
    with pytest.raises(JobCancelled):
        run(folder, out, ctx)
    assert [r["state"] for r in summary(out)] == ["done", "cancelled", "cancelled"]
    assert [p.name for p in out.glob("*.tif")] == ["a.tif"]
    assert not [p for p in out.iterdir() if p.name.startswith(".")]
    assert states(ctx, 2) == ["waiting", "cancelled"]
    predictor.after_each = None
    assert [c.state for c in run(folder, out).cases] == ["skipped", "done", "done"]


def test_too_few_channels_and_wrong_choices_are_said_plainly(tmp_path, predictor):
    save(tmp_path / "in" / "a.tif", image())
    result = run(tmp_path / "in", tmp_path / "out", channels=(1,))
    assert result.cases[0].error.startswith("a.tif has no channel 1: it has 1 channel,")
    chosen = run(tmp_path / "in", tmp_path / "out", channels=(0, 0)).cases[0].error
    assert chosen.startswith("The model needs 1 channel, but 2 were chosen")
    predictor.card = model_card(input_channels=2)
    assert "needs 2 channels" in run(tmp_path / "in", tmp_path / "out").cases[0].error


def test_a_chosen_channel_is_used_and_all_are_measured(tmp_path, predictor):
    save(tmp_path / "in" / "a.tif", np.stack([np.full((4, 20, 30), 7, np.uint16), image()]))
    ctx = RecordingContext()
    run(tmp_path / "in", tmp_path / "out", ctx, channels=(1,))
    rows = read_csv(tmp_path / "out" / "a_objects.csv")
    assert [r["mean_intensity_1"] for r in rows] == ["7", "7"]
    assert [r["mean_intensity_2"] for r in rows] == ["200", "201"]
    run(tmp_path / "in", tmp_path / "out2", ctx)
    assert any("the first channel is used" in n.text for n in ctx.of_kind(Note))


@pytest.mark.parametrize(("z", "noted"), [(2.5, False), (3.5, True), (0.9, True)])
def test_a_foreign_voxel_size_is_noted(tmp_path, predictor, z, noted):
    save(tmp_path / "in" / "a.tif", image(), VoxelSize(z=z, y=0.5, x=0.5, unit="µm"))
    ctx = RecordingContext()
    assert run(tmp_path / "in", tmp_path / "out", ctx).failed == 0
    assert any("voxel size of a.tif" in n.text for n in ctx.of_kind(Note)) == noted


def test_the_slice_distance_does_not_matter_to_2d_models(tmp_path, predictor):
    predictor.card = model_card(dimensions=2, patch_size=(1, 16, 16))
    save(tmp_path / "in" / "a.tif", image(2, (4, 20, 30)), VoxelSize(z=9, y=0.5, x=0.5, unit="µm"))
    ctx = RecordingContext()
    assert run(tmp_path / "in", tmp_path / "out", ctx).cases[0].objects == 4, "two objects in each of two slices"
    assert not ctx.of_kind(Note)


def test_nothing_to_do_and_wrong_settings_are_errors_of_the_whole_batch(tmp_path, predictor):
    (tmp_path / "in").mkdir()
    with pytest.raises(UserError, match="no image in in"):
        run(tmp_path / "in", tmp_path / "out")
    save(tmp_path / "in" / "a.tif", image())
    with pytest.raises(UserError, match="threshold"):
        run(tmp_path / "in", tmp_path / "out", decode={"threshold": 7})
    with pytest.raises(UserError, match="cannot run in mode"):
        run(tmp_path / "in", tmp_path / "out", mode="slice")
    (tmp_path / "file").write_text("")
    with pytest.raises(UnwritableFileError):
        run(tmp_path / "in", tmp_path / "file")


def test_a_file_that_is_gone_fails_alone(tmp_path, predictor):
    good = save(tmp_path / "in" / "a.tif", image())
    result = run(tmp_path, tmp_path / "out", inputs=(str(tmp_path / "gone.tif"), str(good)))
    assert [c.state for c in result.cases] == ["failed", "done"]
    assert "no such file" in result.cases[0].error


def test_memory_budget_reaches_decoding_and_results_are_the_same(tmp_path, predictor):
    rng = np.random.default_rng(0)
    voxels = np.where(rng.random((24, 60, 60)) < 0.05, 200, 10).astype(np.uint16)
    save(tmp_path / "in" / "a.tif", voxels)
    whole = run(tmp_path / "in", tmp_path / "whole")
    tight = InferenceConfig(model="m", inputs=(str(tmp_path / "in"),), output=str(tmp_path / "tight"))
    tiling = TilingParameters().model_copy(update={"memory_gb": 0.002})
    pieces = run_inference(tight.model_copy(update={"tiling": tiling}), RecordingContext())
    assert whole.cases[0].objects == pieces.cases[0].objects
    left, right = (read_csv(p / "a_objects.csv") for p in (tmp_path / "whole", tmp_path / "tight"))
    assert sorted(r["centroid_x"] + r["voxels"] for r in left) == sorted(r["centroid_x"] + r["voxels"] for r in right)


def test_remarks_on_a_file_reach_the_user(tmp_path, predictor):
    with tifffile.TiffWriter(tmp_path / "two.tif") as writer:
        writer.write(image(), photometric="minisblack", metadata={"axes": "ZYX"})
        writer.write(np.zeros((5, 9), np.uint16))
    ctx = RecordingContext()
    run(tmp_path, tmp_path / "out", ctx, inputs=(str(tmp_path / "two.tif"),))
    assert any(n.text.startswith("two.tif: The file holds one more") for n in ctx.of_kind(Note))


@pytest.mark.parametrize("gpus", [1, 2])
def test_models_that_leave_gpus_idle_say_so(tmp_path: Path, predictor: FakePredictor, gpus: int) -> None:
    predictor.devices = tuple(f"cuda:{number}" for number in range(gpus))
    save(tmp_path / "in" / "a.tif", image())
    ctx = RecordingContext()
    run(tmp_path / "in", tmp_path / "out", ctx)
    assert any("use one GPU" in note.text for note in ctx.of_kind(Note)) == (gpus == 2)
