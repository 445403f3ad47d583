from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from desktop_app.objects.morphology import APART, SHAPES, closed, grow, hull, opened, shrink, smoothed

EVEN = (1.0, 1.0, 1.0)


def ball(size: int, radius: float) -> np.ndarray:
    grid = np.ogrid[:size, :size, :size]
    middle = (size - 1) / 2
    return sum((g - middle) ** 2 for g in grid) <= radius**2


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((5, 8, 9)) > 0.6


@given(seed=st.integers(0, 50), radius=st.sampled_from([0.5, 1.0, 1.5, 3.0]))
@settings(max_examples=25, deadline=None)
def test_growing_and_shrinking_mirror_each_other(seed: int, radius: float) -> None:
    mask = noise(seed)
    np.testing.assert_array_equal(shrink(mask, radius, EVEN), ~grow(~mask, radius, EVEN))
    assert not (mask & ~grow(mask, radius, EVEN)).any()
    assert not (opened(mask, radius, EVEN) & ~mask).any()
    assert not (mask & ~closed(mask, radius, EVEN)).any()


def test_one_step_is_that_of_a_neighbourhood_over_faces() -> None:
    mask = noise(3)
    np.testing.assert_array_equal(grow(mask, 1, EVEN), ndimage.binary_dilation(mask))


@pytest.mark.parametrize("step", [0.1, 0.3, 7.7])
def test_a_radius_of_exactly_one_voxel_reaches_the_next_one(step: float) -> None:
    mask = np.zeros((3, 3, 3), bool)
    mask[1, 1, 1] = True
    assert grow(mask, step, (step, step, step)).sum() == 7


def test_lengths_follow_the_voxel_size() -> None:
    mask = np.zeros((9, 9, 9), bool)
    mask[4, 4, 4] = True
    grown = grow(mask, 4.0, (2.0, 1.0, 1.0))
    assert grown.any((1, 2)).sum() == 5
    assert grown.any((0, 1)).sum() == 9


@pytest.mark.parametrize("how", sorted(SHAPES))
def test_slices_that_lie_apart_are_each_treated_alone(how: str) -> None:
    mask = noise(5)
    spacing = (APART, 1.0, 1.0)
    together = SHAPES[how](mask, 1.0, spacing)
    for depth in range(len(mask)):
        np.testing.assert_array_equal(together[depth], SHAPES[how](mask[depth : depth + 1], 1.0, spacing)[0])


def test_smoothing_keeps_the_size_of_a_ball_and_takes_a_spike() -> None:
    mask = ball(31, 10)
    spiky = mask.copy()
    spiky[15, 15, 15:29] = True
    smooth = smoothed(spiky, 1.5, EVEN)
    assert not smooth[15, 15, 28]
    assert 0 <= smooth.sum() - spiky.sum() < 48  # as many ties as a ball has symmetries


def test_the_hull_has_no_dents_and_nothing_more() -> None:
    mask = np.zeros((1, 20, 20), bool)
    mask[0, 2:18, 2:6] = mask[0, 2:6, 2:18] = True
    filled = hull(mask, 1, (APART, 1, 1))[0]
    assert filled[10, 8]
    assert not filled[16, 16]
    assert filled[mask[0]].all()
    line = np.zeros((3, 5, 5), bool)
    line[1, 2, 1:4] = True
    np.testing.assert_array_equal(hull(line, 1, EVEN), line)
    np.testing.assert_array_equal(hull(ball(15, 5), 1, EVEN), ball(15, 5))


def test_the_border_of_the_array_eats_nothing() -> None:
    whole = np.ones((3, 4, 5), bool)
    for shape in SHAPES.values():
        assert shape(whole, 1.0, EVEN).all()
