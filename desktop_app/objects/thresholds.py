"""From grey values to what is bright."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

_BINS = 4096  # of fractions: finer than any camera, small enough to keep


def otsu(pieces: Callable[[], Iterable[NDArray[Any]]]) -> float:
    """The grey value that best parts dark from bright (N. Otsu, IEEE Trans. SMC 9, 1979), seen piece by piece.

    Args:
        pieces: Gives the voxels, twice; what is no number does not count.

    Returns:
        Voxels above it are bright. The only value, where all are equal.
    """
    low, high = np.inf, -np.inf
    for piece in pieces():
        values = piece[np.isfinite(piece)] if piece.dtype.kind == "f" else piece
        if values.size:
            low, high = min(low, float(values.min())), max(high, float(values.max()))
    if not low < high:
        return low if np.isfinite(low) else 0.0
    counts = np.zeros(_BINS)
    for piece in pieces():
        counts += np.histogram(piece[np.isfinite(piece)], _BINS, (low, high))[0]
    edges = np.linspace(low, high, _BINS + 1)
    middle = (edges[1:] + edges[:-1]) / 2
    below, above = np.cumsum(counts), np.cumsum(counts[::-1])[::-1]
    mean_below = np.cumsum(counts * middle) / np.maximum(below, 1)
    mean_above = np.cumsum((counts * middle)[::-1])[::-1] / np.maximum(above, 1)
    between = below[:-1] * above[1:] * (mean_below[:-1] - mean_above[1:]) ** 2
    best = np.flatnonzero(between >= between.max() * (1 - 1e-12))
    return float((edges[best[0] + 1] + edges[best[-1] + 1]) / 2)


def brighter_than_around(values: NDArray[Any], window: int, offset: float) -> NDArray[np.bool_]:
    """Voxels that are brighter by ``offset`` than the mean of the square around them, slice by slice.

    Args:
        values: (Z, Y, X).
        window: Edge of the square, in pixels.
        offset: In grey values.
    """
    grey = np.nan_to_num(values.astype(np.float32))
    around = scipy.ndimage.uniform_filter(grey, (1, window, window), mode="reflect")
    return np.asarray(grey > around + np.float32(offset))
