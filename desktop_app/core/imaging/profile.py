"""Grey values along a line."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]


def line_profile(picture: NDArray[np.generic], start: Point, stop: Point) -> NDArray[np.float64]:
    """Grey values at equal steps of about one pixel along a line, both ends included.

    Between pixels the four around are averaged by their distances (bilinear); beyond the border the nearest pixel
    counts.

    Args:
        picture: (Y, X).
        start: Row and column in pixels; the middle of the first pixel is at 0.5, 0.5.
        stop: The other end.

    Returns:
        One value per step.
    """
    steps = max(2, round(math.dist(start, stop)) + 1)
    rows = np.clip(np.linspace(start[0], stop[0], steps) - 0.5, 0, picture.shape[0] - 1)
    columns = np.clip(np.linspace(start[1], stop[1], steps) - 0.5, 0, picture.shape[1] - 1)
    top, left = np.floor(rows).astype(int), np.floor(columns).astype(int)
    bottom, right = np.minimum(top + 1, picture.shape[0] - 1), np.minimum(left + 1, picture.shape[1] - 1)
    down, over = rows - top, columns - left
    values = picture.astype(np.float64)
    upper = values[top, left] * (1 - over) + values[top, right] * over
    lower = values[bottom, left] * (1 - over) + values[bottom, right] * over
    along: NDArray[np.float64] = upper * (1 - down) + lower * down
    return along
