"""From grey values to what is bright."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

_SHOWN = 20  # steps of a curve that a person reads
_BINS = 4096  # of fractions: finer than any camera, small enough to keep


def otsu(pieces: Callable[[], Iterable[NDArray[Any]]]) -> float:
    """The grey value that best parts dark from bright (N. Otsu, IEEE Trans. SMC 9, 1979), seen piece by piece.

    Args:
        pieces: Gives the voxels, twice; what is no number does not count.

    Returns:
        Voxels above it are bright. The only value, where all are equal.
    """
    low, high = _range(pieces())
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


@dataclass(frozen=True, slots=True)
class BestThreshold:
    """The grey value that fits labels best.

    Attributes:
        value: Voxels above it are found; not above it, of dark objects.
        dice: Of what is found then and what is labelled, 0 to 1.
        curve: Grey values from the lowest to the highest with the Dice of each.
    """

    value: float
    dice: float
    curve: tuple[tuple[float, float], ...]


def best_against(
    pieces: Callable[[], Iterable[tuple[NDArray[Any], NDArray[np.bool_]]]], *, dark: bool = False
) -> BestThreshold:
    """The threshold whose result overlaps most with labels, of all that there are, seen piece by piece.

    Args:
        pieces: Gives voxels and whether they are labelled, twice; what is no number is never found.
        dark: Whether what is darker is found.

    Raises:
        ValueError: Nothing is labelled, or all grey values are equal.
    """
    low, high = _range(piece for piece, _ in pieces())
    inside, outside, labelled = np.zeros(_BINS), np.zeros(_BINS), 0
    for piece, truth in pieces():
        known = np.isfinite(piece)
        labelled += int(np.count_nonzero(truth))
        for counts, side in ((inside, truth), (outside, ~truth)):
            counts += np.histogram(piece[known & side], _BINS, (low, high))[0]
    if not labelled or not low < high:
        raise ValueError("nothing to choose a threshold by")
    hits, wrong = (np.concatenate([[0], np.cumsum(counts)]) for counts in (inside, outside))
    if not dark:
        hits, wrong = hits[-1] - hits, wrong[-1] - wrong
    scores = 2 * hits / np.maximum(1, hits + wrong + labelled)
    edges = np.linspace(low, high, _BINS + 1)
    best = np.flatnonzero(scores == scores.max())
    value = float((edges[best[0]] + edges[best[-1]]) / 2)
    shown = np.linspace(0, _BINS, _SHOWN + 1).astype(int)
    return BestThreshold(value, float(scores.max()), tuple((float(edges[i]), float(scores[i])) for i in shown))


def _range(pieces: Iterable[NDArray[Any]]) -> tuple[float, float]:
    """The lowest and the highest number; infinities the wrong way round where there is none."""
    low, high = np.inf, -np.inf
    for piece in pieces:
        values = piece[np.isfinite(piece)] if piece.dtype.kind == "f" else piece
        if values.size:
            low, high = min(low, float(values.min())), max(high, float(values.max()))
    return low, high


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
