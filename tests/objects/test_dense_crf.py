"""A fully connected random field of two labels: where it moves an edge, and where it does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from desktop_app.objects.dense_crf import CrfParameters, band_around, refined_foreground

USUAL = CrfParameters(0.7, (4.0, 4.0, 4.0), 0.1, 3.0, (1.0, 1.0, 1.0), 2.0, 5)
CUBES = (1.0, 1.0, 1.0)


def ball(radius: float, n: int = 25) -> NDArray[np.bool_]:
    z, y, x = np.indices((n, n, n)) - n // 2
    return np.asarray(z**2 + y**2 + x**2 <= radius**2)


def bright(inside: NDArray[np.bool_], noise: float = 0.03) -> NDArray[np.float32]:
    return (inside * 0.6 + np.random.default_rng(0).normal(0.2, noise, inside.shape)).astype(np.float32)


def overlap(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    return float(2 * (a & b).sum() / (a.sum() + b.sum()))


@pytest.mark.parametrize("given", [5, 9])
def test_an_edge_moves_to_that_of_the_image(given: float) -> None:
    true, wrong = ball(7), ball(given)
    found = refined_foreground(wrong, bright(true), band_around(wrong, 3, CUBES), USUAL)
    assert overlap(wrong, true) < 0.68
    assert overlap(found, true) > 0.98


def test_dark_objects_are_as_good_as_bright_ones_and_grey_scales_do_not_matter() -> None:
    wrong, grey = ball(9), bright(ball(7))
    band = band_around(wrong, 3, CUBES)
    expected = refined_foreground(wrong, grey, band, USUAL)
    assert np.array_equal(refined_foreground(wrong, 1 - grey, band, USUAL), expected)
    hundredfold = replace(USUAL, alike=100 * USUAL.alike)
    assert overlap(refined_foreground(wrong, 100 * grey, band, hundredfold), expected) > 0.999


def test_nothing_changes_beyond_the_band() -> None:
    wrong = ball(10)
    band = band_around(wrong, 1, CUBES)
    found = refined_foreground(wrong, bright(ball(7)), band, USUAL)
    assert np.array_equal(found[~band], wrong[~band])
    assert found.sum() < wrong.sum()
    assert not band_around(np.zeros((3, 3, 3), bool), 2, CUBES).any()
    assert not band_around(np.ones((3, 3, 3), bool), 2, CUBES).any()


def test_thick_slices_count_by_their_thickness() -> None:
    band = band_around(ball(7), 2.5, (3.0, 1.0, 1.0))
    assert not band[12 + 8, 12, 12], "the next slice is three pixels away"
    assert band[12, 12, 12 + 9]


def test_a_sure_label_stays_where_the_image_is_flat() -> None:
    given = ball(7)
    flat = np.full(given.shape, 0.5, np.float32)
    sure = replace(USUAL, sureness=0.95, smoothness=1.0)
    assert overlap(refined_foreground(given, flat, band_around(given, 3, CUBES), sure), given) > 0.99


def test_the_rounds_are_those_of_mean_field() -> None:
    """Against sums over all pairs of voxels, as the paper writes them, with both sides of equal weight."""
    rng = np.random.default_rng(1)
    grey = (0.4 * rng.random((1, 9, 11))).astype(np.float32)
    grey[:, 3:8, 4:9] += 0.6
    given = np.zeros(grey.shape, bool)
    given[:, 2:7, 3:8] = True
    band = np.ones_like(given)
    field = CrfParameters(0.6, (4.0, 4.0, 4.0), 0.2, 4.0, (1e-3, 1e-3, 1e-3), 0.0, 1)
    found = refined_foreground(given, grey, band, field)
    places = np.argwhere(band).astype(float)
    near = np.exp(-((places[:, None] - places[None]) ** 2).sum(-1) / (2 * 4.0**2))
    alike = near * np.exp(-((grey.ravel()[:, None] - grey.ravel()[None]) ** 2) / (2 * 0.2**2))
    likely = np.where(given.ravel(), 0.6, 0.4)
    own, others = ((alike @ side) / (near @ side) for side in (likely, 1 - likely))
    odds = np.log(0.6 / 0.4) * (2 * given.ravel() - 1) + 4.0 * (own - others) / (own + others)
    clear = np.abs(odds) > 0.05
    assert np.array_equal(found.ravel()[clear], odds[clear] > 0)
    assert (found != given).any()
