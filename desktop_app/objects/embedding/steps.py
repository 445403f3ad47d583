"""Seeds and arrows in steps, so that they can be drawn or written as labels are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PERCENT = 100
"""Steps of seeds in files."""
FULL_TURN = 360
"""Steps of arrows in files: degrees."""


def seed_steps(seeds: NDArray[np.floating], steps: int) -> NDArray[np.uint32]:
    """Seeds, 0 to 1, as whole numbers 0 to ``steps``; the step that a value has at least reached."""
    return np.clip(np.floor(seeds * steps + 1e-3), 0, steps).astype(np.uint32)  # of a step: against rounding


def arrow_steps(offsets: NDArray[np.floating], shown: NDArray[np.bool_], steps: int) -> NDArray[np.uint32]:
    """Directions of arrows in the slice plane as whole numbers 1 to ``steps``: 1 points right, then clockwise.

    Args:
        offsets: ``(D, Z, Y, X)``, the last two along y and x.
        shown: ``(Z, Y, X) bool``; elsewhere the number is 0.
        steps: Into how many the full turn is divided.
    """
    turns = np.arctan2(offsets[-2], offsets[-1]) / (2 * np.pi) % 1
    numbers = np.rint(turns * steps).astype(np.uint32) % steps + 1
    return np.where(shown, numbers, 0).astype(np.uint32)
