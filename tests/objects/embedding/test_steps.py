"""Seeds and arrows in steps."""

from __future__ import annotations

import numpy as np

from desktop_app.objects.embedding.steps import arrow_steps, seed_steps


def test_a_seed_is_the_step_that_it_has_reached() -> None:
    assert seed_steps(np.array([0.0, 0.05, 0.1, 0.95, 0.9, 1.0, 1.2]), 10).tolist() == [0, 0, 1, 9, 9, 10, 10]


def test_arrows_are_hours_that_begin_at_the_right() -> None:
    y, x = np.array([0, 1, 0, -1, -0.01]), np.array([1, 0, -1, 0, 1])
    offsets = np.stack([y, x]).reshape(2, 1, 1, 5)
    shown = np.ones((1, 1, 5), bool)
    assert arrow_steps(offsets, shown, 12).ravel().tolist() == [1, 4, 7, 10, 1]
    assert not arrow_steps(offsets, ~shown, 12).any()
