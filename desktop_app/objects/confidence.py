"""How sure a model is of each object: the mean over its voxels of how likely its class is."""

from __future__ import annotations

from typing import Any

import fastremap
import numpy as np
from numpy.typing import NDArray


class ConfidenceMeter:
    """Means over objects that arrive piece by piece; memory follows the number of objects."""

    def __init__(self) -> None:
        self._sums: dict[int, float] = {}
        self._voxels: dict[int, int] = {}

    def add(self, labels: NDArray[Any], likely: NDArray[np.floating]) -> None:
        """Take in one piece.

        Args:
            labels: ``(Z, Y, X)`` integer, 0 for the background.
            likely: How likely the label of each voxel is, 0 to 1, of the same shape.
        """
        at = np.flatnonzero(labels)
        if not at.size:
            return
        ids, places = fastremap.unique(labels.reshape(-1)[at], return_inverse=True)
        sums = np.bincount(places, likely.reshape(-1)[at])
        for number, total, voxels in zip(ids.tolist(), sums.tolist(), np.bincount(places).tolist(), strict=True):
            self._sums[number] = self._sums.get(number, 0.0) + total
            self._voxels[number] = self._voxels.get(number, 0) + voxels

    def means(self) -> dict[int, float]:
        """The confidence of each object, 0 to 1, by its number."""
        return {number: total / self._voxels[number] for number, total in self._sums.items()}
