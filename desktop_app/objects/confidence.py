"""How sure a model is of each object: the mean over its voxels of how likely its class is."""

from __future__ import annotations

from typing import Any

import fastremap
import numpy as np
from numpy.typing import NDArray

from desktop_app.objects.row_runs import RowRuns


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
        runs = RowRuns.of(labels).solid()
        if not runs.values.size:
            return
        ids, places = fastremap.unique(runs.values, return_inverse=True)
        inside = likely[labels != 0].astype(np.float64)
        sums = np.bincount(places, np.add.reduceat(inside, np.cumsum(runs.lengths) - runs.lengths))
        counts = np.bincount(places, runs.lengths).astype(np.int64)
        for number, total, voxels in zip(ids.tolist(), sums.tolist(), counts.tolist(), strict=True):
            self._sums[number] = self._sums.get(number, 0.0) + total
            self._voxels[number] = self._voxels.get(number, 0) + voxels

    def means(self) -> dict[int, float]:
        """The confidence of each object, 0 to 1, by its number."""
        return {number: total / self._voxels[number] for number, total in self._sums.items()}
