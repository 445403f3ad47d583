"""The grey scale of images: what decides on it, and what does not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from desktop_app.core.config.model_card import LEAST_SPAN, Normalisation, new_scale
from desktop_app.core.imaging import Volume
from desktop_app.ml.data.grey_samples import GreySamples, grey_samples
from desktop_app.ml.data.greys import GreyScale, grey_scale


def _scale(array: NDArray[Any], normalisation: Normalisation | None = None) -> GreyScale:
    return grey_scale(Volume.from_array(array), (0,), normalisation or new_scale())


def _samples(array: NDArray[Any]) -> GreySamples:
    return grey_samples(Volume.from_array(array), 0, lambda: None)


def _cells(seed: int = 0, noise: float = 4) -> NDArray[np.float64]:
    """Crowded discs of 170 on 100, with noise; (1, 120, 120)."""
    rng = np.random.default_rng(seed)
    picture = np.full((1, 120, 120), 100.0)
    rows, columns = np.mgrid[:120, :120]
    for _ in range(500):
        y, x = rng.uniform(0, 120, 2)
        distance = np.hypot(rows - y, columns - x)
        if not (picture[0][distance < 11] > 100).any():
            picture[0][distance < 8] = 170
    return picture + rng.normal(0, noise, picture.shape)


@given(
    pads=st.tuples(*(st.integers(0, 60),) * 4),
    value=st.sampled_from([0.0, 65_535.0, 130.0]),
    dtype=st.sampled_from(["u2", "f4"]),
)
@settings(max_examples=30)
def test_what_fills_up_a_picture_does_not_change_its_scale(
    pads: tuple[int, int, int, int], value: float, dtype: str
) -> None:
    top, bottom, left, right = pads
    picture = _cells().astype(dtype)
    padded = np.pad(picture, ((0, 0), (top, bottom), (left, right)), constant_values=value)
    alone, within = _scale(picture), _scale(padded)
    assert within.offsets == pytest.approx(alone.offsets, abs=0.5)
    assert within.spans == pytest.approx(alone.spans, rel=0.02)


def test_black_slices_do_not_change_the_scale_either() -> None:
    stack = np.concatenate([np.zeros((30, 120, 120)), _cells(), np.zeros((9, 120, 120))]).astype(np.uint16)
    assert _scale(stack).spans == _scale(_cells().astype(np.uint16)).spans


def test_what_fills_up_a_picture_is_hardly_darker_than_it() -> None:
    padded = np.pad(_cells().astype(np.uint16), ((0, 0), (9, 9), (9, 9)))
    assert _scale(padded).apply(padded[None]).min() == -0.25
    assert _scale(padded, new_scale(kind="stretched", mean=0.5, std=0.25)).apply(padded[None]).min() == -3


@pytest.mark.parametrize("seed", range(3))
def test_the_noise_is_that_of_the_quietest_places(seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0, 7, (1, 122, 122))
    soft = (noise[:, 1:, 1:] + noise[:, :-1, 1:] + noise[:, 1:, :-1] + noise[:, :-1, :-1]) / 2
    assert _samples(soft).noise == pytest.approx(0.74 * 7, rel=0.15)
    assert _samples(noise).noise == pytest.approx(0.83 * 7, rel=0.15)
    assert _samples(_cells(seed, 7)).noise == pytest.approx(0.9 * 7, rel=0.15)
    assert _samples(np.pad(noise, ((0, 0), (80, 80), (80, 80)))).noise == pytest.approx(0.83 * 7, rel=0.15)


def test_an_empty_picture_has_little_contrast() -> None:
    noise = np.random.default_rng(0).normal(100, 7, (1, 120, 120))
    seen = _scale(noise).apply(noise[None])
    assert seen.std() == pytest.approx(1 / (0.85 * LEAST_SPAN), rel=0.1)
    assert seen.max() < 0.7
    old = _scale(noise, Normalisation())
    assert old.apply(noise[None]).max() > 0.99


def test_pictures_with_contrast_keep_theirs() -> None:
    picture = _cells()
    assert _scale(picture) == _scale(picture, Normalisation(flat=False))
    assert _scale(picture).spans == pytest.approx(_scale(picture, Normalisation()).spans, rel=1e-3)


@pytest.mark.parametrize(
    "picture",
    [np.zeros((1, 9, 9)), np.full((2, 9, 9), 7, np.uint8), np.full((1, 9, 9), np.nan), np.ones((3, 1, 1), np.int16)],
)
def test_pictures_of_one_value_are_black(picture: NDArray[Any]) -> None:
    seen = _scale(picture).apply(picture[None])
    assert np.array_equal(seen, np.zeros(seen.shape))


def test_a_mask_keeps_its_two_values() -> None:
    mask = np.zeros((1, 40, 40), np.uint8)
    mask[0, 10:30, 10:30] = 255
    assert set(np.unique(_scale(mask).apply(mask[None])).tolist()) == {0.0, 1.0}


def test_only_squares_of_25_equal_voxels_are_flat() -> None:
    picture = np.arange(400.0).reshape(1, 20, 20)
    picture[0, 5:10, 9:14] = -1
    picture[0, 12:16, 2:8] = -2
    picture[0, [0, 0, -1, -1], [0, -1, 0, -1]] = -1  # beyond a corner its own value goes on
    flat = _samples(picture).flat.reshape(picture.shape)
    assert np.array_equal(flat, picture == -1)
