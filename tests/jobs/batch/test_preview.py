from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.job import RecordingContext
from desktop_app.jobs.batch import preview
from desktop_app.jobs.batch.preview import PreviewSession
from tests.cards import semantic_card

BOX = Region((1, 2, 3), (4, 12, 23))


@dataclass
class FakeMaps:
    array: np.ndarray
    channels: tuple[str, ...] = ("class:Cell",)

    @property
    def nbytes(self) -> int:
        return self.array.nbytes

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.array.shape[1:]

    def read(self, region: Region) -> np.ndarray:
        return self.array[(slice(None), *region.slices)].astype(np.float32)


@dataclass
class FakePredictor:
    card: ModelCard
    members: tuple[Any, ...] = ()
    calls: list[Region] = field(default_factory=list)

    def predict(self, volume: Volume, region: Region, tiling: Any, ctx: Any, **more: Any) -> FakeMaps:
        self.calls.append(region)
        return FakeMaps((volume.read(region)[None] / 10).astype(np.float32))


@pytest.fixture
def predictor(monkeypatch: pytest.MonkeyPatch) -> FakePredictor:
    fake = FakePredictor(
        semantic_card(class_names=("Cell",), patch_size=(8, 8, 8), decode={"objects": "connected"})
    )  # fmt: skip
    monkeypatch.setattr("desktop_app.ml.inference.load_predictor", lambda model, device, others=(): fake)
    return fake


def volume() -> Volume:
    array = np.zeros((6, 30, 40), np.uint8)
    array[1:4, 4:8, 5:9], array[1:4, 4:8, 15:19] = 9, 4
    return Volume.from_array(array)


def test_sliders_decode_again_without_the_network(predictor):
    session, image, ctx = PreviewSession("m.vwmodel", "cpu"), volume(), RecordingContext()
    counts = []
    for threshold in (0.5, 0.3, 0.95):
        maps = session.predict(image, BOX, "auto", ctx)
        labels = session.decode(maps, {"threshold": threshold, "min_size": 0})
        sure = session.decode_named(maps, {"threshold": threshold, "min_size": 0}).confidence
        assert set(sure) == set(np.unique(labels[labels > 0]).tolist())
        assert all(0 <= one <= 1 for one in sure.values())
        assert labels.shape == BOX.shape
        assert labels.dtype == np.uint32
        counts.append(int(labels.max()))
    assert counts == [1, 2, 0]
    assert len(predictor.calls) == 1


def test_another_place_or_image_asks_the_network(predictor):
    session, image, ctx = PreviewSession("m"), volume(), RecordingContext()
    session.predict(image, BOX, "auto", ctx)
    session.predict(image, BOX.shift((1, 0, 0)), "auto", ctx)
    session.predict(volume(), BOX, "auto", ctx)
    assert len(predictor.calls) == 3
    session.predict(image, BOX, "auto", ctx)
    session.predict(image, BOX, "volume", ctx)
    assert len(predictor.calls) == 3


def test_old_maps_are_dropped_and_the_latest_stay(predictor, monkeypatch):
    monkeypatch.setattr(preview, "_MOST_BYTES_KEPT", 3000)
    session, image, ctx = PreviewSession("m"), volume(), RecordingContext()
    for z in (0, 1, 2):
        session.predict(image, BOX.shift((z - 1, 0, 0)), "auto", ctx)
    session.predict(image, BOX.shift((1, 0, 0)), "auto", ctx)
    assert len(predictor.calls) == 3
    session.predict(image, BOX.shift((-1, 0, 0)), "auto", ctx)
    assert len(predictor.calls) == 4


def test_parts_beyond_the_image_are_cut_or_refused(predictor, monkeypatch):
    session, image, ctx = PreviewSession("m"), volume(), RecordingContext()
    maps = session.predict(image, Region((4, 20, 30), (9, 99, 99)), "auto", ctx)
    assert maps.content.shape == (2, 10, 10)
    with pytest.raises(UserError, match="outside"):
        session.predict(image, Region((9, 9, 9), (10, 10, 10)), "auto", ctx)
    monkeypatch.setattr(preview, "_MOST_VOXELS", 10)
    with pytest.raises(UserError, match="too large"):
        session.predict(image, BOX, "auto", ctx)


def test_wrong_settings_and_colour_pictures_are_said_plainly(predictor):
    session, ctx = PreviewSession("m"), RecordingContext()
    maps = session.predict(volume(), BOX, "auto", ctx)
    with pytest.raises(UserError, match="threshold"):
        session.decode(maps, {"threshold": 5})
    colour = Volume.from_array(np.zeros((3, 2, 9, 9), np.uint8), rgb=True, name="photo")
    with pytest.raises(UserError, match="photo is a colour picture"):
        session.predict(colour, Region.whole((2, 9, 9)), "auto", ctx)
