"""What is shown black and white."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from desktop_app.core.imaging.contrast import Window, auto_window, to_uint8

PICTURES = arrays.arrays(
    st.sampled_from([np.uint8, np.uint16, np.int16, np.float32, np.float64]),
    arrays.array_shapes(min_dims=2, max_dims=2, max_side=9)
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(PICTURES)
def test_any_picture_gets_a_usable_window(picture: np.ndarray) -> None:
    window = auto_window(picture)
    assert np.isfinite([window.low, window.high]).all()
    assert window.width > 0
    shown = to_uint8(picture, window)
    assert (shown.dtype, shown.shape) == (np.uint8, picture.shape)


@given(st.integers(0, 200), st.integers(1, 50000))
def test_window_spans_black_to_white(low: int, width: int) -> None:
    picture = np.array([[low, low + width]], np.uint16)
    assert to_uint8(picture, Window(low, low + width)).tolist() == [[0, 255]]
    assert to_uint8(picture.astype(np.float32), Window(low, low + width)).tolist() == [[0, 255]]


@given(arrays.arrays(np.uint16, (5, 7)))
def test_brighter_stays_brighter(picture: np.ndarray) -> None:
    shown = to_uint8(picture, auto_window(picture)).ravel().astype(int)
    assert (np.diff(shown[np.argsort(picture, axis=None, kind="stable")]) >= 0).all()


def test_values_that_are_not_numbers() -> None:
    picture = np.array([[np.nan, np.inf, -np.inf, 0.5]], np.float32)
    assert to_uint8(picture, Window(0, 1)).tolist() == [[0, 255, 0, 128]]
    assert auto_window(np.full((3, 3), np.nan)) == Window(0.0, 1.0)


@pytest.mark.parametrize("value", [0, 7, 65535])
def test_flat_pictures(value: int) -> None:
    window = auto_window(np.full((4, 4), value, np.uint16))
    assert (window.low, window.high) == (value, value + 1)


def test_a_few_hot_pixels_do_not_hide_the_rest() -> None:
    picture = np.tile(np.arange(100, dtype=np.uint16), (100, 1))
    picture[0, 0] = 65535
    assert auto_window(picture).high < 200
