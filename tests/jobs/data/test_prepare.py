"""Pairs are split by image and seed, copied as they are, and nothing is mixed."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
import tifffile
from PIL import Image

from desktop_app.cli.app import run_command
from desktop_app.core.config.preparing import PrepareSettings
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Volume
from desktop_app.core.job import JobCancelled, Note, RecordingContext
from desktop_app.io.atomic import unwritable
from desktop_app.io.datasets import pairs_in_folder
from desktop_app.io.datasets.class_names import class_names
from desktop_app.io.images.registry import list_images, open_volume
from desktop_app.jobs.data.prepare import PrepareConfig, plan_dataset, prepare_dataset
from desktop_app.jobs.data.prepared_pair import PairWriter
from desktop_app.jobs.utilities.run import UtilityConfig, run_utility
from tests.image_files import saved
from tests.io.images.tiff_sets import ramp, write_ome_set

PARTS = ("train", "val", "test")


def _write(path: Path, value: int, shape: tuple[int, int, int] = (3, 8, 8)) -> None:
    saved(path, np.full(shape, value, np.uint16))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for number in range(10):
        _write(tmp_path / "all" / "images" / f"v{number}.tif", 100 + number)
        _write(tmp_path / "all" / "labels" / f"v{number}.tif", number)
    return tmp_path / "all"


def _names(folder: Path) -> dict[str, list[str]]:
    return {part: [path.name for path in list_images(folder / part / "images")] for part in PARTS}


def test_shares_are_met_and_every_pair_is_in_one_part(source: Path, tmp_path: Path) -> None:
    result = prepare_dataset(
        PrepareConfig(source, tmp_path / "out", PrepareSettings(train=0.6, validation=0.2, test=0.2)),
        RecordingContext(),
    )
    names = _names(tmp_path / "out")
    assert result.parts == {part: len(found) for part, found in names.items()} == {"train": 6, "val": 2, "test": 2}
    assert sorted(name for found in names.values() for name in found) == [f"v{n}.tif" for n in range(10)]


def test_images_keep_their_labels_and_their_bytes(source: Path, tmp_path: Path) -> None:
    prepare_dataset(PrepareConfig(source, tmp_path / "out"), RecordingContext())
    for part in PARTS:
        for image in list_images(tmp_path / "out" / part / "images"):
            labels = open_volume(tmp_path / "out" / part / "labels" / image.name).read()
            assert open_volume(image).read().max() == 100 + labels.max()
            assert image.read_bytes() == (source / "images" / image.name).read_bytes()


def test_what_was_made_is_recognised_with_its_parts(source: Path, tmp_path: Path) -> None:
    prepare_dataset(
        PrepareConfig(source, tmp_path / "out", PrepareSettings(train=0.6, validation=0.2, test=0.2)),
        RecordingContext(),
    )
    roles = [pair.role for pair in pairs_in_folder(tmp_path / "out")]
    assert {role: roles.count(role) for role in roles} == {"train": 6, "validation": 2, "test": 2}


def test_the_seed_decides(source: Path, tmp_path: Path) -> None:
    config = PrepareConfig(source, tmp_path / "a")
    for place, seed in (("a", 3), ("b", 3), ("c", 4)):
        prepare_dataset(replace(config, out=tmp_path / place, settings=PrepareSettings(seed=seed)), RecordingContext())
    assert _names(tmp_path / "a") == _names(tmp_path / "b")
    assert _names(tmp_path / "a") != _names(tmp_path / "c")


def test_a_damaged_pair_is_left_out_and_named(source: Path, tmp_path: Path) -> None:
    (source / "labels" / "v3.tif").write_bytes(b"nothing")
    _write(source / "labels" / "v4.tif", 1, (3, 8, 9))
    ctx = RecordingContext()
    result = prepare_dataset(PrepareConfig(source, tmp_path / "out"), ctx)
    assert [name for name, _ in result.failed] == ["v3", "v4"]
    assert sum(result.parts.values()) == 8
    assert len(ctx.of_kind(Note)) == 2


def test_half_a_pair_does_not_stay(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = PairWriter._write_labels

    def full(self: PairWriter, truth: Volume, *more: Any, **named: Any) -> None:
        if truth.path is not None and truth.path.name == "v3.tif":
            raise UserError("Cannot write v3.tif: the disk is full.")
        real(self, truth, *more, **named)

    monkeypatch.setattr(PairWriter, "_write_labels", full)
    result = prepare_dataset(PrepareConfig(source, tmp_path / "out"), RecordingContext())
    assert [name for name, _ in result.failed] == ["v3"]
    assert not list((tmp_path / "out").rglob("v3*"))


def test_labels_that_are_nowhere_are_told(source: Path, tmp_path: Path) -> None:
    ctx = RecordingContext()
    prepare_dataset(PrepareConfig(source, tmp_path / "out", PrepareSettings(classes="1,77")), ctx)
    assert [note.text for note in ctx.of_kind(Note) if "77" in note.text] == [
        "The label 77 to keep is in none of the images: nothing stands for it in the data set."
    ]


def test_labels_of_another_voxel_size_are_told(source: Path, tmp_path: Path) -> None:
    for part, spacing in (("images", 2.0), ("labels", 5.0)):
        metadata = {"axes": "ZYX", "spacing": spacing, "unit": "um"}
        values = np.ones((3, 8, 8), np.uint8)
        tifffile.imwrite(source / part / "v3.tif", values, imagej=True, metadata=metadata, resolution=(1, 1))
    ctx = RecordingContext()
    prepare_dataset(PrepareConfig(source, tmp_path / "out"), ctx)
    (said,) = [note.text for note in ctx.of_kind(Note) if "state voxels" in note.text]
    assert said.startswith("v3: The labels state voxels of 1 × 1 × 5 µm")


def test_a_folder_that_holds_something_is_refused(source: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("keep")
    with pytest.raises(UserError, match="out is not empty"):
        prepare_dataset(PrepareConfig(source, tmp_path / "out"), RecordingContext())


def test_a_voxel_size_that_is_none_is_told_before_anything_is_written(source: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="“one millimetre” is no voxel size"):
        plan_dataset(PrepareConfig(source, tmp_path / "out", PrepareSettings(spacing="one millimetre")))


def test_shares_without_training_are_refused(source: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="share for training"):
        prepare_dataset(
            PrepareConfig(source, tmp_path / "out", PrepareSettings(train=0.0, validation=0.5, test=0.5)),
            RecordingContext(),
        )


def test_a_folder_without_pairs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="No pairs"):
        prepare_dataset(PrepareConfig(tmp_path / "empty", tmp_path / "out"), RecordingContext())


def test_a_cancelled_data_set_leaves_nothing_that_looks_whole(source: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    with pytest.raises(JobCancelled):
        prepare_dataset(PrepareConfig(source, tmp_path / "out"), RecordingContext(cancel_after=3))
    assert sorted(tmp_path.iterdir()) == before
    assert sum(prepare_dataset(PrepareConfig(source, tmp_path / "out"), RecordingContext()).parts.values()) > 3


def test_an_empty_folder_is_filled_where_it_lies(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    (out / ".unfinished.0123456789.tmp" / "train").mkdir(parents=True)
    monkeypatch.chdir(out)
    before = out.stat().st_ino
    with pytest.raises(JobCancelled):
        prepare_dataset(PrepareConfig(source, Path()), RecordingContext(cancel_after=3))
    assert list(out.iterdir()) == []
    result = prepare_dataset(PrepareConfig(source, Path()), RecordingContext())
    assert sum(result.parts.values()) == 10
    assert sorted(path.name for path in out.iterdir()) == ["dataset.json", "test", "train", "val"]
    assert out.stat().st_ino == before


def test_a_folder_that_cannot_be_made_is_one_error_not_one_per_image(source: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    ctx = RecordingContext()
    with pytest.raises(UserError, match="Cannot write out"):
        prepare_dataset(PrepareConfig(source, tmp_path / "file" / "out"), ctx)
    assert not [event for event in ctx.events if isinstance(event, Note)]


def test_names_that_would_become_one_are_kept_apart(tmp_path: Path) -> None:
    for number, (group, name) in enumerate((("day1", "cell_1"), ("day1_cell", "1"), ("DAY1", "Cell_1"))):
        _write(tmp_path / "all" / group / "images" / f"{name}.tif", 100 + number)
        _write(tmp_path / "all" / group / "labels" / f"{name}.tif", number)
    result = prepare_dataset(
        PrepareConfig(tmp_path / "all", tmp_path / "out", PrepareSettings(train=1, validation=0, test=0)),
        RecordingContext(),
    )
    written = list_images(tmp_path / "out" / "train" / "images")
    assert len({path.name.casefold() for path in written}) == result.parts["train"] == 3
    for image in written:
        labels = open_volume(tmp_path / "out" / "train" / "labels" / image.name).read()
        assert open_volume(image).read().max() == 100 + labels.max()


def test_parts_that_are_given_stay(tmp_path: Path) -> None:
    for part, count in (("train", 6), ("val", 1), ("test", 3)):
        for number in range(count):
            for kind in ("images", "labels"):
                _write(tmp_path / "all" / part / kind / f"{part}{number}.tif", number)
    ctx = RecordingContext()
    result = prepare_dataset(
        PrepareConfig(tmp_path / "all", tmp_path / "out", PrepareSettings(train=0.2, validation=0.4, test=0.4)), ctx
    )
    assert result.parts == {"train": 6, "val": 1, "test": 3}
    assert all(name.startswith(part) for part, names in _names(tmp_path / "out").items() for name in names)
    assert "6 in train, 1 in val, 3 in test" in next(note.text for note in ctx.of_kind(Note))


def test_what_is_left_out_is_named(source: Path, tmp_path: Path) -> None:
    (source / "labels" / "v3.tif").unlink()
    ctx = RecordingContext()
    result = prepare_dataset(PrepareConfig(source, tmp_path / "out"), ctx)
    assert [path.name for path in result.left_out] == ["v3.tif"]
    assert [note.text for note in ctx.of_kind(Note)] == ["Left out, because nothing fits the name: images/v3.tif."]


def test_labels_in_a_folder_beside_images_in_files(tmp_path: Path) -> None:
    _write(tmp_path / "all" / "images" / "a.b.tif", 9)
    _write(tmp_path / "all" / "labels" / "a.b.ome.zarr", 3)
    prepare_dataset(PrepareConfig(tmp_path / "all", tmp_path / "out"), RecordingContext())
    assert open_volume(tmp_path / "out" / "train" / "labels" / "a.b.tif").read().max() == 3
    assert [pair.name for pair in pairs_in_folder(tmp_path / "out")] == ["a.b"]


def test_an_image_in_several_files_becomes_one(tmp_path: Path) -> None:
    voxels = ramp(1, 3, 8, 8)
    (tmp_path / "all").mkdir()
    write_ome_set(tmp_path / "all" / "images", voxels, "Z", ["s_0.ome.tif", "s_1.ome.tif", "s_2.ome.tif"])
    _write(tmp_path / "all" / "labels" / "s_0.tif", 1)
    result = prepare_dataset(PrepareConfig(tmp_path / "all", tmp_path / "out"), RecordingContext())
    assert (result.parts["train"], result.left_out) == (1, ())
    np.testing.assert_array_equal(open_volume(tmp_path / "out" / "train" / "images" / "s_0.ome.tif").read(), voxels[0])


def test_given_numbers_become_1_2_3_in_all_parts_and_stay_known(source: Path, tmp_path: Path) -> None:
    settings = PrepareSettings(classes="7, 3")
    prepare_dataset(PrepareConfig(source, tmp_path / "out", settings), RecordingContext())
    found = {}
    for part in PARTS:
        for path in list_images(tmp_path / "out" / part / "labels"):
            found[path.stem] = int(open_volume(path).read().max())
    assert found == {f"v{n}": {7: 1, 3: 2}.get(n, 0) for n in range(10)}
    record = json.loads((tmp_path / "out" / "dataset.json").read_text())
    assert record["label_values"] == {"7": 1, "3": 2}
    assert class_names(tmp_path / "out") == {1: "Class 7", 2: "Class 3"}


@pytest.mark.parametrize(
    ("chosen", "kept"), [("7, 3", {1: "liver", 2: "Class 3"}), ("", {7: "liver", 9: "größte Vene"})]
)
def test_names_that_the_data_set_has_for_its_classes_go_along(
    source: Path, tmp_path: Path, chosen: str, kept: dict[int, str]
) -> None:
    (source / "dataset.json").write_text(
        json.dumps({"labels": {"background": 0, "liver": 7, "größte Vene": 9}}), "utf-8"
    )
    prepare_dataset(PrepareConfig(source, tmp_path / "out", PrepareSettings(classes=chosen)), RecordingContext())
    assert class_names(tmp_path / "out") == kept


def test_images_are_resized_and_labels_keep_their_numbers(tmp_path: Path) -> None:
    for number in range(3):
        image = np.random.default_rng(number).integers(0, 900, (6, 10, 12)).astype(np.float32)
        labels = np.zeros(image.shape, np.uint8)
        labels[2:4, 3:7, 4:9] = 5
        for name, array in (("images", image), ("labels", labels)):
            file = tmp_path / "mri" / name / f"case{number}.nii.gz"
            file.parent.mkdir(parents=True, exist_ok=True)
            affine = np.diag([1.0, 1.0, 2.0, 1.0])
            affine[:3, 3] = (-30, 12, 5)
            nib.save(nib.Nifti1Image(array.T, affine), file)
    settings = PrepareSettings(spacing="1 mm", size=(0, 16, 0))
    result = prepare_dataset(PrepareConfig(tmp_path / "mri", tmp_path / "out", settings), RecordingContext())
    assert not result.failed
    image = open_volume(next((tmp_path / "out" / "train" / "images").glob("*.nii.gz")))
    labels = open_volume(next((tmp_path / "out" / "train" / "labels").glob("*.nii.gz")))
    assert image.shape == labels.shape == (12, 16, 12)
    assert image.voxel_size.zyx == pytest.approx((1.0, 10 / 16, 1.0))
    assert set(np.unique(labels.read())) == {0, 5}
    back = tmp_path / "back.nii.gz"
    original = next((tmp_path / "mri" / "labels").glob("*.nii.gz"))
    settings_back = {"kind": "labels", "like": str(original)}
    run_utility(UtilityConfig("resample", (labels.path,), back, settings_back), RecordingContext())  # type: ignore[arg-type]
    assert np.allclose(nib.load(back).affine, nib.load(original).affine)
    assert (open_volume(back).read() == open_volume(original).read()).mean() > 0.95


def test_folders_of_nnunet_are_written_and_read(source: Path, tmp_path: Path) -> None:
    settings = PrepareSettings(train=0.6, validation=0.2, test=0.2, layout="nnunet")
    prepare_dataset(PrepareConfig(source, tmp_path / "out", settings), RecordingContext())
    assert len(list((tmp_path / "out" / "imagesTr").glob("v*_0000.tif"))) == 8
    assert len(list((tmp_path / "out" / "labelsTs").glob("v*.tif"))) == 2
    pairs = pairs_in_folder(tmp_path / "out")
    roles = [pair.role for pair in pairs]
    assert {role: roles.count(role) for role in roles} == {"train": 6, "validation": 2, "test": 2}
    assert all(Path(pair.label_path).stem == pair.name for pair in pairs)


def test_images_of_nnunet_without_labels_are_counted_and_it_is_said_what_to_do(tmp_path: Path) -> None:
    for name in ("a", "b"):
        _write(tmp_path / "all" / "imagesTr" / f"{name}_0000.tif", 1)
        _write(tmp_path / "all" / "labelsTr" / f"{name}.tif", 1)
    for name in ("c", "d", "e"):
        _write(tmp_path / "all" / "imagesTs" / f"{name}_0000.tif", 1)
    ctx = RecordingContext()
    result = prepare_dataset(PrepareConfig(tmp_path / "all", tmp_path / "out"), ctx)
    assert [path.name for path in result.unlabelled] == ["c_0000.tif", "d_0000.tif", "e_0000.tif"]
    assert ctx.of_kind(Note)[0].text == (
        "Left out, because they have no labels (there is no folder labelsTs): 3 images in imagesTs. Put their labels "
        "there to take them along, or run a model on them."
    )
    shown = run_command(["prepare", str(tmp_path / "all"), "--out", str(tmp_path / "new"), "--show"])
    assert shown == 0


@pytest.mark.parametrize(
    ("shape", "ending", "written"),
    [((3, 8, 8), ".ome.zarr", ".nii.gz"), ((3, 8, 8), ".h5", ".nii.gz"), ((8, 8), ".npy", ".tif")],
)
def test_what_nnunet_cannot_read_is_written_as_it_can(
    tmp_path: Path, shape: tuple[int, ...], ending: str, written: str
) -> None:
    for number in range(4):
        saved(tmp_path / "all" / "images" / f"v{number}{ending}", np.full(shape, 100 + number, np.uint16))
        saved(tmp_path / "all" / "labels" / f"v{number}{ending}", np.ones(shape, np.uint8))
    ctx, out = RecordingContext(), tmp_path / "out"
    settings = PrepareSettings(train=1, validation=0, test=0, layout="nnunet")
    prepare_dataset(PrepareConfig(tmp_path / "all", out, settings), ctx)
    for folder, end in (("imagesTr", "_0000"), ("labelsTr", "")):
        names = {path.name for path in (out / folder).iterdir()}
        assert names == {f"v{number}{end}{written}" for number in range(4)}
    assert json.loads((out / "dataset.json").read_text())["file_ending"] == written
    assert [note.text for note in ctx.of_kind(Note)] == [
        f"nnU-Net does not read {ending}: v0 and others like it are written as {written}."
    ]
    images = [open_volume(out / "imagesTr" / f"v{number}_0000{written}") for number in range(4)]
    assert [int(image.read().max()) for image in images] == [100, 101, 102, 103]


def test_nnunet_is_given_labels_in_the_format_of_the_images_and_told_where_these_differ(tmp_path: Path) -> None:
    for number, ending in enumerate((".nrrd", ".tif")):
        saved(tmp_path / "all" / "images" / f"v{number}{ending}", np.full((3, 8, 8), number, np.uint16))
        saved(tmp_path / "all" / "labels" / f"v{number}.tiff", np.ones((3, 8, 8), np.uint8))
    ctx, out = RecordingContext(), tmp_path / "out"
    settings = PrepareSettings(train=1, validation=0, test=0, layout="nnunet")
    prepare_dataset(PrepareConfig(tmp_path / "all", out, settings), ctx)
    assert {path.name for path in (out / "labelsTr").iterdir()} == {"v0.nrrd", "v1.tif"}
    assert [note.text for note in ctx.of_kind(Note)] == [
        "nnU-Net wants all images in one format; these are .nrrd and .tif: convert them to one first."
    ]


def test_colour_pictures_become_channels_that_nnunet_reads(tmp_path: Path) -> None:
    for number in range(2):
        for folder, shape in (("images", (8, 8, 3)), ("labels", (8, 8))):
            path = tmp_path / "all" / folder / f"v{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.ones(shape, np.uint8)).save(path)
    out = tmp_path / "out"
    settings = PrepareSettings(train=1, validation=0, test=0, layout="nnunet")
    result = prepare_dataset(PrepareConfig(tmp_path / "all", out, settings), RecordingContext())
    assert not result.failed
    assert {path.name for path in (out / "imagesTr").iterdir()} == {
        f"v{number}_{channel:04d}.tif" for number in range(2) for channel in range(3)
    }
    assert {path.name for path in (out / "labelsTr").iterdir()} == {"v0.tif", "v1.tif"}


def test_links_take_no_room_and_two_folders_are_paired_in_order_with_consent(source: Path, tmp_path: Path) -> None:
    for number, path in enumerate(sorted((source / "labels").iterdir())):
        path.rename(source / "labels" / f"other{number:02d}.tif")
    config = PrepareConfig(source / "images", tmp_path / "out", PrepareSettings(link=True), source / "labels")
    with pytest.raises(UserError, match="sorted order"):
        plan_dataset(config)
    result = prepare_dataset(replace(config, by_order=True), RecordingContext())
    assert sum(result.parts.values()) == 10
    linked = next((tmp_path / "out" / "train" / "images").iterdir())
    assert linked.is_symlink()
    assert open_volume(linked).read().max() >= 100


def test_a_specimen_is_in_one_part_alone(tmp_path: Path) -> None:
    for embryo in range(4):
        for time in range(3):
            for part in ("images", "labels"):
                _write(tmp_path / "all" / part / f"Emb{embryo}_t{time}.tif", 1)
    plan = plan_dataset(PrepareConfig(tmp_path / "all", tmp_path / "out"))
    sides = {
        planned.pair.group: {p.role for p in plan.pairs if p.pair.group == planned.pair.group} for planned in plan.pairs
    }
    assert len(sides) == 4
    assert all(len(roles) == 1 for roles in sides.values())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders on this system")
def test_what_is_no_file_is_left_out_with_a_word(source: Path, tmp_path: Path) -> None:
    for image in source.rglob("images"):
        (image / "loop.tif").symlink_to("loop.tif")
        os.mkfifo(image.with_name("labels") / "loop.tif")
    ctx = RecordingContext()
    result = prepare_dataset(PrepareConfig(source, tmp_path / "out"), ctx)
    assert sum(result.parts.values()) > 3
    told = {note.text for note in ctx.of_kind(Note)}
    for folder in ("images", "labels"):
        assert f"Left out of {folder}: loop.tif. It is a pipe, a device or a link that leads nowhere." in told


def test_folders_in_folders_get_names_of_their_own(tmp_path: Path) -> None:
    days = [f"{mouse}/{day}" for mouse in ("m1", "m2") for day in ("d1", "d2")]
    for number, day in enumerate(days):
        _write(tmp_path / "all" / day / "images" / "1.tif", 100 + number)
        _write(tmp_path / "all" / day / "labels" / "1.tif", 1 + number)
    result = prepare_dataset(
        PrepareConfig(tmp_path / "all", tmp_path / "out", PrepareSettings(train=0.5, validation=0.5, test=0)),
        RecordingContext(),
    )
    assert sum(result.parts.values()) == 4
    parts = (tmp_path / "out" / part / "images" for part in ("train", "val"))
    written = {path.stem: path for part in parts for path in list_images(part)}
    assert set(written) == {f"{day.replace('/', '_')}_1" for day in days}
    for number, day in enumerate(days):
        image = written[f"{day.replace('/', '_')}_1"]
        labels = image.parents[1] / "labels" / image.name
        assert (open_volume(image).read().max(), open_volume(labels).read().max()) == (100 + number, 1 + number)


@pytest.mark.parametrize(
    ("shares", "parts"), [((0.1, 0.9, 0), (1, 9, 0)), ((0.05, 0, 0.95), (1, 0, 9)), ((0.2, 0.2, 0.6), (2, 2, 6))]
)
def test_any_shares_will_do(source: Path, tmp_path: Path, shares: Any, parts: Any) -> None:
    settings = PrepareSettings(train=shares[0], validation=shares[1], test=shares[2])
    result = prepare_dataset(PrepareConfig(source, tmp_path / "out", settings), RecordingContext())
    assert tuple(result.parts.values()) == parts


def test_shares_may_be_percent(source: Path, tmp_path: Path) -> None:
    for name, shares in (("a", ("70", "10", "20")), ("b", ("0.7", "0.1", "0.2"))):
        given = ["--train", shares[0], "--val", shares[1], "--test", shares[2]]
        assert run_command(["prepare", str(source), "--out", str(tmp_path / name), *given]) == 0
    assert _names(tmp_path / "a") == _names(tmp_path / "b")


@pytest.mark.parametrize("there", [False, True])
def test_a_full_disk_is_one_error_and_leaves_nothing(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    def full(self: PairWriter, truth: Volume, *more: Any, **named: Any) -> None:
        path = truth.path or Path()
        error = OSError(errno.ENOSPC, "No space left on device")
        raise unwritable(path, error) from error

    monkeypatch.setattr(PairWriter, "_write_labels", full)
    ctx, out = RecordingContext(), tmp_path / "out"
    if there:
        out.mkdir()
    with pytest.raises(UserError, match="the disk is full"):
        prepare_dataset(PrepareConfig(source, out), ctx)
    assert not ctx.of_kind(Note)
    assert not list(tmp_path.rglob("*.tmp*"))
    assert list(out.iterdir()) == [] if there else not out.exists()


def test_nothing_stays_where_no_pair_can_be_read(source: Path, tmp_path: Path) -> None:
    for labels in (source / "labels").iterdir():
        labels.write_bytes(b"nothing")
    with pytest.raises(UserError, match=r"No pair could be taken over\. v0: Cannot open v0\.tif"):
        prepare_dataset(PrepareConfig(source, tmp_path / "out"), RecordingContext())
    assert not (tmp_path / "out").exists()


def test_where_links_cannot_be_made_files_are_copied_and_that_is_said_once(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "symlink_to", refused)
    monkeypatch.setattr(os, "link", refused)
    ctx = RecordingContext()
    result = prepare_dataset(PrepareConfig(source, tmp_path / "out", PrepareSettings(link=True)), ctx)
    assert sum(result.parts.values()) == 10
    assert not any(path.is_symlink() for path in (tmp_path / "out").rglob("*"))
    assert len([note for note in ctx.of_kind(Note) if "Links cannot be made" in note.text]) == 1


def test_nnunet_is_told_of_all_channels_and_labels(tmp_path: Path) -> None:
    for number in range(4):
        saved(tmp_path / "all" / "images" / f"v{number}.tif", np.full((2, 3, 8, 8), number, np.uint16))
        labels = np.arange(3 * 8 * 8).reshape(3, 8, 8) % 3
        saved(tmp_path / "all" / "labels" / f"v{number}.tif", np.where(labels == 2, 5, labels).astype(np.uint8))
    ctx, out = RecordingContext(), tmp_path / "out"
    prepare_dataset(PrepareConfig(tmp_path / "all", out, PrepareSettings(layout="nnunet")), ctx)
    record = json.loads((out / "dataset.json").read_text())
    assert record["channel_names"] == {"0": "channel 0", "1": "channel 1"}
    assert record["labels"] == {"background": 0, "Class 1": 1, "Class 5": 5}
    assert [note.text for note in ctx.of_kind(Note)] == [
        "nnU-Net wants classes that are numbered 1, 2, 3, …: 1,5 under “Labels to keep” (--classes) does that."
    ]
    assert all(open_volume(Path(pair.image)).channels == 2 for pair in pairs_in_folder(out))


def test_the_record_says_where_originals_are_wherever_it_is_read(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(source.parent)
    prepare_dataset(PrepareConfig(Path(source.name), tmp_path / "out"), RecordingContext())
    record = json.loads((tmp_path / "out" / "dataset.json").read_text())
    assert all(Path(one["file"]).is_absolute() for one in record["originals"].values())


@pytest.mark.parametrize("key", ["channel_names", "modality"])
def test_nnunet_keeps_the_name_of_a_single_channel(source: Path, tmp_path: Path, key: str) -> None:
    first, out = tmp_path / "first", tmp_path / "second"
    settings = PrepareSettings(layout="nnunet")
    prepare_dataset(PrepareConfig(source, first, settings), RecordingContext())
    told = json.loads((first / "dataset.json").read_text())
    told.pop("channel_names")
    (first / "dataset.json").write_text(json.dumps({**told, key: {"0": "MRI"}}))
    prepare_dataset(PrepareConfig(first, out, settings), RecordingContext())
    assert json.loads((out / "dataset.json").read_text())["channel_names"] == {"0": "MRI"}
