"""Slopes at dark and bright places."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from desktop_app.objects.slopes import slope_ratio


@pytest.mark.parametrize("sigma", [0.0, 1.0, 3.0])
def test_in_noise_they_are_alike(sigma: float) -> None:
    noise = gaussian_filter(np.random.default_rng(1).normal(size=(512, 512)), sigma)
    assert 1 <= slope_ratio([noise], max(2.0, 4.5 * sigma)) < 1.2


def test_around_objects_they_differ_also_beneath_noise() -> None:
    y, x = np.mgrid[:128, :128] % 32 - 16
    discs = (y**2 + x**2 < 64).astype(float)
    assert slope_ratio([discs + np.random.default_rng(1).normal(size=discs.shape)], 16) > 2
    assert slope_ratio([discs[:64], discs[64:]], 16) > 5


def test_flat_ground_is_no_noise() -> None:
    assert slope_ratio([np.zeros((32, 32), np.uint8)], 8) == math.inf


def test_a_line_of_pixels_shows_no_slopes() -> None:
    assert slope_ratio([np.random.default_rng(0).normal(size=(1, 400))], 6) == math.inf
