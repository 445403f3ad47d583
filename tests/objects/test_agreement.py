from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import linear_sum_assignment

from desktop_app.objects.agreement import mean_defined, object_scores, voxel_scores, without_unknown
from desktop_app.objects.known import UnknownShares
from desktop_app.objects.streamed_overlaps import OverlapCounter

ARRAYS = hnp.arrays(np.uint8, (2, 4, 4), elements=st.integers(0, 3))


def slow_matches(predicted: np.ndarray, truth: np.ndarray, iou: float) -> int:
    left, right = np.unique(predicted[predicted > 0]), np.unique(truth[truth > 0])
    good = np.zeros((len(left), len(right)))
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            both, either = ((predicted == a) & (truth == b)).sum(), ((predicted == a) | (truth == b)).sum()
            good[i, j] = both > 0 and both / either >= iou
    return int(good[linear_sum_assignment(good, maximize=True)].sum())


@settings(max_examples=60, deadline=None)
@given(ARRAYS, ARRAYS, st.sampled_from([0.1, 0.3, 0.5, 0.75]))
def test_matches_agree_with_a_search_of_all_pairs(predicted, truth, iou):
    scores = object_scores(predicted, truth, iou)
    assert scores.tp == slow_matches(predicted, truth, iou)
    assert scores.tp + scores.fp == len(np.unique(predicted[predicted > 0]))
    assert scores.tp + scores.fn == len(np.unique(truth[truth > 0]))


@settings(max_examples=30, deadline=None)
@given(ARRAYS)
def test_a_picture_agrees_with_itself_under_other_numbers(truth):
    renamed = np.where(truth > 0, truth.astype(np.uint32) * 70_001, 0)
    scores = object_scores(renamed, truth)
    expected = 1 if truth.any() else None
    assert (scores.f1, scores.mean_matched_iou, scores.panoptic_quality) == (expected, expected, expected)


def test_scores_by_hand():
    truth = np.zeros((1, 2, 12), np.uint16)
    truth[0, :, 0:4], truth[0, :, 6:8] = 1, 2
    predicted = np.zeros_like(truth)
    predicted[0, :, 0:3], predicted[0, :, 9:11] = 5, 6
    scores = object_scores(predicted, truth)
    assert (scores.tp, scores.fp, scores.fn) == (1, 1, 1)
    assert scores.precision == scores.recall == scores.f1 == 0.5
    assert scores.mean_matched_iou == 0.75
    assert scores.panoptic_quality == 0.375
    voxels = voxel_scores(predicted, truth)
    assert np.isclose(voxels.dice, 2 * 6 / (10 + 12))
    assert np.isclose(voxels.iou, 6 / 16)


def test_what_nothing_speaks_of_is_undefined():
    empty = np.zeros((1, 3, 3), np.uint8)
    neither = object_scores(empty, empty)
    assert (neither.f1, neither.precision, neither.recall, neither.panoptic_quality) == (None, None, None, None)
    assert voxel_scores(empty, empty).dice is None
    missed, invented = object_scores(empty, empty + 1), object_scores(empty + 1, empty)
    assert (missed.f1, missed.precision, missed.recall, missed.panoptic_quality) == (0, None, 0, 0)
    assert (invented.f1, invented.precision, invented.recall) == (0, 0, None)
    assert voxel_scores(empty, empty + 1).dice == 0


def test_means_are_of_what_is_defined():
    assert mean_defined([1.0, None, 0.0]) == 0.5
    assert mean_defined([None]) is None


def test_objects_that_lie_mostly_in_unknown_voxels_are_not_judged():
    labels = np.array([[[1, 1, 1, 0, 70_000, 70_000, 70_000]]], np.uint32)
    known = np.array([[[True, True, False, True, True, False, False]]])
    truth = np.zeros_like(labels)
    assert without_unknown(labels, known, truth).tolist() == [[[1, 1, 0, 0, 0, 0, 0]]]
    truth[..., 4:] = 5  # the object is there as far as anything is known
    assert without_unknown(labels, known, truth).tolist() == [[[1, 1, 0, 0, 70_000, 0, 0]]]
    shares = UnknownShares()
    for part in (slice(0, 2), slice(2, 5), slice(5, 7)):
        shares.add(labels[..., part], known[..., part])
    assert shares.mostly_unknown().tolist() == [70_000]


def test_partners_that_compete_are_settled_like_a_search_of_all_pairs_and_in_little_memory():
    rng = np.random.default_rng(5)
    truth = np.repeat(np.arange(1, 8001, dtype=np.uint32), 2).reshape(1, 1, -1)
    predicted = np.repeat(np.arange(1, 4001, dtype=np.uint32), 4).reshape(1, 1, -1)
    predicted = np.roll(predicted, int(rng.integers(1, 3)), axis=2)
    tracemalloc.start()
    scores = object_scores(predicted, truth, 0.1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert scores.tp == 4000
    assert peak < 30 * 2**20  # a table of all pairs takes 256 MB


def test_many_objects_are_counted_without_a_table_of_all_pairs():
    truth = np.arange(1, 90_001, dtype=np.uint32).reshape(1, 300, 300)
    scores = object_scores(truth[:, ::-1], truth)
    assert (scores.tp, scores.fp, scores.fn) == (90_000, 0, 0)


def test_each_class_has_its_own_scores():
    truth = np.array([[[1, 1, 2, 2, 0]]], np.uint8)
    predicted = np.array([[[1, 1, 1, 2, 0]]], np.uint8)
    counter = OverlapCounter()
    for part in (slice(0, 3), slice(3, 5)):
        counter.add(predicted[..., part], truth[..., part])
    assert np.isclose(counter.of_class(1).dice, 0.8)
    assert np.isclose(counter.of_class(2).iou, 0.5)
    assert (counter.of_class(3).dice, counter.of_class(3).iou) == (None, None)


def test_different_shapes_are_refused():
    with pytest.raises(ValueError, match="one shape"):
        object_scores(np.zeros((1, 2, 2), np.uint8), np.zeros((1, 2, 3), np.uint8))
    with pytest.raises(ValueError, match="one shape"):
        voxel_scores(np.zeros((1, 2, 2), np.uint8), np.zeros((1, 2, 3), np.uint8))
