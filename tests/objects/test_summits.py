"""Summits in steps, and how close the nearest seed is."""

from __future__ import annotations

import numpy as np

from desktop_app.objects.summits import closeness, summit_levels, summit_numbers


def test_levels_are_thousandths_inside_the_foreground() -> None:
    height = np.array([[[0.0, 0.5004, 1.0, 0.7]]], np.float32)
    foreground = np.array([[[1, 1, 2, 0]]], np.uint8)
    levels = summit_levels(foreground, height)
    assert levels.tolist() == [[[1, 501, 1001, 0]]]
    numbers = summit_numbers(foreground, levels)
    assert numbers[0, 0, 3] == 0
    assert len(set(numbers[0, 0, :3].tolist())) == 3


def test_closeness_is_one_on_a_seed_and_nothing_far_away() -> None:
    seeds = np.zeros((1, 1, 6), bool)
    seeds[0, 0, 0] = True
    near = closeness(seeds, (1, 1, 2), 5)
    np.testing.assert_allclose(near[0, 0], [1, 0.6, 0.2, 0, 0, 0], atol=1e-6)
    assert not closeness(np.zeros((1, 2, 2), bool), (1, 1, 1), 5).any()
