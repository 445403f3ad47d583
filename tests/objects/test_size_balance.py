from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from desktop_app.objects.size_balance import MOST, size_weights


def _one_small_among_large() -> np.ndarray:
    """Two objects of 36 px and one of 9, far apart."""
    labels = np.zeros((1, 8, 30), np.uint16)
    labels[0, 1:7, 1:7], labels[0, 1:7, 11:17], labels[0, 2:5, 23:26] = 5, 9, 2
    return labels


@pytest.mark.parametrize(("balance", "weight"), [(0, 1), (0.5, 2), (1, 4)])
def test_a_small_object_and_what_is_around_it_count_more(balance: float, weight: float) -> None:
    weights = size_weights(_one_small_among_large(), balance, (0, 1, 1))
    assert weights[0, 1:6, 22:27] == pytest.approx(np.full((5, 5), weight))
    weights[0, 1:6, 22:27] = 1
    assert (weights == 1).all()


def test_a_speck_does_not_outweigh_all_else() -> None:
    labels = np.zeros((1, 40, 80), np.uint16)
    labels[0, :30, :30], labels[0, :30, 31:61], labels[0, 36, 70] = 1, 2, 3
    assert size_weights(labels, 1, (0, 0, 0))[0, 36, 70] == MOST


def test_without_objects_all_count_alike() -> None:
    assert (size_weights(np.zeros((2, 3, 4), np.uint8), 1, (1, 1, 1)) == 1).all()


@given(hnp.arrays(np.uint8, (2, 6, 7), elements=st.integers(0, 4)), st.floats(0, 1))
def test_numbers_do_not_matter_and_weights_keep_their_bounds(labels: np.ndarray, balance: float) -> None:
    found = size_weights(labels, balance, (0, 1, 1))
    assert found.shape == labels.shape
    assert found.dtype == np.float32
    assert found.min() >= 1
    assert found.max() <= MOST
    renamed = np.where(labels > 0, 250 - labels.astype(np.uint32) * 7, 0)
    assert np.array_equal(found, size_weights(renamed, balance, (0, 1, 1)))
