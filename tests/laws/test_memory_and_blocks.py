"""The memory budget, and the blocks and tiles that follow from it, change nothing in the labels."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import VoxelSize
from desktop_app.core.job import RecordingContext
from desktop_app.core.recipes.semantic.parameters import SemanticDecode
from desktop_app.ml.inference.engine import Room, named_labels
from desktop_app.ml.inference.maps import VoxelMaps
from desktop_app.ml.recipes.semantic.decode import decode_semantic
from tests.cards import semantic_card

ROOMY, TIGHT, TIGHTEST = 2.0, 0.002, 0.0008
"""Budgets in GiB: of the volumes below one block, some, and many."""


def model(maps: int, patch: int = 16) -> ModelCard:
    return semantic_card(
        name="test",
        output_channels=1 + maps,
        class_names=("Cell",),
        class_values=(1,),
        voxel_size=VoxelSize(z=1, y=1, x=1),
        patch_size=(patch,) * 3,
    )


def labels_of(values: NDArray, parameters: SemanticDecode, memory: float, patch: int = 16) -> NDArray[np.uint32]:
    maps = VoxelMaps.of(("class:Cell", "depth")[: len(values)], values)
    room = Room(memory)
    return named_labels(decode_semantic(maps, parameters, model(len(values), patch), room, RecordingContext()))[0]


def blobs() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Probabilities and depths of balls of all sizes that touch, with noise; some have holes, and specks lie about."""
    rng = np.random.default_rng(4)
    shape = (30, 36, 40)
    z, y, x = np.indices(shape)
    sure, depth = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for _ in range(16):
        centre, radius = rng.uniform(0, shape), rng.uniform(3, 9)
        away = np.sqrt((z - centre[0]) ** 2 + (y - centre[1]) ** 2 + (x - centre[2]) ** 2) / radius
        sure[away < 1] = 1
        depth = np.maximum(depth, 1 - away).astype(np.float32)
        if radius > 7:
            sure[away < 0.3] = 0
    sure[rng.random(shape) < 0.002] = 1
    return sure, np.clip(depth + rng.normal(0, 0.03, shape), 0, 1).astype(np.float32)


@pytest.mark.parametrize("depth", [True, False])
@pytest.mark.parametrize(
    "changes",
    [{}, {"smoothing": 0.5, "seed_distance": 4.0}, {"objects": "connected"}, {"fill_holes": False, "min_size": 0}],
)
def test_the_same_objects_at_every_budget(depth: bool, changes: dict) -> None:
    sure, deep = blobs()
    values = np.stack([sure, deep]) if depth else sure[None]
    parameters = SemanticDecode.model_validate(changes)
    roomy = labels_of(values, parameters, ROOMY)
    assert roomy.max() > 2
    assert np.array_equal(labels_of(values, parameters, TIGHT), roomy)


def test_holes_are_those_that_scipy_fills_whatever_blocks_they_cross() -> None:
    z, y, x = np.indices((50, 64, 70)) - np.array([25, 32, 35]).reshape(3, 1, 1, 1)
    away = np.sqrt(z**2 + y**2 + x**2)
    shell = ((away > 15) & (away < 22)).astype(np.float32)
    expected = ndimage.binary_fill_holes(shell > 0)
    for memory in (ROOMY, TIGHT, TIGHTEST):
        found = labels_of(shell[None], SemanticDecode(objects="connected"), memory)
        assert np.array_equal(found, expected)


@pytest.mark.parametrize("memory", [ROOMY, TIGHT])
@pytest.mark.parametrize("width", [2.5, 4, 6])
def test_rings_are_one_object_each_and_filled_whole(width: float, memory: float) -> None:
    """By their shape alone, where no depth was learned; along a ring the shape says that it ends everywhere alike."""
    rng, edge, many = np.random.default_rng(2), 52, 9
    row, column = np.indices((many * edge, many * edge))
    rings = np.zeros(row.shape, np.float32)
    for number in range(many**2):
        y, x = edge * (np.array(divmod(number, many)) + 0.5) + rng.uniform(-2, 2, 2)
        away = np.hypot(row - y, column - x)
        rings[(away < 22) & (away >= 22 - width)] = 1
    found = labels_of(rings[None, None], SemanticDecode(), memory, patch=128)
    assert found.max() == many**2
    assert np.array_equal(found[0] > 0, ndimage.binary_fill_holes(rings > 0))


@pytest.mark.parametrize("memory", [ROOMY, TIGHT])
def test_shells_are_one_object_each_by_their_shape_alone(memory: float) -> None:
    z, y, x = np.indices((40, 40, 76))
    shells = np.zeros(z.shape, np.float32)
    for centre in (19, 56):
        away = np.sqrt((z - 20) ** 2 + (y - 20) ** 2 + (x - centre) ** 2)
        shells[(away < 17) & (away >= 13)] = 1
    found = labels_of(shells[None], SemanticDecode(), memory, patch=48)
    assert found.max() == 2
    assert np.array_equal(found > 0, ndimage.binary_fill_holes(shells > 0))


@pytest.mark.parametrize("memory", [ROOMY, TIGHT, TIGHTEST])
def test_large_balls_lose_no_voxel(memory: float) -> None:
    z, y, x = np.indices((60, 60, 110))
    balls = np.zeros(z.shape, np.float32)
    for centre in (27, 81):
        balls[(z - 30) ** 2 + (y - 30) ** 2 + (x - centre) ** 2 < 28**2] = 1
    found = labels_of(balls[None], SemanticDecode(min_size=0), memory, patch=64)
    assert np.array_equal(found > 0, balls > 0)
    assert found.max() == 2


def test_only_the_size_filter_removes_objects() -> None:
    picture = np.zeros((1, 1, 120, 120), np.float32)
    for number in range(25):
        edge, (row, column) = 1 + number % 6, divmod(number, 5)
        picture[0, 0, 4 + 22 * row : 4 + 22 * row + edge, 4 + 22 * column : 4 + 22 * column + edge] = 1
    for smoothing in (0.0, 1.0, 2.0, 5.0, 10.0):
        assert labels_of(picture, SemanticDecode(smoothing=smoothing, min_size=0), ROOMY).max() == 25
    assert labels_of(picture, SemanticDecode(min_size=10), ROOMY).max() == sum(
        (1 + number % 6) ** 2 >= 10 for number in range(25)
    )


@pytest.mark.parametrize("depth", [True, False])
def test_small_objects_stay_beside_large_ones(depth: bool) -> None:
    row, column = np.indices((160, 160))
    picture, shallow = np.zeros((160, 160), np.float32), np.zeros((160, 160), np.float32)
    for number in range(16):
        small = (row - 12 - 40 * (number // 4)) ** 2 + (column - 12 - 40 * (number % 4)) ** 2 <= 9
        assert small.sum() == 29
        picture[small], shallow[small] = 1, 0.1
    large = (row - 90) ** 2 + (column - 30) ** 2 < 10**2
    picture[large], shallow[large] = 1, 1
    values = np.stack([picture, shallow])[:, None] if depth else picture[None, None]
    assert labels_of(values, SemanticDecode(min_size=7), ROOMY).max() == 17
