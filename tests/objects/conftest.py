"""Made-up objects whose truth is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest


def balls(shape: tuple[int, int, int], count: int, radius: float, seed: int = 0) -> np.ndarray:
    """Labels (Z, Y, X) uint32 of balls that touch but do not hide each other: each voxel goes to the nearest centre."""
    rng = np.random.default_rng(seed)
    grid = np.stack(np.meshgrid(*[np.arange(n) for n in shape], indexing="ij"), -1)
    nearest = np.full(shape, np.inf)
    labels = np.zeros(shape, np.uint32)
    centres: list[np.ndarray] = []
    while len(centres) < count:
        centre = rng.uniform(0, np.array(shape))
        if shape[0] == 1:
            centre[0] = 0
        if any(np.linalg.norm(centre - other) < 1.5 * radius for other in centres):
            continue
        centres.append(centre)
        distance = np.linalg.norm(grid - centre, axis=-1)
        mine = (distance < radius) & (distance < nearest)
        labels[mine] = len(centres)
        nearest[mine] = distance[mine]
    return labels


@pytest.fixture
def make_balls() -> Callable[..., np.ndarray]:
    return balls
