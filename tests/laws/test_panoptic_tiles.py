"""Tiles of any size, chosen or forced by memory, change neither the number of panoptic objects nor which they are."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from desktop_app.core.config.inference import TilingParameters
from desktop_app.core.imaging import Volume
from desktop_app.core.job import Note, RecordingContext
from desktop_app.core.recipes.panoptic.parameters import PanopticDecode, PanopticPrediction
from desktop_app.ml.inference.engine import InferencePlan
from desktop_app.objects.agreement import object_scores
from tests.ml.recipes.panoptic.ideal_networks import LabelReadingNetwork, panoptic_card, predictor_with
from tests.ml.recipes.panoptic_ideal import passing

EDGE, OBJECTS, WIDEST = 896, 130, 26
DIVISOR = 128
"""Of Panoptic-BiFPN; tiles as small as this could not overlap where overlap was counted in steps of it."""
ALL = PanopticDecode(median=1, min_size=0, min_area=0, min_extent=0)


@cache
def _discs() -> NDArray[np.uint32]:
    """130 discs of 8 to 26 px in radius that do not touch, ``(1, Y, X)``."""
    rng, labels = np.random.default_rng(3), np.zeros((EDGE, EDGE), np.uint32)
    rows, columns = np.mgrid[:EDGE, :EDGE]
    while labels.max() < OBJECTS:
        radius = rng.uniform(8, WIDEST)
        y, x = rng.uniform(radius, EDGE - radius, 2)
        distance = np.hypot(rows - y, columns - x)
        if not labels[distance < radius + 5].any():
            labels[distance < radius] = labels.max() + 1
    return labels[None]


def _found(prediction: PanopticPrediction, overlap: float, most: int | None = None) -> tuple[NDArray[np.uint32], str]:
    """Objects that a network which knows the truth finds, and notes; more than ``most`` pixels at once run it out of
    memory.
    """

    def watch(images: torch.Tensor) -> None:
        if most is not None and images.shape[0] * images.shape[2] * images.shape[3] > most:
            raise MemoryError("too large")

    volume, ctx = Volume.from_array((_discs() > 0).astype(np.float32)), RecordingContext()
    predictor = predictor_with(LabelReadingNetwork(1.0, watch), volume)
    predictor = replace(predictor, card=panoptic_card(divisor=DIVISOR))
    predictor.remember_greys(volume, (0,), predictor_with(torch.nn.Identity(), volume).greys_of(volume, (0,), ctx))
    plan = InferencePlan("slice", prediction, TilingParameters(overlap=overlap))
    labels = np.zeros(volume.shape, np.uint32)
    stream = passing(predictor, volume, ALL, plan, ctx)
    with closing(stream):
        for region, slab in stream.slabs:
            labels[region.slices] = slab
    return labels, " ".join(note.text for note in ctx.of_kind(Note))


@pytest.mark.parametrize("overlap", [0.25, 0.5])
@pytest.mark.parametrize(("scale", "tile"), [(1, 0), (1, 128), (1, 256), (1, 512), (2, 256), (2, 512)])
def test_tiles_find_the_same_objects(scale: int, tile: int, overlap: float) -> None:
    found, _ = _found(PanopticPrediction.model_validate({"downsampling": scale, "tile_size": tile}), overlap)
    assert found.max() == OBJECTS
    scores = object_scores(found[0], _discs()[0], iou=0.5)
    assert (scores.tp, scores.fp, scores.fn) == (OBJECTS, 0, 0)


def test_the_smallest_tiles_that_memory_leaves_find_the_same_objects() -> None:
    found, said = _found(PanopticPrediction(), 0.25, most=DIVISOR**2)
    assert "smaller tiles of 128 × 128 px" in said
    scores = object_scores(found[0], _discs()[0], iou=0.5)
    assert (scores.tp, scores.fp, scores.fn) == (OBJECTS, 0, 0)
