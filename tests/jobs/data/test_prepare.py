"""Pairs are split by image and seed, copied as they are, and nothing is mixed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.errors import UserError
from desktop_app.core.job import JobCancelled, Note, RecordingContext
from desktop_app.io.datasets import pairs_in_folder
from desktop_app.io.images.registry import list_images, open_volume
from desktop_app.jobs.data.prepare import PrepareConfig, prepare_dataset
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
    result = prepare_dataset(PrepareConfig(source, tmp_path / "out", 0.6, 0.2, 0.2), RecordingContext())
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
    prepare_dataset(PrepareConfig(source, tmp_path / "out", 0.6, 0.2, 0.2), RecordingContext())
    roles = [pair.role for pair in pairs_in_folder(tmp_path / "out")]
    assert {role: roles.count(role) for role in roles} == {"train": 6, "validation": 2, "test": 2}


def test_the_seed_decides(source: Path, tmp_path: Path) -> None:
    config = PrepareConfig(source, tmp_path / "a", seed=3)
    for place, seed in (("a", 3), ("b", 3), ("c", 4)):
        prepare_dataset(replace(config, out=tmp_path / place, seed=seed), RecordingContext())
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


def test_a_folder_that_holds_something_is_refused(source: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("keep")
    with pytest.raises(UserError, match="out is not empty"):
        prepare_dataset(PrepareConfig(source, tmp_path / "out"), RecordingContext())


def test_shares_without_training_are_refused(source: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="share for training"):
        prepare_dataset(PrepareConfig(source, tmp_path / "out", 0.0, 0.5, 0.5), RecordingContext())


def test_a_folder_without_pairs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="No pairs"):
        prepare_dataset(PrepareConfig(tmp_path / "empty", tmp_path / "out"), RecordingContext())


def test_cancel_stops_between_pairs(source: Path, tmp_path: Path) -> None:
    with pytest.raises(JobCancelled):
        prepare_dataset(PrepareConfig(source, tmp_path / "out"), RecordingContext(cancel_after=3))
    assert sum(len(list_images(folder)) for folder in (tmp_path / "out").glob("*/images")) == 3


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
    result = prepare_dataset(PrepareConfig(tmp_path / "all", tmp_path / "out", 1, 0, 0), RecordingContext())
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
    result = prepare_dataset(PrepareConfig(tmp_path / "all", tmp_path / "out", 0.2, 0.4, 0.4), ctx)
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
