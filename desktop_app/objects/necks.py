"""Which parts of a shape are parted by a neck, and which only by the grid of voxels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from desktop_app.objects.basins import HaloBlock, Meetings

_LEAST, _THIN = 0.9, 2.0
"""Voxels: by how much a neck must be thinner, in radius, than both parts, and up to which radius a part has no necks.

The distance of a voxel from the border is told to about half a voxel, and so is the middle of a band: along a ring of
even width it goes up and down by up to 0.83, and between 1 and 2 where the ring is 2 to 3 voxels wide. Of 82 kinds of
rings, 1.5 to 12 px wide and 10 to 80 px in radius, none is cut; with 0.8, 13 are."""


class Necks:
    """Joins the objects that no neck parts, seen block by block.

    The depth of a neck is how far the border is from the place where two objects meet, at its widest. Necks are looked
    at from the widest to the narrowest, and objects that were joined count as one; this is the persistence of the tops
    of the distance map (Edelsbrunner et al. 2002, doi 10.1007/s00454-002-2885-2). A ring or a shell, along which the
    distance hardly changes, so is one object, however long it is.

    Args:
        highest: Objects are numbered 1 to this.
        voxel: Shortest edge of a voxel, in the unit of the distances.
    """

    def __init__(self, highest: int, voxel: float) -> None:
        self._deepest = np.zeros(highest + 1, np.float32)
        self._least, self._thin = np.float32(_LEAST * voxel), np.float32(_THIN * voxel)
        self._meetings = Meetings()

    def add(self, window: HaloBlock, objects: NDArray[np.uint32]) -> None:
        """Look at a block.

        Args:
            window: Of the block; its heights are distances from the border.
            objects: Their numbers in all of the window, ``(Z, Y, X) uint32``.
        """
        distance = window.height[window.core].reshape(-1)
        np.maximum.at(self._deepest, objects[window.core].reshape(-1), distance)
        self._meetings.add(window, objects)

    def table(self) -> NDArray[np.uint32]:
        """The number of each object once those without a neck are one; 0 stays 0."""
        joined = np.arange(self._deepest.size, dtype=np.uint32)
        deepest = self._deepest.copy()

        def one_of(number: int) -> int:
            while joined[number] != number:
                joined[number] = joined[joined[number]]
                number = int(joined[number])
            return number

        edges = self._meetings.from_highest()
        for first, second, neck in zip(edges["a"].tolist(), edges["b"].tolist(), edges["low"], strict=True):
            if first == 0:
                continue
            one, other = one_of(first), one_of(second)
            radius = min(deepest[one], deepest[other])
            if one != other and (radius - neck < self._least or radius <= self._thin):
                joined[max(one, other)] = min(one, other)
                deepest[min(one, other)] = max(deepest[one], deepest[other])
        return np.array([one_of(number) for number in range(joined.size)], np.uint32)
