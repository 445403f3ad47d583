"""Margins of patches in which nothing lies."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from desktop_app.ml.data.margins import Margin, random_margin


@pytest.mark.parametrize(
    ("rows", "columns", "count"), [(3, 0, 30), (-3, 0, 30), (0, 2, 16), (0, -2, 16), (3, -2, 30 + 5 * 2), (0, 0, 0)]
)
def test_a_margin_lies_at_its_ends(rows: int, columns: int, count: int) -> None:
    filled = Margin(rows, columns, 0.1).filled(torch.ones(2, 3, 8, 10), torch.tensor([5.0, 7.0]).reshape(2, 1, 1, 1))
    assert (filled[0] == 5).sum() == (filled[1] == 7).sum() == 3 * count
    if rows:
        assert (filled[0, :, 0 if rows > 0 else -1] == 5).all()
    if columns:
        assert (filled[0, ..., 0 if columns > 0 else -1] == 5).all()


def test_something_of_a_patch_is_always_left() -> None:
    rng = np.random.default_rng(0)
    margins = [random_margin((1, 16, 32), rng) for _ in range(300)]
    left = [(Margin(m.rows, m.columns, 0).filled(torch.ones(16, 32), torch.tensor(0.0)) == 1).sum() for m in margins]
    assert 0 < min(left) < max(left) < 16 * 32
    for side in (lambda m: m.rows, lambda m: m.columns):
        assert {int(np.sign(side(m))) for m in margins} == {-1, 0, 1}
    assert all(0 <= m.darkness <= 0.35 for m in margins)
    assert 100 < sum(m.noisy for m in margins) < 200
