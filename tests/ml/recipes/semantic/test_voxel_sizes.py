"""Images of another resolution are brought to the voxel size of the model, and their labels back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region, Volume, VoxelSize
from desktop_app.core.job import RecordingContext
from desktop_app.jobs.batch.checks import seen_edges
from desktop_app.ml.inference.engine import InferencePlan
from desktop_app.ml.inference.predictor import Predictor
from desktop_app.ml.recipes.semantic.engine import SemanticEngine
from tests.cards import semantic_card

LEARNED = VoxelSize(z=2.0, y=1.0, x=1.0, unit="µm")
FINE = VoxelSize(z=1000.0, y=500.0, x=250.0, unit="nm")
SHAPE = (8, 16, 32)


class Bright(nn.Module):
    """Calls what is bright a cell, and remembers how large what it saw was."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[tuple[int, ...]] = set()

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        self.seen.add(tuple(image.shape[2:]))
        return torch.cat([torch.zeros_like(image), 20 * (image - 0.5)], dim=1)


def card(dimensions: int = 3, **changes: Any) -> ModelCard:
    patch = (16, 32, 32) if dimensions == 3 else (1, 32, 32)
    return semantic_card(**{"voxel_size": LEARNED, "dimensions": dimensions, "patch_size": patch, **changes})


def config(**prediction: Any) -> InferenceConfig:
    return InferenceConfig.model_validate({"model": "", "inputs": (), "output": "", "prediction": prediction})


def volume(size: VoxelSize) -> Volume:
    voxels = np.zeros(SHAPE, np.uint16)
    voxels[2:6, 4:12, 8:24] = 1000
    return Volume.from_array(voxels, voxel_size=size, name="fine.tif")


def predicted(model: ModelCard, image: Volume, region: Region | None = None, **prediction: Any) -> tuple[Any, Bright]:
    network = Bright()
    predictor = Predictor(model, network, torch.device("cpu"))
    plan = InferencePlan.of(model, config(**prediction))
    return SemanticEngine().predict(predictor, image, region, plan, RecordingContext()), network


@pytest.mark.parametrize(("dimensions", "seen"), [(3, (4, 8, 8)), (2, (8, 8))])
def test_the_network_sees_the_voxels_that_it_knows_and_maps_come_back_at_full_size(
    dimensions: int, seen: tuple[int, ...]
) -> None:
    maps, network = predicted(card(dimensions), volume(FINE), resample=True)
    assert network.seen == {seen}
    assert maps.shape == SHAPE
    found = maps.read(Region.whole(SHAPE))[0] > 0.5
    truth = volume(FINE).read() > 0
    assert 2 * (found & truth).sum() / (found.sum() + truth.sum()) > 0.9


def test_a_part_is_what_the_whole_has_there() -> None:
    whole, _ = predicted(card(), volume(FINE), resample=True)
    part = Region((2, 4, 6), (6, 12, 20))
    alone, _ = predicted(card(), volume(FINE), part, resample=True)
    np.testing.assert_allclose(alone.read(Region.whole(part.shape)), whole.read(part), atol=2e-3)


@pytest.mark.parametrize("size", [LEARNED, LEARNED.converted("nm")])
def test_equal_voxels_are_left_as_they_are(size: VoxelSize) -> None:
    maps, _ = predicted(card(), volume(size), resample=True)
    plain, _ = predicted(card(), volume(size))
    np.testing.assert_array_equal(maps.read(Region.whole(SHAPE)), plain.read(Region.whole(SHAPE)))


@pytest.mark.parametrize(
    ("changes", "size", "said"),
    [
        ({}, VoxelSize.unknown(), "fine.tif does not state its voxel size"),
        ({"voxel_size": VoxelSize.unknown()}, FINE, "“m” does not know at which voxel size it learned"),
        ({}, FINE.model_copy(update={"unit": "mm"}), "too far apart to bring the one to the other"),
    ],
)
def test_what_cannot_be_is_said(changes: dict[str, Any], size: VoxelSize, said: str) -> None:
    with pytest.raises(UserError, match=said):
        predicted(card(**changes), volume(size), resample=True)
    predicted(card(**changes), volume(size))


@pytest.mark.parametrize(
    ("prediction", "fits"),
    [({}, False), ({"resample": True}, True), ({"shrink": 2.0, "shrink_z": 2.0}, False), ({"shrink": 4.0}, False)],
)
def test_who_was_helped_is_not_warned(prediction: dict[str, Any], fits: bool) -> None:
    edges = seen_edges(volume(FINE), card(), config(**prediction))
    assert edges is not None
    assert all(abs(seen / learned - 1) < 0.01 for seen, learned in edges) == fits


def test_who_sets_the_scale_by_the_size_of_objects_is_not_warned_either() -> None:
    edges = seen_edges(volume(LEARNED), card(), config(shrink=3.0))
    assert edges is not None
    assert all(seen == learned for seen, learned in edges)
