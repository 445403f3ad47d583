"""Joining objects between which the height hardly falls: how far it must, whoever asks says."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from desktop_app.objects.basins import HaloBlock, Meetings, root_of


class Saddles:
    """Joins objects over the saddles between them, seen block by block.

    Saddles, the highest places where two objects meet, are looked at from the highest to the lowest, and objects that
    were joined count as one with the higher of their tops; this is the persistence of tops (Edelsbrunner et al. 2002,
    doi 10.1007/s00454-002-2885-2).

    Args:
        highest: Objects are numbered 1 to this.
        joins: Whether two objects are one, by the top of the lower one and the saddle.
        most: What is higher counts as this high.
    """

    def __init__(
        self, highest: int, joins: Callable[[np.float32, np.float32], bool], most: float = float("inf")
    ) -> None:
        self._tops = np.full(highest + 1, -np.inf, np.float32)
        self._joins, self._most = joins, np.float32(most)
        self._meetings = Meetings()

    def add(self, window: HaloBlock, objects: NDArray[np.uint32]) -> None:
        """Look at a block.

        Args:
            window: Of the block, with heights.
            objects: Their numbers in all of the window, ``(Z, Y, X) uint32``.
        """
        height = window.height[window.core].reshape(-1)
        np.maximum.at(self._tops, objects[window.core].reshape(-1), height)
        self._meetings.add(window, objects)

    def table(self) -> NDArray[np.uint32]:
        """The number of each object once those that are one are joined; 0 stays 0."""
        joined = np.arange(self._tops.size, dtype=np.uint32)
        tops = np.minimum(self._tops, self._most)

        edges = self._meetings.from_highest()
        saddles = np.minimum(edges["low"], self._most)
        for first, second, saddle in zip(edges["a"].tolist(), edges["b"].tolist(), saddles, strict=True):
            if first == 0:
                continue
            one, other = root_of(joined, first), root_of(joined, second)
            if one != other and self._joins(min(tops[one], tops[other]), saddle):
                joined[max(one, other)] = min(one, other)
                tops[min(one, other)] = max(tops[one], tops[other])
        return np.array([root_of(joined, number) for number in range(joined.size)], np.uint32)


def dips(highest: int, least: float, most: float) -> Saddles:
    """Joins the parts of an object that a learned depth shows as two, with hardly a dip between them.

    Args:
        highest: Objects are numbered 1 to this.
        least: By which share of the lower top the depth must fall between two objects.
        most: Parts deeper than this are one anyway.
    """
    kept = np.float32(1 - least)
    return Saddles(highest, lambda top, saddle: bool(saddle > kept * top), most)
