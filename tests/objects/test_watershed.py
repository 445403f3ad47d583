from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from skimage.segmentation import watershed

from desktop_app.ml.inference.blocks import BlockPlan, inside
from desktop_app.objects.agreement import object_scores
from desktop_app.objects.basins import Basins, HaloBlock
from desktop_app.objects.classes import class_map
from desktop_app.objects.depth import depth_map
from desktop_app.objects.numbering import numbered
from desktop_app.objects.watershed import SeedParameters
from tests.objects.whole_watershed import distance_watershed, find_seeds, flood, seeded_watershed


def noisy_depth(labels: np.ndarray, sampling: tuple[float, float, float], seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    soft = ndimage.gaussian_filter(depth_map(labels, sampling), [1 / s for s in sampling])
    return (soft + rng.normal(0, 0.05, labels.shape)).astype(np.float32)


@pytest.mark.parametrize("shape", [(1, 120, 120), (24, 60, 60)])
def test_touching_balls_come_apart(make_balls, shape):
    truth = make_balls(shape, 12, 9.0)
    found = seeded_watershed(truth > 0, noisy_depth(truth, (1.0, 1.0, 1.0)), SeedParameters(seed_threshold=0.4))
    assert found.dtype == np.uint32
    assert object_scores(found, truth).f1 > 0.9


def test_touching_balls_mostly_come_apart_by_shape_alone(make_balls):
    truth = make_balls((1, 160, 160), 12, 14.0)
    assert object_scores(distance_watershed(truth > 0, SeedParameters()), truth).f1 > 0.8


def test_islands_without_a_seed_vanish_and_others_are_whole():
    foreground = np.zeros((1, 8, 30), bool)
    foreground[0, 1:7, 1:8] = foreground[0, 1:7, 12:20] = True
    depth = np.zeros(foreground.shape, np.float32)
    depth[0, 3:5, 14:17] = 0.9
    labels = seeded_watershed(foreground, depth, SeedParameters(smoothing=0))
    assert not labels[0, :, :10].any()
    assert (labels[0, 1:7, 12:20] == 1).all()


@pytest.mark.parametrize(("distance", "objects"), [(0.0, 2), (2.0, 2), (7.0, 1)])
def test_seeds_nearer_than_the_spacing_become_one(distance, objects):
    foreground = np.ones((1, 9, 20), bool)
    depth = np.full(foreground.shape, 0.2, np.float32)
    depth[0, 4, 5:7] = depth[0, 4, 11:13] = 1
    labels = seeded_watershed(foreground, depth, SeedParameters(smoothing=0, seed_distance=distance))
    assert labels.max() == objects
    assert labels.all()


def test_diagonal_seeds_are_two_only_without_spacing():
    foreground = np.ones((1, 4, 4), bool)
    depth = np.zeros(foreground.shape, np.float32)
    depth[0, 1, 1] = depth[0, 2, 2] = 1
    assert seeded_watershed(foreground, depth, SeedParameters(smoothing=0, seed_distance=0)).max() == 2
    assert seeded_watershed(foreground, depth, SeedParameters(smoothing=0, seed_distance=2)).max() == 1


def test_flooding_keeps_the_numbers_of_the_seeds_and_fills_whole_islands():
    foreground = np.ones((2, 3, 10), bool)
    seeds = np.zeros(foreground.shape, np.uint32)
    seeds[0, 1, 1], seeds[1, 1, 8] = 4_000_000_000, 7
    height = np.broadcast_to(np.float32([1, 2, 1, 0, 0, 0, 0, 1, 2, 1]), foreground.shape)
    labels = flood(foreground, height, seeds)
    assert set(np.unique(labels)) == {7, 4_000_000_000}
    assert labels[0, 0, 0] == 4_000_000_000
    assert labels[1, 2, 9] == 7


def test_voxels_below_every_class_belong_to_none():
    probabilities = np.array([[0.3, 0.1, 0.6, 0.1], [0.3, 0.7, 0.1, 0.2]], np.float32).reshape(2, 1, 1, 4)
    assert class_map(probabilities, 0.5).reshape(-1).tolist() == [1, 2, 1, 0]
    assert class_map(probabilities[:1], 0.5).reshape(-1).tolist() == [0, 0, 1, 0]


def test_shallow_objects_have_seeds_beside_deep_ones():
    foreground = np.ones((1, 7, 30), bool)
    depth = np.full(foreground.shape, 0.05, np.float32)
    depth[0, 3, 4:9], depth[0, 3, 20:25] = 0.45, 0.9
    labels = seeded_watershed(foreground, depth, SeedParameters(smoothing=0))
    assert labels.max() == 2


def test_deep_parts_of_long_objects_are_never_cut():
    foreground = np.ones((1, 5, 40), bool)
    depth = np.full(foreground.shape, 0.3, np.float32)
    depth[0, 2, 2:38] = 0.65
    depth[0, 2, 5:9] = depth[0, 2, 30:35] = 1.0
    assert seeded_watershed(foreground, depth, SeedParameters(smoothing=0, seed_threshold=0.6)).max() == 1
    assert seeded_watershed(foreground, depth, SeedParameters(smoothing=0, seed_threshold=0.9)).max() == 2


def test_small_bumps_are_no_seeds():
    foreground = np.ones((1, 5, 40), bool)
    depth = np.full(foreground.shape, 0.41, np.float32)
    depth[0, 2, 10] = depth[0, 2, 30] = 0.47
    assert seeded_watershed(foreground, depth, SeedParameters(smoothing=0)).max() == 1


def test_tops_of_two_classes_do_not_disturb_each_other():
    classes = np.ones((1, 5, 20), np.uint8)
    classes[0, :, 10:] = 2
    depth = np.full(classes.shape, 0.2, np.float32)
    depth[0, 2, 7:10], depth[0, 2, 10:13] = 0.4, 1.0
    assert seeded_watershed(classes, depth, SeedParameters(smoothing=0)).max() == 2


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.tuples(*[st.integers(1, 14)] * 3), st.tuples(*[st.integers(1, 9)] * 3), st.booleans())
def test_basins_are_the_same_in_any_blocks(seed, shape, core, several):
    rng = np.random.default_rng(seed)
    classes = rng.integers(0, 3 if several else 2, shape).astype(np.uint8)
    height = rng.integers(-2, 4, shape).astype(np.float32) / 5
    seeds = np.where((rng.random(shape) < 0.05) & (classes > 0), rng.integers(1, 9, shape), 0).astype(np.uint32)
    whole, parts = (flooded_in_blocks(classes, height, seeds, size) for size in (shape, core))
    assert np.array_equal(whole > 0, classes > 0)
    assert np.array_equal(numbered(parts)[0], numbered(whole)[0])
    assert np.array_equal(np.where(whole > 8, 0, whole), flood(classes, height, seeds))


def test_basins_are_those_of_a_rising_flood():
    rng = np.random.default_rng(0)
    points = np.zeros((30, 50, 60), bool)
    points[tuple(rng.integers(0, points.shape, (60, 3)).T)] = True
    distance = ndimage.distance_transform_edt(~points)
    foreground = distance < 9
    height = ndimage.gaussian_filter(1 - distance / 9 + rng.normal(0, 0.05, points.shape), 1).astype(np.float32)
    seeds = find_seeds(foreground, height, SeedParameters(smoothing=0, seed_threshold=0.5))
    flooded = watershed(-height, seeds.astype(np.int32), connectivity=3, mask=foreground)
    assert seeds.max() > 10
    assert np.array_equal(flood(foreground, height, seeds), flooded)


def flooded_in_blocks(classes, height, seeds, core):
    plan = BlockPlan(classes.shape, tuple(min(a, b) for a, b in zip(core, classes.shape, strict=True)), (0, 0, 0))
    basins, found = Basins(8), np.zeros(classes.shape, np.uint32)
    windows = []
    for block in plan.cores():
        around = block.expand(1, classes.shape)
        part = inside(block, around)
        windows.append(
            (HaloBlock(classes[around.slices], height[around.slices], part, around.start, classes.shape), block, around)
        )
    for window, block, around in windows:
        found[block.slices] = basins.find(window, seeds[around.slices])
    for window, _, around in windows:
        basins.meet(window.start, window.shape, found[around.slices])
    basins.finish_meeting()
    for window, _, around in windows:
        basins.border(window, basins.tops[found[around.slices]])
    return basins.objects()[basins.tops[found]]
