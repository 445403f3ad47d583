"""What the voxel size says about how to run a model."""

import numpy as np
import pytest

from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Plane, Volume
from desktop_app.core.imaging.voxel_size import VoxelSize
from desktop_app.jobs.batch.suggestions import hints, suggest_prediction
from tests.cards import panoptic_card


def card(recipe: str = "panoptic", pixel: float = 16.0, **more: object) -> ModelCard:
    size = VoxelSize(z=30, y=pixel, x=pixel, unit="nm")
    return panoptic_card(recipe=recipe, voxel_size=size, **more)


def volume(z: float, pixel: float, shape: tuple[int, int, int] = (40, 40, 40), unit: str = "nm") -> Volume:
    return Volume.from_array(np.zeros(shape, np.uint8), voxel_size=VoxelSize(z=z, y=pixel, x=pixel, unit=unit))


@pytest.mark.parametrize(("thickness", "median"), [(50, None), (21, None), (20, 5), (12, 5), (10, 7), (6, 7), (4, 9)])
def test_thin_slices_are_smoothed_more(thickness: float, median: int | None) -> None:
    assert suggest_prediction(card(), volume(thickness, 16)).decode.get("median") == median


@pytest.mark.parametrize(("plane", "median", "factor"), [("xy", None, 4), ("xz", 9, None), ("yz", 7, 2)])
def test_thickness_and_pixels_are_those_of_the_plane(plane: str, median: int | None, factor: int | None) -> None:
    size = VoxelSize(z=40, y=2, x=8, unit="nm")
    image = Volume.from_array(np.zeros((40, 40, 40), np.uint8), voxel_size=size)
    own = card(prediction={"plane": plane})
    for found in (suggest_prediction(card(), image, Plane(plane)), suggest_prediction(own, image)):
        assert found.decode.get("median") == median
        assert found.prediction.get("downsampling") == factor


def test_hints_look_at_the_plane_that_a_batch_chose() -> None:
    image = Volume.from_array(np.zeros((40, 40, 40), np.uint8), voxel_size=VoxelSize(z=40, y=4, x=16, unit="nm"))
    config = InferenceConfig(model="", inputs=(), output="", prediction={"plane": "xz"}, decode={"median": 9})
    assert hints(card(), image, config) == []
    (sentence,) = hints(card(), image, config.model_copy(update={"decode": {}}))
    assert sentence == "Slices are 4 nm thick: median over 9 slices."
    config = config.model_copy(update={"mode": "ortho", "decode": {}, "prediction": {"plane": "xz", "downsampling": 2}})
    assert [text for text in hints(card(), image, config) if "median" in text] == []


@pytest.mark.parametrize(("pixel", "factor"), [(16, None), (8, 2), (7, 2), (4, 4), (32, None), (0.01, 64)])
def test_pixels_are_brought_to_the_size_of_the_training(pixel: float, factor: int | None) -> None:
    assert suggest_prediction(card(), volume(100, pixel)).prediction.get("downsampling") == factor


def test_units_are_converted() -> None:
    found = suggest_prediction(card(), volume(0.05, 0.008, unit="µm"))
    assert found.prediction == {"downsampling": 2}
    assert found.reasons == ("Pixels are 8 nm wide and the model learned at 16 nm: scale 2.",)


def test_cubes_are_looked_at_from_three_sides_unless_the_volume_is_thin() -> None:
    assert suggest_prediction(card(), volume(16, 16)).mode == "ortho"
    assert suggest_prediction(card(), volume(16, 16, (8, 40, 40))).mode is None
    assert suggest_prediction(card(), volume(40, 16)).mode is None


@pytest.mark.parametrize(("own", "wanted"), [({}, 0.3), ({"confidence": 0.5}, 0.3), ({"confidence": 0.6}, None)])
def test_three_directions_come_with_a_lower_threshold_unless_it_was_tuned(
    own: dict[str, float], wanted: float | None
) -> None:
    found = suggest_prediction(card(decode=own), volume(16, 16))
    assert (found.mode, found.decode.get("confidence")) == ("ortho", wanted)
    assert "confidence" not in suggest_prediction(card(decode=own), volume(40, 16)).decode


def test_single_pictures_need_no_advice_on_the_way_through_them() -> None:
    assert suggest_prediction(card(), volume(16, 16, (1, 40, 40))).advice == ()


def test_what_the_model_does_anyway_is_not_suggested() -> None:
    own = card(prediction={"downsampling": 2}, decode={"median": 7})
    assert suggest_prediction(own, volume(8, 8, (8, 40, 40))).advice == ()


def test_nothing_is_said_without_a_voxel_size_or_for_other_recipes() -> None:
    unknown = Volume.from_array(np.zeros((40, 40, 40), np.uint8))
    assert suggest_prediction(card(), unknown).reasons == ()
    assert suggest_prediction(card("semantic"), volume(4, 4)).reasons == ()


def test_hints_are_silent_where_the_batch_follows_them() -> None:
    base = {"model": "", "inputs": (), "output": ""}
    image = volume(8, 8)
    assert len(hints(card(), image, InferenceConfig(**base))) == 4
    decode = {"median": 7, "confidence": 0.3}
    follows = InferenceConfig(**base, mode="ortho", prediction={"downsampling": 2}, decode=decode)
    assert hints(card(), image, follows) == []


def test_three_directions_of_long_voxels_are_advised_against() -> None:
    config = InferenceConfig(model="", inputs=(), output="", mode="ortho")
    (sentence,) = hints(card(), volume(64, 16), config)
    assert "4 times longer" in sentence
    assert "Stack" in sentence
    assert hints(card(), volume(30, 16), config) == []
    assert hints(card(), volume(64, 16), config.model_copy(update={"mode": "stack"})) == []
