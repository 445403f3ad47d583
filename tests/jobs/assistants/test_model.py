from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Plane, Region, Volume
from desktop_app.core.job import RecordingContext
from desktop_app.core.labelling.assisting import Asked, Prompt
from desktop_app.jobs.assistants.model import ModelAssistant, fitting_model, model_of
from desktop_app.ml.inference.maps import VoxelMaps
from tests.cards import panoptic_card, semantic_card
from tests.jobs.assistants.test_replayed import SQUARES, started, whole


@dataclass
class BrightIsLikely:
    """A network that takes bright voxels for cells, but for a dark stripe in the left square."""

    card: ModelCard
    seen: list[Region] = field(default_factory=list)
    members: tuple[Any, ...] = ()

    def predict(self, volume: Volume, region: Region, tiling: Any, ctx: Any, **more: Any) -> VoxelMaps:
        self.seen.append(region)
        return VoxelMaps.of(("class:Cell",), (volume.read(region)[None] / 210).astype(np.float32))


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> BrightIsLikely:
    card = semantic_card(class_names=("Cell",), decode={"objects": "connected", "min_size": 0})
    fake = BrightIsLikely(card)
    monkeypatch.setattr("desktop_app.ml.inference.load_predictor", lambda *asked: fake)
    return fake


def test_a_click_takes_the_object_that_the_model_sees(network: BrightIsLikely) -> None:
    assistant = ModelAssistant(Path("m.vwmodel"), Volume.from_array(SQUARES))
    first = Asked((Prompt(((2, 25, 20),)),), Plane.XY)
    found = whole(assistant.answer(first, RecordingContext()))
    np.testing.assert_array_equal(found[2, :, :40], SQUARES[2, :, :40] > 100)
    assert found.sum() == 400
    assert network.seen == [Region((2, 0, 0), (3, 60, 80))]
    both = Asked((*first.prompts, Prompt(((2, 25, 55),))), Plane.XY)
    assert whole(assistant.answer(both, RecordingContext()))[2, 15:35, 45:65].mean() > 0.9
    assert len(network.seen) == 1


def test_where_the_model_sees_no_object_clicks_spread_over_its_map(network: BrightIsLikely) -> None:
    faint = np.where(SQUARES > 100, 90, 20).astype(np.uint8)  # below the threshold of one half
    assistant = ModelAssistant(Path("m.vwmodel"), Volume.from_array(faint))
    found = whole(assistant.answer(Asked((Prompt(((2, 25, 20),)),), Plane.XY), RecordingContext()))
    assert found[2, 15:35, 10:30].mean() > 0.9
    assert found.sum() < 500


def test_an_object_is_followed_through_slices_in_any_plane(network: BrightIsLikely) -> None:
    assistant = ModelAssistant(Path("m.vwmodel"), Volume.from_array(SQUARES))
    found = whole(assistant.answer(Asked((Prompt(((2, 25, 20),)),), Plane.XY, through=True), RecordingContext()))
    assert found.any(axis=(1, 2)).tolist() == [False, True, True, True, False]
    across = whole(assistant.answer(Asked((Prompt(((2, 25, 20),)),), Plane.XZ), RecordingContext()))
    np.testing.assert_array_equal(across[:, 25, :40], SQUARES[:, 25, :40] > 100)
    assistant.close()


def test_a_model_of_slices_says_which_it_sees(network: BrightIsLikely) -> None:
    network.card = semantic_card(class_names=("Cell",), dimensions=2, patch_size=(1, 16, 16))
    assistant = ModelAssistant(Path("m.vwmodel"), Volume.from_array(SQUARES))
    with pytest.raises(UserError, match="sees xy slices only"):
        assistant.answer(Asked((Prompt(((2, 25, 20),)),), Plane.YZ), RecordingContext())


def test_the_newest_model_that_fits_is_that_of_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cards = {"flat": panoptic_card(), "colour": semantic_card(input_channels=3), "volumes": semantic_card()}
    for number, name in enumerate(("flat", "volumes", "colour")):
        path = tmp_path / "models" / f"{name}.vwmodel"
        path.mkdir(parents=True)
        (path / "model.json").write_text("{}")
        import os

        os.utime(path, (number, number))
    monkeypatch.setattr("desktop_app.io.models.load_card", lambda path: cards[path.stem])
    volume = Volume.from_array(SQUARES)
    assert fitting_model(tmp_path, volume) == tmp_path / "models" / "volumes.vwmodel"
    assert fitting_model(tmp_path, Volume.from_array(SQUARES[0])) == tmp_path / "models" / "flat.vwmodel"
    with pytest.raises(UserError, match="no model that fits"):
        model_of("", None, volume)


def test_an_object_that_was_labelled_is_corrected_over_the_map(network: BrightIsLikely) -> None:
    assistant = ModelAssistant(Path("m.vwmodel"), Volume.from_array(SQUARES))
    half = started(slice(15, 35), slice(10, 20))  # the left half of the left square
    more = Asked((Prompt(((2, 25, 15),)), Prompt(((2, 25, 25),))), Plane.XY, start=half)
    found = whole(assistant.answer(more, RecordingContext()))
    assert found[2, 16:34, 11:29].mean() > 0.95
    assert not found[2, :, 45:].any()
    assert len(network.seen) == 1  # the model was asked
