"""How well objects of one label array are found in another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def best_iou(labels: NDArray, other: NDArray) -> dict[int, float]:
    """For each object of ``labels`` the highest intersection over union with an object of ``other``."""
    left, right = labels.astype(np.int64).ravel(), other.astype(np.int64).ravel()
    width = int(right.max(initial=0)) + 1
    keys, shared = np.unique(left * width + right, return_counts=True)
    a, b = keys // width, keys % width
    iou = shared / (np.bincount(left)[a] + np.bincount(right)[b] - shared)
    best = {int(k): 0.0 for k in np.unique(a) if k}
    for name, partner, value in zip(a.tolist(), b.tolist(), iou.tolist(), strict=True):
        if name and partner:
            best[name] = max(best[name], value)
    return best


def same_objects(labels: NDArray, other: NDArray, least: float = 1.0) -> bool:
    """Whether each object of either array is found in the other, whatever its number."""
    both = [*best_iou(labels, other).values(), *best_iou(other, labels).values()]
    return min(both, default=1.0) >= least
