"""Utilities keep axes, voxel size and channels; merging undoes cutting; labels never change their numbers by chance."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.filters import threshold_otsu

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Volume, VoxelSize
from desktop_app.core.imaging import region as imaging_region
from desktop_app.core.job import JobCancelled, Note, Progress, RecordingContext
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.registry import open_volume, write_volume
from desktop_app.jobs.utilities.registry import UTILITIES
from desktop_app.jobs.utilities.run import UtilityConfig, UtilityResult, run_utility, suggested_out, utility_named
from tests.image_files import saved
from tests.kill_points import faults

SIZE = VoxelSize(z=2.0, y=0.5, x=0.5, unit="µm")
MILLIMETRES = VoxelSize(z=2.0, y=0.5, x=0.5, unit="mm")


def _run(name: str, inputs: Path | tuple[Path, ...], out: Path, **values: Any) -> UtilityResult:
    paths = inputs if isinstance(inputs, tuple) else (inputs,)
    return run_utility(UtilityConfig(name, paths, out, values), RecordingContext())


@pytest.fixture
def two_channels(tmp_path: Path) -> Path:
    voxels = np.random.default_rng(1).integers(0, 60000, (2, 5, 40, 48)).astype(np.uint16)
    volume = Volume.from_array(voxels, voxel_size=SIZE, channel_names=("DAPI", "GFP"))
    write_volume(tmp_path / "a.ome.tif", volume.source, volume)
    return tmp_path / "a.ome.tif"


def test_a_crop_keeps_what_belongs_to_the_image(two_channels: Path, tmp_path: Path) -> None:
    out = tmp_path / "c.ome.tif"
    _run("crop", two_channels, out, z_start=1, z_size=3, y_start=5, x_size=20)
    whole, part = open_volume(two_channels), open_volume(out)
    assert (part.read_channels() == whole.read_channels()[:, 1:4, 5:, :20]).all()
    assert (part.voxel_size, part.channel_names, part.axes) == (whole.voxel_size, whole.channel_names, whole.axes)


def test_a_crop_outside_the_image_is_refused_by_name(two_channels: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"Nothing of a\.ome\.tif lies in that box"):
        _run("crop", two_channels, tmp_path / "c.ome.tif", z_start=9)


def test_a_crop_knows_where_it_lies_in_a_scanner(tmp_path: Path) -> None:
    affine = ((0.5, 0, 0, 10), (0, 0.5, 0, 20), (0, 0, 2, 30), (0, 0, 0, 1))
    volume = Volume.from_array(np.zeros((4, 20, 20), np.uint8), voxel_size=MILLIMETRES, affine=affine)
    write_volume(tmp_path / "a.nii.gz", volume.source, volume)
    _run("crop", tmp_path / "a.nii.gz", tmp_path / "c.nii.gz", z_start=1, y_start=2, x_start=4)
    found = open_volume(tmp_path / "c.nii.gz").affine
    assert found is not None
    assert [row[3] for row in found[:3]] == pytest.approx([12, 21, 32], rel=1e-3)


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 4), st.integers(0, 5), st.integers(16, 60), st.integers(16, 60), st.integers(1, 2))
def test_merging_undoes_cutting(tmp_path: Path, seed: int, depth: int, rows: int, columns: int, channels: int) -> None:
    rng = np.random.default_rng(seed)
    voxels = rng.integers(0, 60000, (channels, 5, 37, 53)).astype(np.uint16)
    names = ("DAPI", "GFP")[:channels]
    before = Volume.from_array(voxels, voxel_size=SIZE, channel_names=names)
    folder = tmp_path / f"{seed}_{depth}_{rows}_{columns}_{channels}"
    write_volume(folder / "a.ome.tif", before.source, before)
    whole = open_volume(folder / "a.ome.tif")
    _run("cut", folder / "a.ome.tif", folder / "blocks", z_size=depth, y_size=rows, x_size=columns)
    _run("merge-blocks", folder / "blocks", folder / "b.ome.tif")
    after = open_volume(folder / "b.ome.tif")
    assert (after.read_channels() == voxels).all()
    assert after.dtype == whole.dtype
    assert (after.voxel_size, after.channel_names, after.axes) == (whole.voxel_size, whole.channel_names, whole.axes)


def test_blocks_that_do_not_fit_are_refused(two_channels: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"blocks\.json"):
        _run("merge-blocks", tmp_path, tmp_path / "b.ome.tif")
    _run("cut", two_channels, tmp_path / "blocks", y_size=20, x_size=24)
    first = sorted((tmp_path / "blocks").glob("*.tif"))[0]
    saved(tmp_path / "x.ome.tif", np.zeros((2, 5, 3, 3), np.uint16))
    (tmp_path / "x.ome.tif").replace(first)
    with pytest.raises(UserError, match="do not fill"):
        _run("merge-blocks", tmp_path / "blocks", tmp_path / "b.ome.tif")
    first.unlink()
    with pytest.raises(UserError, match="a_z00000_y00000_x00000"):
        _run("merge-blocks", tmp_path / "blocks", tmp_path / "b.ome.tif")


def test_labels_are_resampled_by_the_nearest_voxel(tmp_path: Path) -> None:
    labels = np.random.default_rng(2).integers(0, 5, (4, 16, 16)).astype(np.uint16) * 700
    _run("resample", saved(tmp_path / "l.tif", labels, SIZE), tmp_path / "o.tif", kind="labels")
    after = open_volume(tmp_path / "o.tif")
    assert after.shape == (16, 16, 16)
    assert after.voxel_size.same_as(VoxelSize(z=0.5, y=0.5, x=0.5))
    assert (after.read()[::4] == labels).all()
    assert set(np.unique(after.read())) <= set(np.unique(labels))


def test_images_are_resampled_smoothly_and_in_pieces_the_same(tmp_path: Path) -> None:
    z, y, x = np.meshgrid(*(np.arange(n) for n in (10, 30, 30)), indexing="ij")
    image = (1000 + 300 * np.sin(z / 3) + 200 * np.sin(y / 4 + x / 5)).astype(np.float32)
    path = saved(tmp_path / "i.tif", image, VoxelSize(z=2, y=1, x=1))
    _run("resample", path, tmp_path / "o.tif")
    after = open_volume(tmp_path / "o.tif").read()
    assert after.shape == (20, 30, 30)
    at = (np.arange(20) + 0.5) / 2 - 0.5
    wanted = 1000 + 300 * np.sin(at / 3)[:, None, None] + 200 * np.sin(y[0] / 4 + x[0] / 5)
    assert np.abs(after - wanted)[6:-6].max() < 3  # a spline knows nothing beyond the ends
    whole = UTILITIES["resample"].make
    assert whole is not None
    made = whole((open_volume(path),), UTILITIES["resample"].parameters(), RecordingContext()).like
    assert np.allclose(made.read(), after, atol=0.01)


def test_smaller_images_keep_their_mean(tmp_path: Path) -> None:
    image = np.random.default_rng(3).integers(0, 255, (4, 60, 60)).astype(np.uint8)
    path = saved(tmp_path / "i.tif", image, VoxelSize(z=1, y=1, x=1))
    _run("resample", path, tmp_path / "o.tif", isotropic=False, z_edge=1.0, y_edge=3.0, x_edge=3.0)
    after = open_volume(tmp_path / "o.tif")
    assert after.shape == (4, 20, 20)
    assert after.read().mean() == pytest.approx(image.mean(), abs=1.5)
    assert after.read().std() < image.std() / 2


def test_an_unknown_voxel_size_cannot_be_changed(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"i\.tif does not state its voxel size"):
        _run("resample", saved(tmp_path / "i.tif", np.zeros((2, 4, 4), np.uint8)), tmp_path / "o.tif")


def test_otsu_finds_the_value_of_scikit_image_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imaging_region, "_SLAB_BYTES", 2 * 30 * 30 * 4)
    rng = np.random.default_rng(4)
    image = np.where(rng.random((6, 30, 30)) < 0.3, rng.normal(900, 60, (6, 30, 30)), rng.normal(300, 60, (6, 30, 30)))
    image = image.astype(np.uint16)
    _run("threshold", saved(tmp_path / "i.tif", image), tmp_path / "o.tif")
    found = open_labels(tmp_path / "o.tif").read()
    assert (found != (image > threshold_otsu(image, nbins=4096))).mean() < 0.001
    _run("threshold", tmp_path / "i.tif", tmp_path / "d.tif", dark=True, method="value", value=500)
    assert (open_labels(tmp_path / "d.tif").read() == (image <= 500)).all()


@pytest.mark.parametrize("dark", [False, True])
def test_the_threshold_that_fits_labels_best_is_found_among_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dark: bool
) -> None:
    monkeypatch.setattr(imaging_region, "_SLAB_BYTES", 2 * 30 * 30 * 4)
    rng = np.random.default_rng(5)
    truth = rng.random((6, 30, 30)) < 0.3
    sure = np.where(truth, rng.normal(0.62, 0.1, truth.shape), rng.normal(0.4, 0.1, truth.shape)).astype(np.float32)
    sure = 1 - sure if dark else sure
    sure[0, 0, 0] = np.nan
    path, labels = saved(tmp_path / "i.tif", sure), saved(tmp_path / "t.tif", truth.astype(np.uint8))
    context = RecordingContext()
    values = {"method": "truth", "truth": str(labels), "dark": dark}
    run_utility(UtilityConfig("threshold", (path,), tmp_path / "o.tif", values), context)

    def dice(found: Any) -> float:
        return float(2 * (found & truth).sum() / (found.sum() + truth.sum()))

    with np.errstate(invalid="ignore"):
        best = max(dice(sure <= t if dark else sure > t) for t in np.linspace(0.2, 0.8, 300))
    assert dice(open_labels(tmp_path / "o.tif").read() > 0) == pytest.approx(best, abs=2e-3)
    told = [note.text for note in context.of_kind(Note)]
    assert any(f"Dice {best:.2f}" in text for text in told)
    assert any(text.startswith("Dice of other thresholds: ") and text.count(": ") == 22 for text in told)


def test_a_threshold_without_labels_to_fit_says_so(tmp_path: Path) -> None:
    image = saved(tmp_path / "i.tif", np.arange(32, dtype=np.uint8).reshape(2, 4, 4))
    with pytest.raises(UserError, match="needs to know them"):
        _run("threshold", image, tmp_path / "o.tif", method="truth")
    empty = saved(tmp_path / "t.tif", np.zeros((2, 4, 4), np.uint8))
    with pytest.raises(UserError, match=r"No threshold can be chosen by t\.tif"):
        _run("threshold", image, tmp_path / "o.tif", method="truth", truth=str(empty))


def test_a_local_threshold_sees_past_an_uneven_background(tmp_path: Path) -> None:
    background = np.linspace(0, 600, 80)[None, None, :].repeat(80, axis=1).repeat(2, axis=0)
    spots = np.zeros((2, 80, 80), bool)
    spots[:, 10:14, 10:14] = spots[:, 60:64, 60:64] = True
    image = (background + 200 * spots).astype(np.uint16)
    settings_ = {"method": "local", "window": 31, "value": 100, "objects": True}
    _run("threshold", saved(tmp_path / "i.tif", image), tmp_path / "o.tif", **settings_)
    found = open_labels(tmp_path / "o.tif").read()
    assert ((found > 0) == spots).all()
    assert found.max() == 2


def test_classes_become_objects_and_back(tmp_path: Path) -> None:
    labels = np.zeros((3, 12, 20), np.uint8)
    labels[:, 1:4, 1:4], labels[:, 1:4, 8:12], labels[1, 8:11, 4:5], labels[:, 1:4, 4:6] = 1, 1, 1, 2
    path = saved(tmp_path / "l.tif", labels, SIZE)
    _run("to-objects", path, tmp_path / "o.tif", min_size=4)
    found = open_labels(tmp_path / "o.tif")
    assert found.voxel_size.same_as(SIZE)
    assert np.unique(found.read()).tolist() == [0, 1, 2, 3]
    assert (found.read()[labels == 2] == found.read()[0, 1, 4]).all()
    _run("to-classes", tmp_path / "o.tif", tmp_path / "c.tif", value=7)
    assert np.unique(open_labels(tmp_path / "c.tif").read()).tolist() == [0, 7]


def test_combined_files_lose_no_object(tmp_path: Path) -> None:
    first, second = np.zeros((2, 8, 8), np.uint16), np.zeros((2, 8, 8), np.uint16)
    first[:, :4, :4], second[:, 2:6, 2:6] = 300, 2
    paths = saved(tmp_path / "a.tif", first), saved(tmp_path / "b.tif", second)
    _run("combine", paths, tmp_path / "o.tif")
    found = open_labels(tmp_path / "o.tif").read()
    assert (found[first > 0] == 300).all()
    assert (found[(second > 0) & (first == 0)] == 302).all()
    _run("combine", paths, tmp_path / "l.tif", overlap="last", apart=False)
    assert (open_labels(tmp_path / "l.tif").read()[second > 0] == 2).all()
    with pytest.raises(UserError, match="one label file only"):
        _run("combine", paths[0], tmp_path / "x.tif")


def test_relabelling_closes_gaps_or_changes_what_is_said(tmp_path: Path) -> None:
    labels = np.array([[[0, 5, 9, 9, 70000]]], np.uint32)
    path = saved(tmp_path / "l.tif", labels)
    _run("relabel", path, tmp_path / "o.tif")
    assert open_labels(tmp_path / "o.tif").read().ravel().tolist() == [0, 1, 2, 2, 3]
    _run("relabel", path, tmp_path / "c.tif", change="5=9; 70000=0")
    assert open_labels(tmp_path / "c.tif").read().ravel().tolist() == [0, 9, 9, 9, 0]
    with pytest.raises(UserError, match="“5>3” is no change"):
        _run("relabel", path, tmp_path / "c.tif", change="5>3")


def test_movies_are_changed_at_all_their_time_points(tmp_path: Path) -> None:
    voxels = np.random.default_rng(5).integers(0, 200, (3, 1, 2, 20, 20)).astype(np.uint8)
    movie = Volume.of_times(voxels, voxel_size=SIZE)
    write_volume(tmp_path / "m.ome.tif", movie.source, movie)
    _run("crop", tmp_path / "m.ome.tif", tmp_path / "c.ome.tif", x_size=10)
    after = open_volume(tmp_path / "c.ome.tif")
    assert after.times == 3
    assert all((at.read() == voxels[t, 0, :, :, :10]).all() for t, at in enumerate(after.each_time()))
    _run("threshold", tmp_path / "m.ome.tif", tmp_path / "t.ome.tif", method="value", value=100)
    masks = open_labels(tmp_path / "t.ome.tif")
    assert all((at.read() == (voxels[t, 0] > 100)).all() for t, at in enumerate(masks.each_time()))


def test_a_folder_goes_on_after_a_bad_file(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    for name in "ab":
        saved(folder / f"{name}.tif", np.full((2, 9, 9), 3, np.uint8))
    (folder / "bad.tif").write_bytes(b"II*\0nothing")
    result = _run("relabel", folder, tmp_path / "out")
    assert [path.name for path in result.written] == ["a.tif", "b.tif"]
    assert [name for name, _ in result.failed] == ["bad.tif"]
    assert open_labels(tmp_path / "out" / "a.tif").read().max() == 1


def test_stopping_leaves_no_half_file_and_wrong_words_are_explained(two_channels: Path, tmp_path: Path) -> None:
    config = UtilityConfig("crop", (two_channels,), tmp_path / "c.ome.tif", {})
    with pytest.raises(JobCancelled):
        run_utility(config, RecordingContext(cancel_after=1))
    assert not (tmp_path / "c.ome.tif").exists()
    with pytest.raises(UserError, match="no utility “cropp”"):
        utility_named("cropp")
    with pytest.raises(UserError, match="z_start"):
        _run("crop", two_channels, tmp_path / "c.ome.tif", z_start=-1)
    with pytest.raises(UserError, match="onto itself"):
        _run("crop", two_channels, two_channels)


def test_progress_reaches_the_end_and_names_suggest_themselves(two_channels: Path, tmp_path: Path) -> None:
    ctx = RecordingContext()
    run_utility(UtilityConfig("crop", (two_channels,), tmp_path / "c.ome.tif", {}), ctx)
    assert ctx.of_kind(Progress)[-1].fraction == 1
    names = {name: suggested_out(utility, two_channels).name for name, utility in UTILITIES.items()}
    assert names["crop"] == "a_crop.ome.tif"
    assert names["cut"] == "a_blocks"
    assert names["threshold"].startswith("a_threshold.")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a program is killed as a fork of this one")
@pytest.mark.parametrize("name", ["whole.tif", "whole.ome.zarr"])
def test_merged_blocks_killed_while_they_are_written_leave_nothing_once_they_are(name: str, tmp_path: Path) -> None:
    numbers = np.arange(2 * 20 * 24, dtype=np.uint16).reshape(2, 20, 24)
    whole, settings = saved(tmp_path / "labels.tif", numbers), {"y_size": 16, "x_size": 16}
    run_utility(UtilityConfig("cut", (whole,), tmp_path / "begin" / "blocks", settings), RecordingContext())

    def work(folder: Path) -> None:
        run_utility(UtilityConfig("merge-blocks", (folder / "blocks",), folder / "out" / name, {}), RecordingContext())

    assert list(faults(work, tmp_path / "begin", tmp_path / "place", every=29)) == []
