"""Masks as whole numbers, held against masks of pixels."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from desktop_app.core.imaging.bit_masks import MOST_STEPS, BitFrame, packed
from desktop_app.core.imaging.flat_masks import grown, opened, rimmed

MASKS = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=11))


@given(MASKS, st.integers(0, MOST_STEPS))
def test_they_grow_and_are_opened_as_masks_of_pixels_are(mask: np.ndarray, steps: int) -> None:
    frame = BitFrame.of(mask.shape)
    bits = packed(mask)
    np.testing.assert_array_equal(frame.mask(bits), mask)
    np.testing.assert_array_equal(frame.mask(frame.grown(bits, steps)), grown(mask, steps))
    np.testing.assert_array_equal(frame.mask(frame.opened(bits)), opened(mask))
    np.testing.assert_array_equal(frame.mask(frame.whole & ~bits), ~mask)


@given(MASKS)
def test_sides_are_counted_also_at_the_rim(mask: np.ndarray) -> None:
    ringed = rimmed(mask, False)
    sides = np.count_nonzero(ringed[1:] != ringed[:-1]) + np.count_nonzero(ringed[:, 1:] != ringed[:, :-1])
    assert BitFrame.of(mask.shape).sides(packed(mask)) == sides
