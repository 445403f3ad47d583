"""Grey values of objects, summed up while slices pass by."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
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

    def add(self, rows: NDArray[np.intp], lengths: NDArray[np.intp], values: Sequence[NDArray[Any]]) -> None:
        """Take in runs of voxels.

        Args:
            rows: (R,) row of the object that each run belongs to.
            lengths: (R,) voxels of each, 1 or more.
            values: (N,) grey values of each channel, run after run.
        """
        starts = np.cumsum(lengths) - lengths
        for c, channel in enumerate(values):
            grey = channel.astype(np.float64)
            count, low, high = lengths.astype(np.float64), grey, grey
            finite = np.isfinite(grey)
            if not finite.all():
                self.not_finite += int(finite.size - np.count_nonzero(finite))
                count = np.add.reduceat(finite, starts, dtype=np.float64)
                low, high = np.where(finite, grey, np.inf), np.where(finite, grey, -np.inf)
                grey = np.where(finite, grey, 0.0)
            np.add.at(self._count[:, c], rows, count)
            np.add.at(self._sum[:, c], rows, np.add.reduceat(grey, starts))
            np.add.at(self._squares[:, c], rows, np.add.reduceat(grey * grey, starts))
            np.minimum.at(self._low[:, c], rows, np.minimum.reduceat(low, starts))
            np.maximum.at(self._high[:, c], rows, np.maximum.reduceat(high, starts))

    def of_rows(self, rows: slice) -> Iterator[tuple[Grey, ...]]:
        """What is known of some objects, channel by channel."""
        tables = (self._count, self._sum, self._squares, self._low, self._high)
        for channels in zip(*(table[rows].tolist() for table in tables), strict=True):
            yield tuple(_grey(*numbers) for numbers in zip(*channels, strict=True))


def _grey(count: float, total: float, squares: float, low: float, high: float) -> Grey:
    if not count:
        return Grey(math.nan, math.nan, math.nan, math.nan, 0.0)
    mean = total / count
    return Grey(mean, math.sqrt(max(0.0, squares / count - mean * mean)), low, high, total)
