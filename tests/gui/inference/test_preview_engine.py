from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from desktop_app.core.errors import UserError
from desktop_app.core.imaging.region import Region
from desktop_app.core.imaging.volume import Volume
from desktop_app.core.job import JobContext
from desktop_app.core.labelling.map_layers import MapLayer
from desktop_app.gui.inference.preview_engine import PreviewAnswer, PreviewEngine, PreviewRequest
from desktop_app.gui.jobs.runner import JobRunner
from tests.gui.inference.conftest import FakeNamed

VOLUME = Volume.from_array(np.zeros((4, 8, 8), np.uint8))
LEFT, RIGHT = Region((0, 0, 0), (1, 8, 4)), Region((0, 0, 4), (1, 8, 8))


class SlowModel:
    """Waits in the network until the gate opens."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.entered = threading.Event()
        self.regions: list[Region] = []
        self.decoded: list[int] = []
        self.loaded: list[str] = []

    def open(self, path: Path, device: str) -> SlowModel:
        if path.name == "bad":
            raise UserError("The model bad is damaged.")
        self.loaded.append(path.name)
        return self

    def predict(
        self, volume: Volume, region: Region, mode: str, ctx: JobContext, prediction: dict[str, Any] | None = None,
        channels: tuple[int, ...] | None = None,
    ) -> Region:  # fmt: skip
        self.entered.set()
        while not self.gate.wait(0.01):
            ctx.raise_if_cancelled()
        self.regions.append(region)
        return region

    def decode_named(self, maps: Region, parameters: dict[str, Any]) -> FakeNamed:
        self.decoded.append(parameters["k"])
        return FakeNamed(np.full(maps.shape, parameters["k"], np.uint32), {})

    def map_layers(self, maps: Region) -> tuple[MapLayer, ...]:
        return ()


def ask(region: Region, k: int, model: str = "m") -> PreviewRequest:
    return PreviewRequest(Path(model), "cpu", VOLUME, region, "auto", {"k": k})


@pytest.fixture
def model() -> SlowModel:
    return SlowModel()


@pytest.fixture
def engine(runner: JobRunner, model: SlowModel) -> Iterator[PreviewEngine]:
    engine = PreviewEngine(runner, model.open)
    yield engine
    model.gate.set()
    engine.forget()


def test_a_slider_moved_while_the_network_runs_waits_for_its_maps(
    qtbot: QtBot, engine: PreviewEngine, model: SlowModel
) -> None:
    answers: list[PreviewAnswer] = []
    engine.ready.connect(answers.append)
    engine.request(ask(LEFT, 1))
    qtbot.waitUntil(model.entered.is_set)
    for k in (2, 3, 4):
        engine.request(ask(LEFT, k))
    model.gate.set()
    qtbot.waitUntil(lambda: bool(answers))
    assert [a.labels.max() for a in answers] == [4]
    assert model.regions == [LEFT]
    assert model.decoded == [1, 4]


def test_another_region_drops_the_running_one(qtbot: QtBot, engine: PreviewEngine, model: SlowModel) -> None:
    answers: list[PreviewAnswer] = []
    engine.ready.connect(answers.append)
    engine.request(ask(LEFT, 1))
    qtbot.waitUntil(model.entered.is_set)
    engine.request(ask(RIGHT, 2))
    model.gate.set()
    qtbot.waitUntil(lambda: bool(answers))
    assert [a.request.region for a in answers] == [RIGHT]
    assert model.loaded == ["m"]


def test_cancelled_requests_are_never_answered(qtbot: QtBot, engine: PreviewEngine, model: SlowModel) -> None:
    answers: list[PreviewAnswer] = []
    engine.ready.connect(answers.append)
    engine.request(ask(LEFT, 1))
    engine.cancel()
    model.gate.set()
    engine.request(ask(RIGHT, 2), soon=True)
    qtbot.waitUntil(lambda: bool(answers))
    assert [a.request.region for a in answers] == [RIGHT]


def test_a_model_is_loaded_once_and_a_bad_one_fails(qtbot: QtBot, engine: PreviewEngine, model: SlowModel) -> None:
    model.gate.set()
    with qtbot.waitSignal(engine.ready):
        engine.request(ask(LEFT, 1))
    with qtbot.waitSignal(engine.ready) as second:
        engine.request(ask(RIGHT, 1))
    assert second.args is not None
    assert second.args[0].network_seconds > 0
    assert model.loaded == ["m"]
    with qtbot.waitSignal(engine.failed):
        engine.request(ask(LEFT, 1, "bad"))
    with qtbot.waitSignal(engine.ready):
        engine.request(ask(LEFT, 1))
    assert model.loaded == ["m", "m"]
