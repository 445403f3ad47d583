from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import linear_sum_assignment

from desktop_app.objects.agreement import class_scores, object_scores, voxel_scores

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
    assert scores.f1 == 1
    assert scores.mean_matched_iou in (0, 1)
    assert scores.panoptic_quality == 1


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


def test_nothing_found_where_nothing_is_there_is_right():
    empty = np.zeros((1, 3, 3), np.uint8)
    assert object_scores(empty, empty).f1 == 1
    assert voxel_scores(empty, empty).dice == 1
    assert object_scores(empty, empty + 1).recall == 0


def test_many_objects_are_counted_without_a_table_of_all_pairs():
    truth = np.arange(1, 90_001, dtype=np.uint32).reshape(1, 300, 300)
    scores = object_scores(truth[:, ::-1], truth)
    assert (scores.tp, scores.fp, scores.fn) == (90_000, 0, 0)


def test_each_class_has_its_own_scores():
    truth = np.array([[[1, 1, 2, 2, 0]]], np.uint8)
    predicted = np.array([[[1, 1, 1, 2, 0]]], np.uint8)
    scores = class_scores(predicted, truth, (1, 2))
    assert np.isclose(scores[1].dice, 0.8)
    assert np.isclose(scores[2].iou, 0.5)


def test_different_shapes_are_refused():
    with pytest.raises(ValueError, match="one shape"):
        object_scores(np.zeros((1, 2, 2), np.uint8), np.zeros((1, 2, 3), np.uint8))
    with pytest.raises(ValueError, match="one shape"):
        voxel_scores(np.zeros((1, 2, 2), np.uint8), np.zeros((1, 2, 3), np.uint8))
