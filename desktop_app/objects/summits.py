"""Summits of a smooth map, and how close each voxel is to the nearest of some seeds."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

_STEPS = 1000
"""Levels per unit of height: float16, in which maps are kept, tells no more apart around one half and above."""


def summit_levels(foreground: NDArray[Any], height: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Heights from 0 to 1 in steps ``(Z, Y, X) uint16``, from 1 on; 0 outside the foreground."""
    steps = np.rint(np.clip(height, 0, 1) * np.float32(_STEPS)).astype(np.uint16) + np.uint16(1)
    return np.where(foreground != 0, steps, np.uint16(0))


def summit_numbers(foreground: NDArray[Any], levels: NDArray[np.uint16]) -> NDArray[np.uint32]:
    """One number per class and level ``(Z, Y, X) uint32``; 0 where there is no level."""
    numbers = foreground.astype(np.uint32) * np.uint32(_STEPS + 2) + levels
    return np.where(levels > 0, numbers, np.uint32(0))


def closeness(seeds: NDArray[np.bool_], sampling: tuple[float, float, float], farthest: float) -> NDArray[np.float32]:
    """How close the nearest seed is ``(Z, Y, X) float32``: 1 on it, 0 from the farthest distance on.

    Args:
        seeds: ``(Z, Y, X)``.
        sampling: Edges of a voxel in (z, y, x), in pixels.
        farthest: Distance in pixels that counts.
    """
    if not seeds.any():
        return np.zeros(seeds.shape, np.float32)
    distance = scipy.ndimage.distance_transform_edt(~seeds, sampling).astype(np.float32)
    near: NDArray[np.float32] = 1 - np.minimum(distance, np.float32(farthest)) / np.float32(farthest)
    return near
