from __future__ import annotations

import csv
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from desktop_app.core.config.inference import InferenceConfig, TilingParameters
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.errors import UnwritableFileError, UserError
from desktop_app.core.imaging import Region, Volume, VoxelSize
from desktop_app.core.job import CaseUpdate, JobCancelled, Note, Progress, RecordingContext
from desktop_app.io.folder_lock import FolderLock
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.registry import open_volume, write_volume
from desktop_app.io.tables import read_csv
from desktop_app.jobs import batch_case
from desktop_app.jobs.batch_inputs import unique_stems
from desktop_app.jobs.infer import BatchResult, list_cases, run_inference

SIZE = VoxelSize(z=2.0, y=0.5, x=0.5, unit="µm")


@dataclass
class FakeMaps:
    array: np.ndarray
    channels: tuple[str, ...] = ("class:Cell",)
    closed: bool = False

    @property
    def shape(self) -> tuple[int, int, int]:
        _, z, y, x = self.array.shape
        return z, y, x

    def read(self, region: Region) -> np.ndarray:
        return self.array[(slice(None), *region.slices)].astype(np.float32)

    def close(self) -> None:
        self.closed = True


@dataclass
class FakePredictor:
    """Calls everything above 100 a cell; stumbles where the brightest value is 666."""

    card: ModelCard
    images: list[str] = field(default_factory=list)
    maps: list[FakeMaps] = field(default_factory=list)
    after_each: Any = None

    def predict(
        self, volume: Volume, region: Region | None, tiling: Any, ctx: Any, mode: str = "auto", **more: Any
    ) -> FakeMaps:
        ctx.raise_if_cancelled()
        ctx.report(Progress(1, 2, "1 of 2 tiles"))
        self.images.append(volume.name)
        (more["scratch"] / "maps").write_bytes(b"large")
        voxels = volume.read(channel=(more["channels"] or (0,))[0])
        if voxels.max() == 666:
            raise ZeroDivisionError("a bug")
        self.maps.append(FakeMaps((voxels > 100)[None].astype(np.float16)))
        if self.after_each is not None:
            self.after_each()
        return self.maps[-1]


def model_card(**changes: Any) -> ModelCard:
    base: dict[str, Any] = {
        "name": "cells", "recipe": "semantic", "network": "unet3d", "dimensions": 3, "input_channels": 1,
        "output_channels": 2, "class_names": ("Cell",), "patch_size": (8, 16, 16), "divisor": (1, 1, 1),
        "decode": {"objects": "connected", "min_size": 2}, "voxel_size": SIZE,
    }  # fmt: skip
    return ModelCard(**{**base, **changes})


@pytest.fixture
def predictor(monkeypatch: pytest.MonkeyPatch) -> FakePredictor:
    fake = FakePredictor(model_card())
    monkeypatch.setattr("desktop_app.ml.inference.load_predictor", lambda model, device: fake)
    return fake


def image(objects: int = 2, shape: tuple[int, int, int] = (4, 20, 30)) -> np.ndarray:
    array = np.full(shape, 10, np.uint16)
    for i in range(objects):
        array[: max(1, shape[0] // 2), 2:5, 4 * i + 1 : 4 * i + 4] = 200 + i
    return array


def save(path: Path, array: np.ndarray, size: VoxelSize = SIZE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    volume = Volume.from_array(array, voxel_size=size)
    write_volume(path, volume.source, volume)
    return path


def run(folder: Path, out: Path, ctx: RecordingContext | None = None, **changes: Any) -> BatchResult:
    inputs = changes.pop("inputs", (str(folder),))
    config = InferenceConfig(model="cells.vwmodel", inputs=inputs, output=str(out), **changes)
    return run_inference(config, ctx or RecordingContext())


def states(ctx: RecordingContext, index: int) -> list[str]:
    return [e.state for e in ctx.of_kind(CaseUpdate) if e.index == index]


def summary(out: Path) -> list[dict[str, str]]:
    return read_csv(out / "summary.csv")


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


def test_class_labels_have_their_values_and_names(tmp_path, predictor):
    predictor.card = model_card(label_kind="classes", class_values=(7,), decode={"objects": "classes"})
    save(tmp_path / "in" / "a.tif", image())
    result = run(tmp_path / "in", tmp_path / "out")
    assert result.cases[0].objects is None
    assert set(np.unique(open_labels(tmp_path / "out" / "a.tif").read())) == {0, 7}
    (row,) = read_csv(tmp_path / "out" / "a_objects.csv")
    assert (row["id"], row["class"], row["voxels"]) == ("7", "Cell", "36")


def test_no_tables_if_not_wanted(tmp_path, predictor):
    save(tmp_path / "in" / "a.tif", image())
    result = run(tmp_path / "in", tmp_path / "out", measure=False)
    assert result.cases[0].table == ""
    assert not list((tmp_path / "out").glob("*_objects.csv"))


def test_a_full_disk_is_said_before_work_starts(tmp_path, predictor, monkeypatch):
    save(tmp_path / "in" / "a.tif", image())
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(batch_case.shutil, "disk_usage", lambda path: usage)
    result = run(tmp_path / "in", tmp_path / "out")
    assert "a.tif needs about" in result.cases[0].error
    assert predictor.images == []


def test_a_disk_that_fills_up_fails_the_image_and_leaves_nothing_behind(tmp_path, predictor, monkeypatch):
    import errno

    save(tmp_path / "in" / "a.tif", image())

    def full(*args: Any, **more: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("desktop_app.io.images.label_writer._TiffLabelWriter.write", full)
    result = run(tmp_path / "in", tmp_path / "out")
    assert "disk is full" in result.cases[0].error
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["config.json", "log.txt", "summary.csv"]


@pytest.mark.parametrize("name", ["a.tif", "a.ome.zarr"])
def test_labels_without_their_table_do_not_stay(tmp_path, predictor, monkeypatch, name):
    save(tmp_path / "in" / name, image())

    def full(path: Path, *more: Any) -> None:
        raise UnwritableFileError(path, "the disk is full.")

    monkeypatch.setattr("desktop_app.jobs.batch_case.write_csv", full)
    result = run(tmp_path / "in", tmp_path / "out")
    assert "disk is full" in result.cases[0].error
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["config.json", "log.txt", "summary.csv"]


def test_a_summary_that_is_open_elsewhere_stops_nothing(tmp_path, predictor, monkeypatch):
    save(tmp_path / "in" / "a.tif", image())
    from desktop_app.jobs import batch_records

    def locked(path: Path, *more: Any) -> None:
        raise UnwritableFileError(path, "it is open in another program.")

    monkeypatch.setattr(batch_records, "write_csv", locked)
    ctx = RecordingContext()
    assert run(tmp_path / "in", tmp_path / "out", ctx, measure=False).cases[0].state == "done"
    assert any("summary.csv" in n.text for n in ctx.of_kind(Note))


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


def test_remarks_on_a_file_reach_the_user(tmp_path, predictor):
    with tifffile.TiffWriter(tmp_path / "two.tif") as writer:
        writer.write(image(), photometric="minisblack", metadata={"axes": "ZYX"})
        writer.write(np.zeros((5, 9), np.uint16))
    ctx = RecordingContext()
    run(tmp_path, tmp_path / "out", ctx, inputs=(str(tmp_path / "two.tif"),))
    assert any(n.text.startswith("two.tif: The file holds 1 more") for n in ctx.of_kind(Note))


def test_tables_do_not_depend_on_how_many_slices_are_measured_at_once(tmp_path, predictor, monkeypatch):
    rng = np.random.default_rng(1)
    save(tmp_path / "in" / "a.tif", np.where(rng.random((7, 20, 30)) < 0.05, 300, 9).astype(np.uint16))
    run(tmp_path / "in", tmp_path / "much")
    monkeypatch.setattr(batch_case, "_BYTES_AT_ONCE", 2 * 20 * 30 * 2)
    run(tmp_path / "in", tmp_path / "little")
    assert len(read_csv(tmp_path / "much" / "a_objects.csv")) > 3
    much, little = ((tmp_path / p / "a_objects.csv").read_bytes() for p in ("much", "little"))
    assert much == little
