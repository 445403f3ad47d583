"""A label file is an array that lives on disk."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.core.errors import UnreadableFileError, UnwritableFileError, UserError
from desktop_app.core.imaging import Index3, Region, VoxelSize
from desktop_app.core.labelling.scheme import LabelClass, LabelScheme
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.labels import LabelFile

SIZE = VoxelSize(z=1.75, y=0.8, x=0.8)


def _box(data: st.DataObject, shape: Index3) -> Region:
    start = [data.draw(st.integers(0, n - 1)) for n in shape]
    stop = [data.draw(st.integers(a + 1, n)) for a, n in zip(start, shape, strict=True)]
    return Region((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))


@settings(max_examples=30, deadline=None)
@given(
    shape=st.sampled_from([(1, 1, 1), (1, 300, 260), (10, 140, 40), (17, 20, 135)]), data=st.data(),
    cache=st.sampled_from([1, 600_000, 10**9]),
)  # fmt: skip
def test_behaves_like_an_array(
    tmp_path_factory: pytest.TempPathFactory, shape: Index3, data: st.DataObject, cache: int
) -> None:
    path = tmp_path_factory.mktemp("labels") / "a.ome.zarr"
    LabelFile.create(path, shape, SIZE).close()
    labels, truth = LabelFile(path, cache), np.zeros(shape, np.uint32)
    for _ in range(data.draw(st.integers(1, 8))):
        region = _box(data, shape)
        action = data.draw(st.sampled_from(["write", "erase", "flush", "reopen"]))
        if action in ("write", "erase"):
            values = np.random.default_rng(1).integers(0, 90_000, region.shape, dtype=np.uint32)
            values *= action == "write"
            labels.write(region, values)
            truth[region.slices] = values
        elif action == "flush":
            labels.flush()
            assert not labels.dirty
        else:
            labels.close()
            labels = LabelFile(path, cache)
        np.testing.assert_array_equal(labels.read(region), truth[region.slices])
    labels.close()
    np.testing.assert_array_equal(LabelFile.open(path).read(Region.whole(shape)), truth)
    np.testing.assert_array_equal(labels.used_ids(), np.unique(truth[truth > 0]))
    assert labels.max_id() >= truth.max(initial=0)
    np.testing.assert_array_equal(open_labels(path).read(), truth)
    assert open_labels(path).voxel_size.same_as(SIZE)


def test_a_copy_is_read(tmp_path: Path) -> None:
    labels = LabelFile.create(tmp_path / "a.ome.zarr", (2, 3, 4))
    region = Region.whole((2, 3, 4))
    values = np.ones((2, 3, 4), np.uint32)
    labels.write(region, values)
    values[:] = 5
    labels.read(region)[:] = 9
    assert labels.read(region).max() == 1


def test_boxes_over_the_edge(tmp_path: Path) -> None:
    labels = LabelFile.create(tmp_path / "a.ome.zarr", (2, 5, 130))
    over = Region((-1, -3, 120), (3, 2, 140))
    labels.write(over, np.full(over.shape, 7, np.uint32))
    padded = np.zeros((4, 11, 150), np.uint32)
    padded[1:3, 3:5, 120:130] = 7
    np.testing.assert_array_equal(labels.read(over), padded[0:4, 0:5, 120:140])
    assert labels.read(Region.whole(labels.shape)).sum() == 7 * 2 * 2 * 10
    assert labels.read(Region((5, 0, 0), (6, 5, 5))).max() == 0
    labels.close()
    assert len([p for p in (tmp_path / "a.ome.zarr" / "0").rglob("*") if p.is_file() and p.name.isdecimal()]) == 2


def test_largest_id_outlives_its_object(tmp_path: Path) -> None:
    labels = LabelFile.create(tmp_path / "a.ome.zarr", (1, 8, 8))
    pixel = Region((0, 2, 2), (1, 3, 3))
    labels.write(pixel, np.full((1, 1, 1), 70_001, np.uint32))
    labels.write(pixel, np.zeros((1, 1, 1), np.uint32))
    labels.close()
    again = LabelFile.open(tmp_path / "a.ome.zarr")
    assert again.max_id() == 70_001
    assert again.used_ids().tolist() == []


def test_other_viewers_find_colours_and_names(tmp_path: Path) -> None:
    scheme = LabelScheme(kind="classes", classes=(LabelClass(value=3, name="Membrane", color=(1, 2, 3)),))
    labels = LabelFile.create(tmp_path / "a.ome.zarr", (2, 8, 8), SIZE, scheme)
    described = zarr.open_group(str(tmp_path / "a.ome.zarr"), mode="r").attrs["image-label"]
    assert described["colors"] == [{"label-value": 3, "rgba": [1, 2, 3, 255]}]
    assert described["properties"] == [{"label-value": 3, "class": "Membrane"}]
    labels.set_scheme(LabelScheme())
    assert "colors" not in zarr.open_group(str(tmp_path / "a.ome.zarr"), mode="r").attrs["image-label"]


def test_labels_are_never_written_over(tmp_path: Path) -> None:
    LabelFile.create(tmp_path / "a.ome.zarr", (2, 8, 8))
    with pytest.raises(UserError, match="already labels"):
        LabelFile.create(tmp_path / "a.ome.zarr", (2, 8, 8))


def test_full_disk_keeps_the_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = LabelFile.create(tmp_path / "a.ome.zarr", (9, 200, 200))
    whole = Region.whole((9, 200, 200))
    values = np.arange(whole.size, dtype=np.uint32).reshape(whole.shape)
    labels.write(whole, values)
    real, calls = Path.open, []

    def full_after_two(self: Path, mode: str = "r", **keywords: Any) -> Any:
        if mode == "wb":
            calls.append(self)
        if len(calls) > 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, mode, **keywords)

    monkeypatch.setattr(Path, "open", full_after_two)
    with pytest.raises(UnwritableFileError, match=r"a\.ome\.zarr: the disk is full"):
        labels.flush()
    assert labels.dirty
    np.testing.assert_array_equal(labels.read(whole), values)
    assert not list((tmp_path / "a.ome.zarr").rglob("*.tmp"))
    monkeypatch.undo()
    labels.flush()
    np.testing.assert_array_equal(LabelFile.open(tmp_path / "a.ome.zarr").read(whole), values)


def test_all_chunks_are_forced_onto_the_disk_before_the_first_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a single one of them is refused: then all stay as they were, and nothing is left half written."""
    path, shape = tmp_path / "a.ome.zarr", (8, 256, 640)
    labels = LabelFile.create(path, shape)
    region = Region.whole(shape)
    labels.write(region, np.ones(shape, np.uint32))
    labels.flush()
    forced: list[os.stat_result] = []

    def refuse_the_last(file: Any) -> None:
        forced.append(os.fstat(file if isinstance(file, int) else file.fileno()))
        if len(forced) == 10:  # chunks of 8 x 128 x 128
            raise OSError(errno.EIO, "Input/output error")

    labels.write(region, np.full(shape, 2, np.uint32))
    monkeypatch.setattr(os, "fsync", refuse_the_last)
    with pytest.raises(UnwritableFileError):
        labels.flush()
    assert len({found.st_ino for found in forced}) == 10
    assert all(found.st_size for found in forced), "what is forced is written"
    assert (LabelFile.open(path).read(region) == 1).all()
    assert not list(path.rglob("*.tmp"))
    monkeypatch.undo()
    labels.flush()
    assert (LabelFile.open(path).read(region) == 2).all()


def test_painting_goes_on_while_a_thread_flushes(tmp_path: Path) -> None:
    shape = (8, 256, 256)
    labels = LabelFile.create(tmp_path / "a.ome.zarr", shape)
    truth = np.zeros(shape, np.uint32)
    stop = threading.Event()
    errors: list[BaseException] = []

    def flush_often() -> None:
        try:
            while not stop.is_set():
                labels.flush()
        except UserError as error:
            errors.append(error)

    thread = threading.Thread(target=flush_often)
    thread.start()
    rng = np.random.default_rng(1)
    for value in range(1, 300):
        z, y, x = (int(rng.integers(0, n)) for n in shape)
        region = Region((z, y, x), (z + 1, y + 30, x + 30)).intersect(Region.whole(shape))
        labels.write(region, np.full(region.shape, value, np.uint32))
        truth[region.slices] = value
    stop.set()
    thread.join()
    labels.close()
    assert errors == []
    np.testing.assert_array_equal(LabelFile.open(tmp_path / "a.ome.zarr").read(Region.whole(shape)), truth)


@pytest.mark.parametrize("how", ["missing", "no array", "cut description", "cut chunk", "other type"])
def test_broken_labels_get_one_sentence(tmp_path: Path, how: str) -> None:
    path = tmp_path / "cells.ome.zarr"
    labels = LabelFile.create(path, (3, 20, 20))
    noise = np.random.default_rng(1).integers(0, 2**32, (3, 20, 20), dtype=np.uint32)
    labels.write(Region.whole(labels.shape), noise)
    labels.close()
    array = path / "0" / ".zarray"
    if how == "missing":
        path = tmp_path / "cells2.ome.zarr"
    elif how == "no array":
        array.unlink()
    elif how == "cut description":
        array.write_text(array.read_text()[:30])
    elif how == "cut chunk":
        chunk = path / "0" / "0" / "0" / "0"
        chunk.write_bytes(chunk.read_bytes()[:-7])
    else:
        array.write_text(array.read_text().replace("<u4", "<u2"))
    with pytest.raises(UnreadableFileError, match="cells"):
        LabelFile.open(path).read(Region.whole((3, 20, 20)))
