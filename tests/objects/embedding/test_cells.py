from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.objects.embedding.cells import PointCells


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 10_000), axes=st.sampled_from([2, 3]), edge=st.floats(0.1, 9))
def test_every_point_of_a_box_is_near(seed: int, axes: int, edge: float) -> None:
    rng = np.random.default_rng(seed)
    points = rng.uniform(-10, 40, (300, axes)).astype(np.float32)
    cells = PointCells(points, np.full(axes, edge), np.zeros(axes), np.full(axes, 30.0))
    low = rng.uniform(-12, 40, axes)
    high = low + rng.uniform(0, 12, axes)
    inside = np.flatnonzero(((points >= low) & (points <= high)).all(axis=1))
    assert set(inside) <= set(cells.order[cells.near(low, high)])


def test_few_points_in_a_large_space_take_few_cells() -> None:
    points = np.array([[0, 0, 0], [1e6, 1e6, 1e6]], np.float32)
    cells = PointCells(points, np.ones(3), np.zeros(3), np.full(3, 1e6))
    assert set(cells.order[cells.near(np.zeros(3), np.ones(3))]) >= {0}
    assert cells._starts.size <= 6
