"""What is known of each object of an image, kept by tiles, so that an edit costs its own neighbourhood only."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3, Region
from desktop_app.core.imaging.region import BoxReader
from desktop_app.objects.proofreading.rows import Rows

# Voxels (z, y, x): half a million are read and measured in some milliseconds, and are whole chunks of a label file.
_TILE: Index3 = (8, 256, 256)
_TILE_2D: Index3 = (1, 512, 512)  # the same for pictures


class ObjectIndex:
    """Rows of all objects; whoever changes labels says where.

    Args:
        shape: (Z, Y, X) of the labels.
        tile: Edges of a tile (z, y, x); None chooses.
    """

    def __init__(self, shape: Index3, tile: Index3 | None = None) -> None:
        self.shape = shape
        self._tile = tile or (_TILE if shape[0] > 1 else _TILE_2D)
        self._tiles: dict[Index3, Rows] = {}
        self.rows = Rows.none()

    @classmethod
    def of(
        cls, shape: Index3, labels: BoxReader, grey: BoxReader | None = None,
        go_on: Callable[[float], None] = lambda _: None, tile: Index3 | None = None,
        filled: Iterable[Region] | None = None,
    ) -> ObjectIndex:  # fmt: skip
        """All objects of some labels.

        Args:
            shape: Of the labels (Z, Y, X).
            labels: Reads a box of them.
            grey: Reads the same box of an image.
            go_on: Hears the share that is done, 0 to 1; raises to stop.
            tile: Edges of a tile; None chooses.
            filled: Boxes that together hold all labels, where that is known: all else is not read.
        """
        index = cls(shape, tile)
        boxes = [Region.whole(shape)] if filled is None else filled
        places = sorted({place for box in boxes for place in index._places(box.intersect(Region.whole(shape)))})
        for done, place in enumerate(places):
            go_on(done / len(places))
            index._measure(place, labels, grey)
        index.rows = Rows.together(list(index._tiles.values()))
        return index

    def update(self, region: Region, labels: BoxReader, grey: BoxReader | None = None) -> NDArray[np.uint32]:
        """The labels in ``region`` have changed; returns the objects of which something else is known now."""
        touched: list[Rows] = []
        for place in self._places(region.intersect(Region.whole(self.shape))):
            before = self._tiles.get(place, Rows.none())
            after = self._measure(place, labels, grey)
            touched += _different(before, after)
        changed = np.unique(np.concatenate([rows.ids for rows in touched])) if touched else np.zeros(0, np.uint32)
        if changed.size:
            self._renew(changed, touched)
        return changed

    def _renew(self, ids: NDArray[np.uint32], touched: list[Rows]) -> None:
        """Put the rows of some objects together again, from the tiles in which they were or are."""
        known = self.rows.chosen(self.rows.places(ids))
        around = Rows.together([known, *touched])
        low, high = around.low.min(axis=0).tolist(), around.high.max(axis=0).tolist()
        box = Region((low[0], low[1], low[2]), (high[0], high[1], high[2]))
        parts = [self._tiles[place] for place in self._places(box) if place in self._tiles]
        fresh = Rows.together([part.chosen(part.places(ids)) for part in parts])
        kept = self.rows.chosen(~np.isin(self.rows.ids, ids, assume_unique=True))
        self.rows = Rows.together([kept, fresh])

    def _measure(self, place: Index3, labels: BoxReader, grey: BoxReader | None) -> Rows:
        box = self._box(place)
        found = labels(box)
        rows = Rows.measured(box.start, found, grey(box) if grey is not None and found.any() else None)
        if rows.ids.size:
            self._tiles[place] = rows
        else:
            self._tiles.pop(place, None)
        return rows

    def _places(self, region: Region) -> Iterator[Index3]:
        spans = (range(a // n, -(-b // n)) for a, b, n in zip(region.start, region.stop, self._tile, strict=True))
        yield from itertools.product(*spans)

    def _box(self, place: Index3) -> Region:
        z, y, x = (p * n for p, n in zip(place, self._tile, strict=True))
        stop = z + self._tile[0], y + self._tile[1], x + self._tile[2]
        return Region((z, y, x), stop).intersect(Region.whole(self.shape))


def _different(before: Rows, after: Rows) -> list[Rows]:
    """The rows of the objects that are not the same in both."""
    common, old, new = np.intersect1d(before.ids, after.ids, assume_unique=True, return_indices=True)
    del common
    differs = np.zeros(old.size, bool)
    for name in Rows.__slots__ if old.size else ():
        one, other = getattr(before, name)[old], getattr(after, name)[new]
        differs |= (one != other).reshape(old.size, -1).any(axis=1)
    gone, came = np.ones(before.ids.size, bool), np.ones(after.ids.size, bool)
    gone[old], came[new] = differs, differs
    return [part for part in (before.chosen(gone), after.chosen(came)) if part.ids.size]
