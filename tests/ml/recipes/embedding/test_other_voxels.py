"""Arrows count voxels of the size at which the network saw the image; objects come back at that of the image."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.imaging import Region, Volume, VoxelSize
from desktop_app.core.job import RecordingContext
from desktop_app.core.recipes.embedding.parameters import EmbeddingDecode
from desktop_app.core.recipes.embedding.recipe import ARROWS, EMBEDDING, SEEDS
from desktop_app.core.recipes.resampling import SampledPrediction
from desktop_app.jobs.batch.checks import seen_edges
from desktop_app.ml.inference.engine import Room, named_labels
from desktop_app.ml.inference.resized import ResizedMaps, Sizing
from desktop_app.ml.recipes.embedding.thin_part import ThinMaps
from desktop_app.ml.recipes.registry import COMPUTED
from tests.ml.recipes.embedding.test_decode import card, maps
from tests.ml.recipes.embedding.test_three_directions import plan, predictor
from tests.objects.panoptic.ideal import ellipsoids

ENGINE = COMPUTED["embedding"].engine
DECODE = EmbeddingDecode(min_size=20, seed_threshold=0.9)
CUBES = VoxelSize(z=1, y=1, x=1, unit="µm")


def test_objects_are_found_at_the_size_of_the_model_and_come_back_whole() -> None:
    model = card(3, (12, 24, 24))
    true = ellipsoids((20, 50, 60), 12, (4.0, 6.0), 2, touching=False)
    small = maps(true, model)
    large = ResizedMaps(small, Sizing.of((40, 100, 120), (2.0, 2.0, 2.0), None))
    expected, _ = named_labels(ENGINE.decode(small, DECODE, model, Room(), RecordingContext()))
    labels, names = named_labels(ENGINE.decode(large, DECODE, model, Room(), RecordingContext()))
    assert labels.shape == (40, 100, 120)
    assert labels.dtype == np.uint32
    assert set(names) == set(np.unique(labels)) - {0} == set(np.unique(expected)) - {0}
    assert len(names) > 5
    nearest = expected.repeat(2, 0).repeat(2, 1).repeat(2, 2)
    for number in names:
        one, two = labels == number, nearest == number
        assert (one & two).sum() / (one | two).sum() > 0.75


def test_a_thin_part_and_the_maps_beside_it_come_back_too() -> None:
    model = card(3, (12, 24, 24))
    small = maps(ellipsoids((20, 50, 60), 12, (4.0, 6.0), 2, touching=False), model)
    sizing = Sizing.of((40, 100, 120), (2.0, 2.0, 2.0), Region((20, 0, 0), (22, 100, 120)))
    large = ResizedMaps(ThinMaps(small, sizing.coarse), sizing)
    decode = DECODE.model_copy(update={"keep_maps": True})
    stream = ENGINE.decode(large, decode, model, Room(), RecordingContext())
    assert set(stream.more) == {SEEDS, ARROWS}
    assert all(next(slabs)[1].shape == (2, 100, 120) for slabs in stream.more.values())
    labels, _ = named_labels(stream)
    assert labels.shape == (2, 100, 120)
    assert labels.any()
    likely = ENGINE.decode(large, decode, model, Room(), RecordingContext()).likely
    assert likely is not None
    assert likely(Region.whole((2, 100, 120))).shape == (2, 100, 120)


def test_three_directions_see_thick_slices_as_cubes() -> None:
    true = ellipsoids((30, 36, 40), 1, (7.0, 8.0), 3, touching=False)
    thick = Volume.from_array(true[::2].astype(np.float32), voxel_size=CUBES.model_copy(update={"z": 2.0}))
    model = predictor(true)
    model.card = model.card.model_copy(update={"voxel_size": CUBES.model_copy(update={"z": 5.0})})
    asked = replace(plan(model.card, "ortho"), prediction=SampledPrediction(resample=True))
    found = ENGINE.predict(model, thick, None, asked, RecordingContext())
    assert isinstance(found, ResizedMaps)
    assert found.maps.shape == (30, 36, 40)
    decode = EmbeddingDecode(min_size=20, seed_threshold=0.6)
    labels, _ = named_labels(ENGINE.decode(found, decode, model.card, Room(), RecordingContext()))
    one, two = labels > 0, true[::2] > 0
    assert labels.max() == 1
    assert (one & two).sum() / (one | two).sum() > 0.8


@pytest.mark.parametrize("resample", [False, True])
def test_thick_slices_are_doubted_until_they_are_brought_to_cubes(resample: bool) -> None:
    thick = Volume.from_array(np.zeros((15, 36, 40)), voxel_size=CUBES.model_copy(update={"z": 3.0}))
    model = predictor(np.ones((1, 2, 2), np.uint32)).card.model_copy(update={"voxel_size": CUBES})
    config = InferenceConfig.model_validate(
        {"model": "", "inputs": (), "output": "", "mode": "ortho", "prediction": {"resample": resample}}
    )
    assert bool(EMBEDDING.doubts(thick, "ortho", config.prediction)) != resample
    edges = seen_edges(thick, model, config)
    assert edges is not None
    assert all(abs(seen / own - 1) < 0.01 for seen, own in edges) == resample
