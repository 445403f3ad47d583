from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.objects.panoptic.median import SliceMedian, harden


def filtered(stack: np.ndarray, size: int, threshold: float = 0.5) -> np.ndarray:
    median = SliceMedian(size, threshold)
    found = [classes for probabilities in stack for classes in median.push(probabilities)]
    return np.stack([*found, *median.flush()])


def plain(stack: np.ndarray, size: int, threshold: float = 0.5) -> np.ndarray:
    """The definition: the median of the unfiltered slices in a window that shrinks at both ends."""
    last = len(stack) - 1
    reach = [min(size // 2, z, last - z) for z in range(len(stack))]
    return np.stack([harden(np.median(stack[z - r : z + r + 1], axis=0), threshold) for z, r in enumerate(reach)])


@settings(deadline=None)
@given(st.integers(1, 9), st.sampled_from([1, 3, 5, 7, 11]), st.sampled_from([1, 2, 4]), st.integers(0, 999))
def test_streamed_slices_are_those_of_the_plain_median(slices: int, size: int, channels: int, seed: int):
    stack = np.random.default_rng(seed).random((slices, channels, 4, 5)).astype(np.float32)
    np.testing.assert_array_equal(filtered(stack, size, 0.4), plain(stack, size, 0.4))


def test_the_median_does_not_depend_on_the_direction():
    stack = np.random.default_rng(3).random((12, 1, 8, 8)).astype(np.float32)
    np.testing.assert_array_equal(filtered(stack, 5)[::-1], filtered(stack[::-1], 5))


def test_stacks_shorter_than_the_window_lose_no_slice():
    stack = np.random.default_rng(1).random((2, 1, 3, 3)).astype(np.float32)
    np.testing.assert_array_equal(filtered(stack, 11), stack[:, 0] >= 0.5)


def test_slices_come_as_soon_as_they_can():
    median = SliceMedian(5)
    slices = [np.zeros((1, 2, 2), np.float32)] * 7
    assert [len(median.push(s)) for s in slices] == [1, 0, 1, 0, 1, 1, 1]
    assert len(median.flush()) == 2
    assert median.flush() == []


def test_one_slice_that_misses_an_object_is_mended():
    stack = np.ones((5, 1, 2, 2), np.float32)
    stack[2] = 0
    assert filtered(stack, 3).all()


@pytest.mark.parametrize("size", [0, 2, -1])
def test_only_odd_windows_have_a_middle(size: int):
    with pytest.raises(ValueError, match="odd"):
        SliceMedian(size)


def test_a_single_class_reaches_the_threshold_and_of_several_the_likeliest_is_taken():
    assert harden(np.array([[[0.5, 0.49]]])).tolist() == [[1, 0]]
    assert harden(np.array([[[0.2, 0.5]], [[0.3, 0.1]], [[0.5, 0.4]]]), 0.9).tolist() == [[2, 0]]


@given(st.sampled_from([1, 3, 5, 7, 9, 11]), st.sampled_from([np.int16, np.float32]), st.integers(0, 9))
def test_the_middle_of_any_odd_number_of_slices_is_their_median(size: int, dtype: type, seed: int) -> None:
    stack = (100 * np.random.default_rng(seed).random((size, 3, 5, 7))).astype(dtype)
    median = SliceMedian(size)
    found = [hard for one in stack for hard in median.push(one)] + median.flush()
    assert np.array_equal(found[size // 2], np.median(stack, axis=0).argmax(axis=0))
