"""Adapted Rand error and variation of information are those of scikit-image."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.metrics import adapted_rand_error, variation_of_information

from desktop_app.objects.partitions import partition_scores
from desktop_app.objects.streamed_overlaps import OverlapCounter

LABELS = hnp.arrays(np.uint32, (4, 5, 6), elements=st.integers(0, 5))


def _scores(predicted: np.ndarray, truth: np.ndarray):
    counter = OverlapCounter()
    for z in range(len(truth)):
        counter.add(predicted[z : z + 1], truth[z : z + 1])
    return partition_scores(*counter.pairs())


@settings(max_examples=60, deadline=None)
@given(LABELS, LABELS)
def test_scores_are_those_of_scikit_image(predicted: np.ndarray, truth: np.ndarray) -> None:
    if not truth.any():
        assert _scores(predicted, truth).adapted_rand is None
        return
    mine = _scores(predicted, truth)
    split, merge = variation_of_information(truth, predicted, ignore_labels=(0,))
    assert (mine.voi_split, mine.voi_merge) == pytest.approx((split, merge), abs=1e-9)
    with np.errstate(invalid="ignore", divide="ignore"):
        theirs = adapted_rand_error(truth, predicted)[0]
    if np.isfinite(theirs):
        assert mine.adapted_rand == pytest.approx(theirs, abs=1e-9)


def test_a_split_costs_split_bits_and_a_merge_merge_bits() -> None:
    truth = np.ones((1, 2, 8), np.uint32)
    halves = truth.copy()
    halves[:, 1] = 2
    assert (_scores(halves, truth).voi_split, _scores(halves, truth).voi_merge) == (1.0, 0.0)
    assert (_scores(truth, halves).voi_split, _scores(truth, halves).voi_merge) == (0.0, 1.0)
    assert _scores(truth, truth).adapted_rand == 0
