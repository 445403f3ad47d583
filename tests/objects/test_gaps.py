from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.objects import gaps
from desktop_app.objects.gaps import GapMeter


def _measured(labels: np.ndarray, spacing: tuple[float, float, float], slices: int = 3) -> dict[int, float]:
    meter = GapMeter(labels.shape, spacing)
    for z in range(0, len(labels), slices):
        meter.add(labels[z : z + slices])
    return meter.gaps()


def _by_all_pairs(labels: np.ndarray, spacing: tuple[float, float, float]) -> dict[int, float]:
    """Boxes of all voxels against those of all other objects."""
    found: dict[int, float] = {}
    for number in np.unique(labels[labels > 0]).tolist():
        own, others = np.argwhere(labels == number), np.argwhere((labels > 0) & (labels != number))
        if len(others):
            apart = np.maximum(np.abs(own[:, None] - others[None]) - 1, 0) * np.asarray(spacing)
            found[number] = float(np.sqrt((apart**2).sum(axis=2)).min())
    return found


@given(seed=st.integers(0, 10_000), flat=st.booleans(), slices=st.integers(1, 4), dense=st.floats(0.002, 0.2))
@settings(max_examples=40, deadline=None)
def test_gaps_are_those_between_the_voxels_of_all_pairs(seed: int, flat: bool, slices: int, dense: float) -> None:
    rng = np.random.default_rng(seed)
    shape = (1 if flat else 7, 12, 14)
    labels = np.where(rng.random(shape) < dense, rng.integers(1, 9, shape), 0).astype(np.uint32)
    for number in range(9, 12):
        z, y, x = (int(rng.integers(0, n)) for n in shape)
        labels[z : z + 2, y : y + 3, x : x + 3] = number
    spacing = (2.5, 0.7, 1.0)
    found, expected = _measured(labels, spacing, slices), _by_all_pairs(labels, spacing)
    assert found == pytest.approx(expected)


def test_a_vessel_among_cells_is_measured_and_too_many_corners_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = np.zeros((4, 60, 60), np.uint32)
    labels[1:3, 30, :] = 500
    for number in range(40):
        labels[1, 2 + 5 * (number // 10), 3 + 5 * (number % 10)] = number + 1
    assert _measured(labels, (1.0, 1.0, 1.0)) == pytest.approx(_by_all_pairs(labels, (1.0, 1.0, 1.0)))
    assert _measured(np.ones((2, 3, 3), np.uint32), (1.0, 1.0, 1.0)) == {}
    monkeypatch.setattr(gaps, "MOST_CORNERS", 10)
    meter = GapMeter(labels.shape, (1.0, 1.0, 1.0))
    meter.add(labels)
    assert (meter.gaps(), meter.too_many) == ({}, True)
