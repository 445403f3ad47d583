"""Runs of equal voxels along x, of which there are several times fewer than voxels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class RowRuns:
    """All voxels of an array as runs, in reading order; none goes on in the next row.

    Attributes:
        begins: ``(R,)`` first voxel of each, counted flat.
        lengths: ``(R,)`` voxels of each.
        values: ``(R,)`` the value of each; 0 is the background.
    """

    begins: NDArray[np.intp]
    lengths: NDArray[np.intp]
    values: NDArray[Any]

    @classmethod
    def of(cls, labels: NDArray[Any]) -> RowRuns:
        """The runs of an array ``(…, X)``."""
        flat = np.ascontiguousarray(labels).reshape(-1)
        breaks = np.empty(flat.size, bool)
        np.not_equal(flat[1:], flat[:-1], out=breaks[1:])
        breaks[:: max(1, labels.shape[-1])] = True
        begins = np.flatnonzero(breaks)
        return cls(begins, np.diff(begins, append=flat.size), flat[begins])

    def solid(self) -> RowRuns:
        """Those that are not background."""
        kept = np.flatnonzero(self.values)
        return RowRuns(self.begins[kept], self.lengths[kept], self.values[kept])
