"""Local contrast tells texture from emptiness."""

from __future__ import annotations

import numpy as np
import pytest

from desktop_app.core.imaging.structure import local_contrast


def texture(shape=(128, 128), seed=0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(40, 200, (shape[0] // 8, shape[1] // 8))
    return np.kron(coarse, np.ones((8, 8))).astype(np.uint8)


def test_flat_pictures_have_none():
    assert local_contrast(np.full((64, 96), 7, np.uint16)) == 0


def test_noise_counts_for_much_less_than_texture():
    noise = np.random.default_rng(0).normal(100, 15, (128, 128)).astype(np.float32)
    assert local_contrast(noise) < 0.3 * local_contrast(texture())


def test_a_mostly_empty_picture_counts_as_empty():
    picture = texture()
    picture[:100] = 0
    assert local_contrast(picture) == 0
    assert local_contrast(texture()) > 10


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (33, 31), (200, 1)])
def test_pictures_of_any_shape_are_taken(shape):
    assert local_contrast(np.arange(shape[0] * shape[1], dtype=np.float32).reshape(shape)) >= 0


def test_what_is_no_number_counts_as_nothing():
    picture = np.full((64, 64), np.nan, np.float32)
    assert local_contrast(picture) == 0
