from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from desktop_app.objects.agreement import object_scores
from desktop_app.objects.decoding import ObjectRules, class_map, class_of_objects, decode_objects
from desktop_app.objects.depth import depth_map
from desktop_app.objects.watershed import SeedParameters, distance_watershed, flood, seeded_watershed


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
    labels = flood(foreground, np.zeros(foreground.shape, np.float32), seeds)
    assert set(np.unique(labels)) == {7, 4_000_000_000}
    assert labels[0, 0, 0] == 4_000_000_000
    assert labels[1, 2, 9] == 7


def test_flooding_can_be_stopped():
    def stop() -> None:
        raise InterruptedError

    foreground = np.ones((1, 3, 9), bool)
    seeds = np.zeros(foreground.shape, np.uint32)
    height = np.zeros(foreground.shape, np.float32)
    seeds[0, 1, 1] = 1
    assert flood(foreground, height, seeds, stop).all(), "one seed needs no flooding"
    seeds[0, 1, 7] = 2
    with pytest.raises(InterruptedError):
        flood(foreground, height, seeds, stop)


def test_voxels_below_every_class_belong_to_none():
    probabilities = np.array([[0.3, 0.1, 0.6, 0.1], [0.3, 0.7, 0.1, 0.2]], np.float32).reshape(2, 1, 1, 4)
    assert class_map(probabilities, 0.5).reshape(-1).tolist() == [1, 2, 1, 0]
    assert class_map(probabilities[:1], 0.5).reshape(-1).tolist() == [0, 0, 1, 0]


@pytest.mark.parametrize("method", ["watershed", "connected"])
def test_objects_of_two_classes_that_touch_stay_apart_and_know_their_class(method):
    classes = np.zeros((1, 12, 24), np.uint8)
    classes[0, 2:10, 2:12], classes[0, 2:10, 12:22] = 1, 2
    labels = decode_objects(classes, None, ObjectRules(method=method))
    assert labels.max() == 2
    names = class_of_objects(labels, classes)
    assert names[int(labels[0, 5, 5])] == 1
    assert names[int(labels[0, 5, 15])] == 2
    assert not (labels[classes == 1] == labels[0, 5, 15]).any()


def test_sizes_are_judged_after_holes_are_closed():
    classes = np.zeros((1, 10, 10), np.uint8)
    classes[0, 2:7, 2:7] = 1
    classes[0, 4, 4] = 0
    keep = decode_objects(classes, None, ObjectRules("connected", min_size=25, fill_holes=True))
    assert int((keep == 1).sum()) == 25
    assert not decode_objects(classes, None, ObjectRules("connected", min_size=25, fill_holes=False)).any()
    assert not decode_objects(classes, None, ObjectRules("connected", max_size=24)).any()


def test_defaults_reach_the_truth_on_real_nuclei(sample_data):
    import tifffile

    files = sorted((sample_data / "nuclei3d_embryo" / "labels").glob("*.tif"))[:2]
    for file in files:
        truth = tifffile.imread(file).astype(np.uint32)
        size = (1.75, 0.8, 0.8)
        found = decode_objects(truth > 0, noisy_depth(truth, size), ObjectRules(seeds=SeedParameters(sampling=size)))
        assert object_scores(found, truth).f1 > 0.9


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
