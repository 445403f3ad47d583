"""Which objects touch, and which is the nearest."""

from __future__ import annotations

from dataclasses import dataclass

import fastremap
import numpy as np
from numpy.typing import NDArray

_SHIFT = np.uint64(32)  # bits: both ids of a pair in one number


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """The objects around one.

    Attributes:
        touching: How many objects share a face of a voxel with it.
        nearest: Number of the object whose centre is nearest; 0 where there is no other.
        distance: From centre to centre, in the unit of the voxel size; None where there is no other.
        gap: From surface to surface, to whichever is nearest so; 0 where they touch, None where it is not known.
    """

    touching: int
    nearest: int
    distance: float | None
    gap: float | None = None


class TouchCounter:
    """Counts which objects touch, in slabs of whole slices from the first to the last."""

    def __init__(self) -> None:
        self._pairs = np.zeros(0, np.uint64)
        self._before: NDArray[np.uint32] | None = None

    def add(self, labels: NDArray[np.uint32]) -> None:
        """Take in the next slab ``(Z, Y, X)``."""
        found = [_touching(labels[1:], labels[:-1]), _touching(labels[:, 1:], labels[:, :-1])]
        found.append(_touching(labels[:, :, 1:], labels[:, :, :-1]))
        if self._before is not None:
            found.append(_touching(self._before, labels[0]))
        self._before = labels[-1].copy()
        self._pairs = np.unique(np.concatenate([self._pairs, *found]))

    def counts(self) -> dict[int, int]:
        """How many others each object touches; objects that touch none are not listed."""
        ends = np.concatenate([self._pairs >> _SHIFT, self._pairs & np.uint64(2**32 - 1)])
        ids, counts = np.unique(ends, return_counts=True)
        return dict(zip(ids.tolist(), counts.tolist(), strict=True))


def neighbourhoods(
    ids: NDArray[np.int64], centers: NDArray[np.float64], touching: dict[int, int], gaps: dict[int, float]
) -> dict[int, Neighbourhood]:
    """What is around each object.

    Args:
        ids: (N,) their numbers.
        centers: (N, 3) their centres (z, y, x) in units.
        touching: How many others each touches.
        gaps: From its surface to the nearest other, where that is known.
    """
    from scipy.spatial import cKDTree  # half a second of import that nothing else needs

    if len(ids) < 2:
        return {int(label): Neighbourhood(touching.get(int(label), 0), 0, None) for label in ids}
    distances, rows = cKDTree(centers).query(centers, k=2)
    own = rows[:, 0] == np.arange(len(ids))  # two objects with one centre may come in either order
    others = np.where(own, rows[:, 1], rows[:, 0])
    return {
        label: Neighbourhood(touching.get(label, 0), int(ids[other]), distance, gaps.get(label))
        for label, other, distance in zip(ids.tolist(), others.tolist(), distances[:, 1].tolist(), strict=True)
    }


def _touching(first: NDArray[np.uint32], second: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Pairs of objects of which one has a voxel where the other has the voxel beside it."""
    at = (first != second) & (first > 0) & (second > 0)
    if not at.any():
        return np.zeros(0, np.uint64)
    left, right = first[at].astype(np.uint64), second[at].astype(np.uint64)
    pairs = (np.minimum(left, right) << _SHIFT) | np.maximum(left, right)
    return np.asarray(fastremap.unique(pairs), np.uint64)
