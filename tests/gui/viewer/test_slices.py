from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pytest

from desktop_app.core.errors import UnreadableFileError, UserError
from desktop_app.core.imaging import Plane, Region, Volume
from desktop_app.core.labelling import ArrayLabelStore
from desktop_app.core.labelling.layers import VolumeLabels
from desktop_app.gui.viewer import slice_reading
from desktop_app.gui.viewer.detail import Sight
from desktop_app.gui.viewer.geometry import Box2
from desktop_app.gui.viewer.slice_loader import Loaded, ReadRequest, SliceLoader
from desktop_app.gui.viewer.slice_reading import details_of
from desktop_app.gui.viewer.slice_source import SliceSource

SHAPE = (6, 20, 30)


@dataclass
class FileSource:
    """A file whose slices take a while, and some of which cannot be read."""

    array: np.ndarray
    damaged: tuple[int, ...] = ()
    gate: threading.Event = field(default_factory=threading.Event)
    read_slices: list[int] = field(default_factory=list)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        return (1, *self.array.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.array.dtype

    def read(self, channel: int, region: Region) -> np.ndarray:
        self.gate.wait(5)
        self.read_slices.append(region.start[0])
        if region.start[0] in self.damaged:
            raise UnreadableFileError("scan.tif", "the file is cut off.")
        return self.array[region.slices].copy()


@pytest.fixture
def source(qapp) -> Iterator[SliceSource]:
    source = SliceSource()
    yield source
    source.stop()


@pytest.fixture
def reader(qapp) -> Iterator[SliceLoader]:
    reader = SliceLoader(budget_bytes=1000)
    yield reader
    reader.stop()


def file_volume(**details: Any) -> tuple[Volume, FileSource]:
    data = np.arange(6 * 20 * 30, dtype=np.uint16).reshape(SHAPE)
    file = FileSource(data, **details)
    return Volume(file), file


def test_arrays_are_there_at_once(source: SliceSource) -> None:
    data = np.arange(3600, dtype=np.uint16).reshape(SHAPE)
    source.set_volume(Volume.from_array(data))
    found = source.slice(Plane.YZ, 4)
    assert found is not None
    np.testing.assert_array_equal(found.pictures[0], data[:, :, 4].T)
    assert found.labels == {}


def test_slow_files_come_later_with_their_labels(source: SliceSource, qtbot) -> None:
    volume, file = file_volume()
    source.set_volume(volume)
    source.set_layers({"labels": ArrayLabelStore(np.ones(SHAPE, np.uint32))})
    assert source.slice(Plane.XY, 2) is None
    with qtbot.waitSignal(source.arrived) as arrived:
        file.gate.set()
    assert arrived.args == [Plane.XY, 2]
    found = source.slice(Plane.XY, 2)
    assert found is not None
    np.testing.assert_array_equal(found.pictures[0], file.array[2])


def test_requests_that_are_out_of_date_are_not_read(source: SliceSource, qtbot) -> None:
    volume, file = file_volume()
    source.set_volume(volume)
    for depth in range(5):
        assert source.slice(Plane.XY, depth) is None
    file.gate.set()
    qtbot.waitUntil(lambda: source.slice(Plane.XY, 4) is not None)
    assert 1 not in file.read_slices
    assert 2 not in file.read_slices


def test_a_damaged_file_is_told_once_and_shown_black(source: SliceSource, qtbot) -> None:
    volume, file = file_volume(damaged=(1, 2))
    file.gate.set()
    problems: list[UserError] = []
    source.problem_found.connect(problems.append)
    source.set_volume(volume)
    source.set_layers({"labels": ArrayLabelStore(np.full(SHAPE, 3, np.uint32))})
    for depth in (1, 2, 1):
        qtbot.waitUntil(lambda depth=depth: source.slice(Plane.XY, depth) is not None)
        found = source.slice(Plane.XY, depth)
        assert found is not None
        assert not found.pictures[0].any()
        assert (found.labels["labels"] == 3).all()
    assert [str(p) for p in problems] == ["Cannot open scan.tif: the file is cut off."]


def test_next_slices_are_read_ahead(source: SliceSource, qtbot) -> None:
    volume, file = file_volume()
    file.gate.set()
    source.set_volume(volume)
    source.prefetch(Plane.XY, 2, 1)
    qtbot.waitUntil(lambda: {3, 4, 5} <= set(file.read_slices))


def test_an_edit_changes_the_shown_slice_and_drops_the_others(source: SliceSource) -> None:
    store = ArrayLabelStore(np.zeros(SHAPE, np.uint32))
    source.set_volume(Volume.from_array(np.zeros(SHAPE, np.uint8)))
    source.set_layers({"labels": store})
    shown, other = source.slice(Plane.XY, 2), source.slice(Plane.XY, 3)
    assert shown is not None
    assert other is not None
    region = Region((2, 5, 6), (4, 8, 10))
    store.write(region, np.full(region.shape, 7, np.uint32))
    assert source.patch_labels(region, {Plane.XY: 2}, ["labels"]) == {("labels", Plane.XY): Box2(5, 6, 8, 10)}
    np.testing.assert_array_equal(shown.labels["labels"], store.array[2])
    again = source.slice(Plane.XY, 3)
    assert again is not None
    np.testing.assert_array_equal(again.labels["labels"], store.array[3])


def test_grey_values_are_sampled_all_over_the_volume(source: SliceSource) -> None:
    samples: list[np.ndarray] = []
    source.sampled.connect(lambda _channel, sample: samples.append(sample))
    data = np.zeros(SHAPE, np.uint16)
    data[5] = 900
    source.set_volume(Volume.from_array(data))
    source.ask_for_samples([0])
    assert set(np.unique(samples[0])) == {0, 900}


def test_kept_slices_stay_within_the_budget(reader: SliceLoader) -> None:
    for number in range(5):
        result = reader.fetch("xy", ReadRequest(number, 0, partial(Loaded, {number: np.zeros(400, np.uint8)})), wait=5)
        assert result is not None
        assert not result.loaded.errors
    assert reader.kept(0) is None
    assert reader.kept(4) is not None


def test_reading_goes_on_after_an_error(reader: SliceLoader) -> None:
    def broken() -> Loaded:
        raise OSError("gone")

    result = reader.fetch("xy", ReadRequest("a", 0, broken), wait=5)
    assert result is not None
    assert isinstance(result.loaded.errors["a"], UserError)
    good = reader.fetch("xy", ReadRequest("b", 0, lambda: Loaded({"b": np.ones(3)})), wait=5)
    assert good is not None
    assert not good.loaded.errors


def test_a_damaged_layer_is_told_once_and_leaves_the_image_alone(source: SliceSource, qtbot) -> None:
    volume, file = file_volume()
    labels, damaged = file_volume(damaged=(1, 2))
    file.gate.set()
    damaged.gate.set()
    problems: list[UserError] = []
    source.problem_found.connect(problems.append)
    source.set_volume(volume)
    source.set_layers({"labels": ArrayLabelStore(np.full(SHAPE, 3, np.uint32)), "result": VolumeLabels(labels)})
    for depth in (1, 2, 3):
        qtbot.waitUntil(lambda depth=depth: source.slice(Plane.XY, depth) is not None)
        found = source.slice(Plane.XY, depth)
        assert found is not None
        np.testing.assert_array_equal(found.pictures[0], file.array[depth])
        assert (found.labels["labels"] == 3).all()
        assert found.labels["result"].any() == (depth == 3)
    assert len(problems) == 1


def test_only_what_is_new_is_read_when_a_layer_comes(source: SliceSource, qtbot) -> None:
    volume, file = file_volume()
    labels, result = file_volume()
    file.gate.set()
    result.gate.set()
    source.set_volume(volume)
    qtbot.waitUntil(lambda: source.slice(Plane.XY, 2) is not None)
    source.set_layers({"result": VolumeLabels(labels)})
    qtbot.waitUntil(lambda: source.slice(Plane.XY, 2) is not None)
    assert file.read_slices == [2]
    source.set_layers({"result": VolumeLabels(labels)})
    qtbot.waitUntil(lambda: source.slice(Plane.XY, 2) is not None)
    assert result.read_slices == [2, 2]


def test_what_to_read_is_found_once_for_all_slices_that_are_seen_alike(
    source: SliceSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    monkeypatch.setattr(slice_reading, "details_of", lambda *of: found.append(of) or details_of(*of))
    first, second = (file_volume() for _ in range(2))
    for _, file in (first, second):
        file.gate.set()
    near, far = (Sight(Box2(0, 0, 20, width), (1.0, 1.0)) for width in (10, 30))
    for volume, _ in (first, second):
        source.set_volume(volume)
        for sight in (near, far):
            for depth in range(3):
                source.slice(Plane.XY, depth, sight)
                source.prefetch(Plane.XY, depth, 1, sight)
    assert found == [(volume, Plane.XY, sight) for volume, _ in (first, second) for sight in (near, far)]
