"""Grey values of objects, summed up while slices pass by."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Grey:
    """The finite grey values of one channel inside an object; NaN where there are none.

    Attributes:
        mean: Their mean.
        sd: Their standard deviation (of these voxels, so divided by their number).
        low: The smallest.
        high: The largest.
        total: Their sum, 0 where there are none.
    """

    mean: float
    sd: float
    low: float
    high: float
    total: float


class GreySums:
    """Sums of the finite grey values, a row per object and a column per channel.

    Attributes:
        not_finite: How many values inside objects were infinite or no number.
    """

    def __init__(self) -> None:
        self.not_finite = 0
        self._count = np.zeros((0, 0))
        self._sum = np.zeros((0, 0))
        self._squares = np.zeros((0, 0))
        self._low = np.zeros((0, 0))
        self._high = np.zeros((0, 0))

    def begin(self, rows: int, channels: int) -> None:
        """Make room for the channels of the first piece; nothing later."""
        if self._sum.shape[1] == 0:
            self._count, self._sum, self._squares = (np.zeros((rows, channels)) for _ in range(3))
            self._low, self._high = np.full((rows, channels), np.inf), np.full((rows, channels), -np.inf)

    def insert(self, where: NDArray[np.intp]) -> None:
        """Make rows for new objects before these rows."""
        self._count, self._sum, self._squares, self._low, self._high = (
            np.insert(table, where, first, axis=0)
            for table, first in (
                (self._count, 0.0),
                (self._sum, 0.0),
                (self._squares, 0.0),
                (self._low, np.inf),
                (self._high, -np.inf),
            )
        )

    def add(self, rows: NDArray[np.intp], local: NDArray[Any], values: NDArray[Any]) -> None:
        """Take in voxels.

        Args:
            rows: Row of each object among them.
            local: (N,) which entry of ``rows`` each voxel belongs to.
            values: (C, N) their grey values.
        """
        for c, channel in enumerate(values):
            grey = channel.astype(np.float64)
            finite = np.isfinite(grey)
            if not finite.all():
                self.not_finite += int(finite.size - np.count_nonzero(finite))
            known = np.where(finite, grey, 0.0)
            self._sum[rows, c] += np.bincount(local, known)
            self._squares[rows, c] += np.bincount(local, known * known)
            self._count[rows, c] += np.bincount(local, finite)
            low, high = np.full(len(rows), np.inf), np.full(len(rows), -np.inf)
            np.minimum.at(low, local, np.where(finite, grey, np.inf))
            np.maximum.at(high, local, np.where(finite, grey, -np.inf))
            self._low[rows, c] = np.minimum(self._low[rows, c], low)
            self._high[rows, c] = np.maximum(self._high[rows, c], high)

    def of_row(self, row: int) -> tuple[Grey, ...]:
        """What is known of one object, channel by channel."""
        return tuple(
            _grey(*numbers)
            for numbers in zip(
                self._count[row].tolist(),
                self._sum[row].tolist(),
                self._squares[row].tolist(),
                self._low[row].tolist(),
                self._high[row].tolist(),
                strict=True,
            )
        )


def _grey(count: float, total: float, squares: float, low: float, high: float) -> Grey:
    if not count:
        return Grey(math.nan, math.nan, math.nan, math.nan, 0.0)
    mean = total / count
    return Grey(mean, math.sqrt(max(0.0, squares / count - mean * mean)), low, high, total)
