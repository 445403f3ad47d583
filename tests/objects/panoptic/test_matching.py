from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from desktop_app.objects.panoptic.runs import SharedPixels
from desktop_app.objects.panoptic.tracking import match


def table(pairs: list[tuple[int, int, int]]) -> SharedPixels:
    left, right, shared = np.array(pairs, np.int64).reshape(-1, 3).T
    return SharedPixels.count(left, right, shared)


def test_objects_that_overlap_enough_are_partners():
    found = match(table([(1, 1, 50), (2, 2, 10)]), np.array([0, 60, 40]), np.array([0, 60, 200]))
    assert found.tolist() == [-1, 1, 2]
    found = match(table([(1, 1, 50), (2, 2, 9)]), np.array([0, 60, 40]), np.array([0, 60, 200]))
    assert found.tolist() == [-1, 1, -1]


def test_the_sum_of_agreements_decides_not_the_first_come():
    areas = np.array([0, 100, 100])
    found = match(table([(1, 1, 60), (1, 2, 55), (2, 1, 55)]), areas, areas)
    assert found.tolist() == [-1, 2, 1]


def test_a_piece_left_over_joins_the_object_that_covers_most_of_it():
    found = match(
        table([(1, 1, 90), (2, 1, 9), (2, 2, 3), (3, 2, 100)]), np.array([0, 100, 10, 100]), np.array([0, 100, 120])
    )
    assert found.tolist() == [-1, 1, 1, 2]


def test_nothing_has_no_partner():
    assert match(table([]), np.array([0, 5]), np.array([0])).tolist() == [-1, -1]


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_partners_agree_as_well_as_those_of_the_dense_hungarian_method(seed: int):
    rng = np.random.default_rng(seed)
    left, right = rng.integers(0, 7, (2, 200))
    both = (left > 0) & (right > 0) & (rng.random(200) < 0.5)
    left_areas, right_areas = np.bincount(left, minlength=7), np.bincount(right, minlength=7)
    pairs = SharedPixels.count(left[both], right[both], np.ones(both.sum(), np.int64))
    iou = np.zeros((7, 7))
    iou[pairs.left, pairs.right] = pairs.shared / (left_areas[pairs.left] + right_areas[pairs.right] - pairs.shared)
    wanted = iou[linear_sum_assignment(iou, maximize=True)].sum()
    found = match(pairs, left_areas, right_areas, iou=0.0, ioa=2.0)
    chosen = np.flatnonzero(found >= 0)
    assert len(set(found[chosen].tolist())) == len(chosen)
    assert iou[chosen, found[chosen]].sum() == pytest.approx(wanted)


def test_many_contested_objects_are_matched_at_once():
    count = 3000
    ids = np.arange(1, count + 1)
    chain = SharedPixels.count(
        np.r_[ids, ids[:-1]], np.r_[ids, ids[1:]], np.r_[np.full(count, 60), np.full(count - 1, 40)]
    )
    areas = np.full(count + 1, 100)
    assert (match(chain, areas, areas)[1:] == ids).all()
