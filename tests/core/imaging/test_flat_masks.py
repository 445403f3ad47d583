"""Masks of one slice, held against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import ndimage

from desktop_app.core.imaging.flat_masks import OVER_EDGES, filled, grown, median_of_nine, opened, parts_of, shrunk

MASKS = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=9))


@given(MASKS, st.integers(0, 4))
def test_masks_grow_and_shrink_over_edges(mask: np.ndarray, steps: int) -> None:
    before = mask.copy()
    if steps:
        np.testing.assert_array_equal(grown(mask, steps), ndimage.binary_dilation(mask, iterations=steps))
        for beyond in (False, True):
            expected = ndimage.binary_erosion(mask, iterations=steps, border_value=beyond)
            np.testing.assert_array_equal(shrunk(mask, steps, beyond=beyond), expected)
    else:
        np.testing.assert_array_equal(grown(mask, 0), mask)
    np.testing.assert_array_equal(mask, before)


@given(MASKS)
def test_holes_are_filled_and_frays_taken_away(mask: np.ndarray) -> None:
    np.testing.assert_array_equal(filled(mask), ndimage.binary_fill_holes(mask))
    np.testing.assert_array_equal(opened(mask), ndimage.binary_opening(mask))


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (2, 2), (20, 31)])
def test_the_median_of_nine_repeats_the_rim(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    np.testing.assert_array_equal(median_of_nine(picture), ndimage.median_filter(picture, 3, mode="nearest"))


@given(MASKS)
def test_room_that_is_used_again_changes_nothing(mask: np.ndarray) -> None:
    scratch = np.full((mask.shape[0] + 2) * (mask.shape[1] + 2) + 3, 7, np.int32)
    np.testing.assert_array_equal(parts_of(mask, scratch), ndimage.label(mask, OVER_EDGES)[0])
    np.testing.assert_array_equal(filled(mask, scratch), ndimage.binary_fill_holes(mask))
