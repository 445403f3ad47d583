"""Labels written back into OME-Zarr images of other programs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.core.errors import UnwritableFileError, UserError
from desktop_app.core.imaging import ArraySource
from desktop_app.core.labelling.scheme import LabelClass, LabelScheme
from desktop_app.io import atomic
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.labels import write_back as module
from desktop_app.io.labels.foreign_labels import named_classes
from desktop_app.io.labels.write_back import write_back
from tests.io.labels.foreign_images import write_image_with_labels

LABELS = np.random.default_rng(1).integers(0, 3, (8, 16, 16)).astype(np.uint16)


def _silent(done: int, steps: int, words: str) -> None:
    """Nobody listens."""


def _source(labels: np.ndarray) -> ArraySource:
    return ArraySource(labels[None].astype(np.uint32))


def _files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def _nearest(labels: np.ndarray) -> np.ndarray:
    return labels[1::2, 1::2, 1::2]


@pytest.mark.parametrize(("version", "shards"), [(2, None), (3, None), (3, (8, 8, 8))])
def test_only_changed_shards_are_written_and_all_resolutions_follow(
    version: int, shards: tuple[int, ...] | None, tmp_path: Path
) -> None:
    group = write_image_with_labels(tmp_path / "a.ome.zarr", LABELS, version=version, shards=shards, levels=2)
    before = _files(group)
    changed = LABELS.copy()
    changed[0:4, 0:4, 0:4] = 9
    copy = write_back({0: _source(changed)}, group, 9, _silent)
    assert _files(copy) == before
    np.testing.assert_array_equal(open_labels(group).read(), changed)
    node = zarr.open_group(str(group), mode="r")
    assert node["s0"].dtype == np.uint16
    np.testing.assert_array_equal(node["s1"][:2, :2, :2], _nearest(changed)[:2, :2, :2])
    after = _files(group)
    assert {name for name in after if after[name] != before.get(name)} <= {
        n for n in before if n.startswith(("s0", "s1"))
    }
    assert sum(after[name] != before[name] for name in before if name.startswith("s0")) == 1
    assert named_classes(group)[1] == ("nucleus", (255, 0, 0))
    assert sorted(p.name for p in group.parent.iterdir() if p.is_dir()) == sorted([group.name, copy.name])


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_what_is_written_back_is_read(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    shape = tuple(data.draw(st.integers(1, 9)) for _ in range(3))
    dtype = data.draw(st.sampled_from(["uint8", "uint16", "int32", "uint32"]))
    largest = data.draw(st.sampled_from([3, 300, 70_000, 2**32 - 1]))
    axes = data.draw(st.sampled_from(["zyx", "tczyx", "tzyx"]))
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    old = random.integers(0, 3, shape).astype(dtype)
    new = random.choice([0, 1, largest], shape).astype(np.uint32)
    path = tmp_path_factory.mktemp("back") / "a.ome.zarr"
    stored = old.reshape((1,) * (len(axes) - 3) + shape)
    group = write_image_with_labels(path, stored, axes=axes, levels=2, version=data.draw(st.sampled_from([2, 3])))
    copy = write_back({0: _source(new)}, group, int(new.max()), _silent)
    np.testing.assert_array_equal(open_labels(group).read(), new)
    np.testing.assert_array_equal(open_labels(copy).read(), old)


def test_of_a_movie_only_the_time_points_given_change(tmp_path: Path) -> None:
    movie = np.stack([LABELS, LABELS, LABELS])
    group = write_image_with_labels(tmp_path / "a.ome.zarr", movie, axes="tzyx", levels=2)
    changed = LABELS + 1
    write_back({1: _source(changed)}, group, 3, _silent)
    back = open_labels(group)
    for time, wanted in enumerate((LABELS, changed, LABELS)):
        np.testing.assert_array_equal(back.at_time(time).read(), wanted)


def test_numbers_that_need_more_room_widen_all_resolutions(tmp_path: Path) -> None:
    group = write_image_with_labels(tmp_path / "a.ome.zarr", LABELS.astype(np.uint8), version=3, levels=3)
    changed = LABELS.astype(np.uint32)
    changed[3, 3, 3] = 70_000
    write_back({0: _source(changed)}, group, 70_000, _silent)
    node = zarr.open_group(str(group), mode="r")
    assert [node[f"s{i}"].dtype for i in range(3)] == [np.uint32] * 3
    np.testing.assert_array_equal(node["s0"][:], changed)
    np.testing.assert_array_equal(node["s1"][:], _nearest(changed))


def test_with_a_copy_of_the_description_above_nothing_is_contradicted(tmp_path: Path) -> None:
    group = write_image_with_labels(tmp_path / "a.ome.zarr", LABELS.astype(np.uint8))
    zarr.consolidate_metadata(str(tmp_path / "a.ome.zarr"), zarr_format=2)
    with pytest.raises(UnwritableFileError, match="numbers up to 255, and the labels go up to 300"):
        write_back({0: _source(LABELS)}, group, 300, _silent)
    before = (group / ".zattrs").read_bytes()
    scheme = LabelScheme(kind="classes", classes=(LabelClass(value=9, name="new", color=(1, 2, 3)),))
    write_back({0: _source(LABELS)}, group, 3, _silent, scheme)
    assert (group / ".zattrs").read_bytes() == before


def test_names_of_classes_are_added(tmp_path: Path) -> None:
    group = write_image_with_labels(tmp_path / "a.ome.zarr", LABELS)
    scheme = LabelScheme(kind="classes", classes=(LabelClass(value=9, name="new", color=(1, 2, 3)),))
    write_back({0: _source(LABELS)}, group, 3, _silent, scheme)
    assert named_classes(group)[9] == ("new", (1, 2, 3))


@pytest.mark.parametrize("step", range(0, 40, 7))
def test_stopped_or_killed_in_the_middle_the_old_labels_are_whole(step: int, tmp_path: Path) -> None:
    group = write_image_with_labels(tmp_path / "a.ome.zarr", LABELS)
    before, calls = _files(group), []

    def told(done: int, steps: int, words: str) -> None:
        calls.append(words)
        if len(calls) > step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_back({0: _source(LABELS + 1)}, group, 3, told)
    assert _files(group) == before
    assert not list(group.parent.glob(".*.tmp*"))


def test_killed_between_the_two_renames_the_old_labels_come_back(tmp_path: Path) -> None:
    group = write_image_with_labels(tmp_path / "a.ome.zarr", LABELS)
    group.rename(group.with_name(f".{group.name}.{'a' * atomic._UNIQUE}.old"))
    write_back({0: _source(LABELS + 1)}, group, 3, _silent)
    np.testing.assert_array_equal(open_labels(group).read(), LABELS + 1)


def test_labels_that_do_not_fit_or_a_full_disk_change_nothing(tmp_path: Path, monkeypatch: Any) -> None:
    group = write_image_with_labels(tmp_path / "a.ome.zarr", LABELS)
    before = _files(group)
    with pytest.raises(UserError, match="do not fit nuclei"):
        write_back({0: _source(LABELS[:, :8])}, group, 3, _silent)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(UnwritableFileError, match="full"):
        write_back({0: _source(LABELS)}, group, 3, _silent)
    assert _files(group) == before
    assert [p.name for p in group.parent.iterdir() if p.is_dir()] == [group.name]


def test_memory_is_asked_for_by_the_shard(tmp_path: Path, monkeypatch: Any) -> None:
    group = write_image_with_labels(tmp_path / "a.ome.zarr", LABELS)
    asked: list[int] = []
    monkeypatch.setattr(module, "require_memory", lambda path, count, what: asked.append(count))
    write_back({0: _source(LABELS)}, group, 3, _silent)
    assert max(asked) == 4 * 4**3 * 8
