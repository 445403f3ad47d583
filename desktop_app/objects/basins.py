"""Flooding from seeds, in pieces: the same whatever the pieces.

A watershed by drops of water (Meyer and Beucher 1990; as a minimum spanning forest, Cousty et al. 2009, doi
10.1109/TPAMI.2008.173): each voxel goes to its highest neighbour until it meets a seed or a top without one; then tops
without a seed are given, over the highest saddles first, to the seed that a rising flood would bring. Of voxels of the
same height the one that comes first in the volume counts as higher, so that there is one answer, and it can be found
block by block.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

_Shape = tuple[int, int, int]
_MOST_PLACES = 2**32 - 1  # voxels of a window: places have 32 bits of a rank, as heights have
_AT_ONCE = 2**18  # voxels of whole slices: 2 MB of ranks, which stay in the processor's cache
_NOWHERE = np.int64(np.iinfo(np.int64).min)  # below the rank of any voxel
EDGE = np.dtype([("a", "u4"), ("b", "u4"), ("low", "f4"), ("low_at", "i8"), ("high", "f4"), ("high_at", "i8")])
"""A place where two basins meet: their numbers, and height and place of its lower and its higher voxel."""


@dataclass(frozen=True, slots=True)
class HaloBlock:
    """Heights of a block with one voxel more on each side where the volume goes on.

    Attributes:
        classes: ``(Z, Y, X)`` bool or uint8 class numbers; water never crosses classes, nor the background 0.
        height: ``(Z, Y, X) float32``.
        core: Where the block lies in them.
        start: Where they begin in the volume.
        shape: Of the volume.
    """

    classes: NDArray[Any]
    height: NDArray[np.float32]
    core: tuple[slice, slice, slice]
    start: _Shape
    shape: _Shape


def whole_window(classes: NDArray[Any], height: NDArray[np.float32]) -> HaloBlock:
    """The window of a volume that is one block."""
    depth, rows, columns = classes.shape
    whole = (slice(0, depth), slice(0, rows), slice(0, columns))
    return HaloBlock(classes, height, whole, (0, 0, 0), (depth, rows, columns))


def root_of(joined: NDArray[np.uint32], number: int) -> int:
    """The number that stands for all that a number was joined with; ways to it become shorter.

    Args:
        joined: ``(n,)``: for each number one that it was joined with, itself where it stands for the others.
        number: Of them.
    """
    while joined[number] != number:
        joined[number] = joined[joined[number]]
        number = int(joined[number])
    return number


class Meetings:
    """The highest place where two basins, or two objects, meet, of each two; gathered block by block."""

    def __init__(self) -> None:
        self._edges = np.zeros(0, EDGE)

    def add(self, window: HaloBlock, basins: NDArray[np.uint32]) -> None:
        """Note where those of a block meet each other and those behind it.

        Args:
            window: Of the block.
            basins: Their numbers in all of the window, ``(Z, Y, X) uint32``.
        """
        field = _Field(window)
        found = [self._edges, *field.edges(field.padded(basins))]
        self._edges = _highest(np.concatenate(found))

    def from_highest(self) -> NDArray[Any]:
        """The places as ``EDGE``, from the highest to the lowest, in an order that no blocks decide."""
        return self._edges[_by_height(self._edges)]


class Basins:
    """Basins of a volume that is seen block by block, three times in the same order: ``find``, ``meet``, ``border``.

    Args:
        seeds: Seeds are numbered 1 to this.
    """

    def __init__(self, seeds: int) -> None:
        self._seeds, self._count = seeds, seeds
        self._exits: list[tuple[NDArray[np.uint32], NDArray[np.int64]]] = []
        self._met = 0
        self._onward: list[tuple[NDArray[np.uint32], NDArray[np.uint32]]] = []
        self._meetings = Meetings()
        self.tops = np.zeros(1, np.uint32)
        """After all blocks were met: the basin of each number that ``find`` gave."""

    def find(self, window: HaloBlock, seeds: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """Numbers ``(Z, Y, X) uint32`` of the basins of a block; keep them.

        Args:
            window: Of the block.
            seeds: ``(Z, Y, X) uint32`` of the window.
        """
        field = _Field(window)
        voxels, best = field.uphill()
        number = field.padded(seeds)[voxels].astype(np.uint32)
        rooted = number > 0
        best[rooted] = voxels[rooted]
        leaving = ~field.in_core(best)
        exits = np.flatnonzero(leaving)
        place = np.zeros(field.height.size, np.uint32)
        place[voxels] = np.arange(voxels.size, dtype=np.uint32)
        root = np.where(leaving, np.arange(voxels.size), place[best])
        del place
        while not np.array_equal(further := root[root], root):
            root = further
        is_root = root == np.arange(voxels.size)
        fresh = np.flatnonzero(is_root & ~rooted)
        number[fresh] = np.arange(self._count + 1, self._count + 1 + fresh.size)
        self._count += int(fresh.size)
        self._exits.append((number[exits], field.in_volume(best[exits])))
        basins = np.zeros(field.height.size, np.uint32)
        basins[voxels] = number[root]
        return field.core_of(basins)

    def meet(self, start: _Shape, shape: _Shape, basins: NDArray[np.uint32]) -> None:
        """Where the water that leaves a block goes on.

        Args:
            start: Where the block's window begins in the volume.
            shape: Of the volume.
            basins: What ``find`` gave for all of the window.
        """
        numbers, targets = self._exits[self._met]
        self._met += 1
        z, y, x = np.unravel_index(targets, shape)
        self._onward.append((numbers, basins[z - start[0], y - start[1], x - start[2]]))

    def finish_meeting(self) -> None:
        """Follow the water through all blocks: from then on ``tops`` is told."""
        onward = np.arange(self._count + 1)
        for numbers, targets in self._onward:
            onward[numbers] = targets
        while not np.array_equal(further := onward[onward], onward):
            onward = further
        alive = onward == np.arange(onward.size)
        alive[: self._seeds + 1] = True
        self.tops = (np.cumsum(alive) - 1).astype(np.uint32)[onward]

    def border(self, window: HaloBlock, basins: NDArray[np.uint32]) -> None:
        """Note the highest place where two basins meet, of each two.

        Args:
            window: Of the block.
            basins: ``tops`` of what ``find`` gave for all of the window.
        """
        self._meetings.add(window, basins)

    def objects(self) -> NDArray[np.uint32]:
        """The object of each basin: the seed that floods it; where none does, one of their own from the seeds' on."""
        from scipy.sparse import coo_array  # 25 MB that the window does without until it is needed
        from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

        count = int(self.tops.max(initial=0)) + 1
        edges = self._meetings.from_highest()
        seeds = np.arange(1, self._seeds + 1)
        ends = np.concatenate([edges["a"], np.zeros(seeds.size, np.uint32)]), np.concatenate([edges["b"], seeds])
        weights = np.concatenate([np.arange(2.0, edges.size + 2), np.ones(seeds.size)])
        forest = minimum_spanning_tree(coo_array((weights, ends), shape=(count, count)).tocsr()).tocoo()
        real = (forest.row > 0) & (forest.col > 0)  # number 0 joins the seeds only so that no two end in one tree
        joined = coo_array((forest.data[real], (forest.row[real], forest.col[real])), shape=(count, count))
        _, group = connected_components(joined, directed=False)
        owner = np.zeros(int(group.max()) + 1, np.uint32)
        owner[group[seeds]] = seeds
        unseeded = np.flatnonzero(owner == 0)
        unseeded = unseeded[unseeded != group[0]]
        owner[unseeded] = np.arange(self._seeds + 1, self._seeds + 1 + unseeded.size)
        return owner[group]


class _Field:
    """A window with a rim of background, so that each voxel of it has all its neighbours; places are counted flat.

    A volume of one slice has none above and below: its voxels have 8 neighbours instead of 26.
    """

    def __init__(self, window: HaloBlock) -> None:
        self._window = window
        depth, rows, columns = window.classes.shape
        flat = window.shape[0] == 1
        self._rim: _Shape = (0 if flat else 1, 1, 1)
        self.shape: _Shape = (depth + 2 * self._rim[0], rows + 2, columns + 2)
        self.classes = self.padded(window.classes)
        height = self.padded(np.asarray(window.height, np.float32))
        self.height = np.where(self.classes != 0, height, np.float32(-np.inf))
        core = np.zeros(self.shape, bool)
        core[self._inner] = True
        self._core = core.reshape(-1)
        self._several = int(window.classes.max(initial=0)) > 1
        plane, row = self.shape[1] * self.shape[2], self.shape[2]
        around = product((0,) if flat else (-1, 0, 1), (-1, 0, 1), (-1, 0, 1))
        # Half of the neighbours.
        self._ahead = [z * plane + y * row + x for z, y, x in around if (z, y, x) > (0, 0, 0)]

    @property
    def _inner(self) -> tuple[slice, ...]:
        return tuple(slice(s.start + rim, s.stop + rim) for s, rim in zip(self._window.core, self._rim, strict=True))

    def padded(self, values: NDArray[Any]) -> NDArray[Any]:
        """Values of the window, flat, with 0 around."""
        return np.pad(values, [(rim, rim) for rim in self._rim]).reshape(-1)

    def core_of(self, values: NDArray[Any]) -> NDArray[Any]:
        """The block's part of flat values."""
        return np.ascontiguousarray(values.reshape(self.shape)[self._inner])

    def in_core(self, places: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Whether places are in the block."""
        return self._core[places]

    def in_volume(self, places: NDArray[np.intp]) -> NDArray[np.int64]:
        """Flat places in the volume."""
        found = np.unravel_index(places, self.shape)
        z, y, x = (v + s - rim for v, s, rim in zip(found, self._window.start, self._rim, strict=True))
        _, height, width = self._window.shape
        return (z.astype(np.int64) * height + y) * width + x

    def uphill(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Voxels of the block, and the highest of each and its neighbours; of equal ones the first."""
        voxels = np.flatnonzero(self._core & (self.classes != 0))
        best = np.empty(voxels.size, np.intp)
        plane = self.shape[1] * self.shape[2]
        step = max(1, _AT_ONCE // plane)
        for z in range(0, self.shape[0], step):
            part = slice(*np.searchsorted(voxels, (z * plane, (z + step) * plane)).tolist())
            if part.stop > part.start:
                best[part] = self._highest_near(voxels[part], max(0, z - 1), min(self.shape[0], z + step + 1))
        return voxels, best

    def _highest_near(self, voxels: NDArray[np.intp], begin: int, end: int) -> NDArray[np.intp]:
        """The highest of each voxel and its neighbours, which all lie in these slices."""
        rank, first = self._ranks(begin, end), begin * self.shape[1] * self.shape[2]
        if not self._several:
            return self._places(highest_around(rank).reshape(-1)[voxels - first])
        best, own = np.empty(voxels.size, np.intp), self.classes[voxels]
        classes = self.classes.reshape(self.shape)[begin:end]
        for number in np.flatnonzero(np.bincount(own)):
            mine, of_class = own == number, np.where(classes == number, rank, _NOWHERE)
            best[mine] = self._places(highest_around(of_class).reshape(-1)[voxels[mine] - first])
        return best

    def _ranks(self, begin: int, end: int) -> NDArray[np.int64]:
        """Numbers by which the voxels of some slices ``(Z, Y, X)`` are ordered: by height, then backwards by place."""
        plane = self.shape[1] * self.shape[2]
        height = self.height[begin * plane : end * plane] + np.float32(0)  # 0 and -0 are one height
        rank = height.view(np.int32).astype(np.int64)
        rank ^= (rank >> 63) & (2**31 - 1)  # of floats below 0 the larger bits are the lower
        rank <<= 32  # bits: heights above, places below
        rank += np.arange(_MOST_PLACES - begin * plane, _MOST_PLACES - end * plane, -1)
        return rank.reshape(end - begin, *self.shape[1:])

    @staticmethod
    def _places(ranks: NDArray[np.int64]) -> NDArray[np.intp]:
        """The flat places that numbers of ``_ranks`` belong to."""
        return _MOST_PLACES - (ranks & _MOST_PLACES)

    def edges(self, basins: NDArray[np.uint32]) -> Iterator[NDArray[Any]]:
        """Where voxels of the block and neighbours behind them are of two basins."""
        voxels = np.flatnonzero(self._core & (self.classes != 0))
        own = basins.take(voxels)
        for step in self._ahead:
            apart = np.flatnonzero(own != basins.take(voxels + step))
            first = voxels[apart]
            first = first[self._seen(first, first + step) > -np.inf]  # of few: most voxels lie inside of a basin
            pair = self._sorted_pair(basins[first], basins[first + step])
            first = first[_as_high_as_any(pair, np.minimum(self.height[first], self.height[first + step]))]
            second = first + step
            upward = self.height[second] > self.height[first]
            low, high = np.where(upward, first, second), np.where(upward, second, first)
            found = np.empty(first.size, EDGE)
            found["a"] = np.minimum(basins[first], basins[second])
            found["b"] = np.maximum(basins[first], basins[second])
            found["low"], found["high"] = self.height[low], self.height[high]
            found["low_at"], found["high_at"] = self.in_volume(low), self.in_volume(high)
            yield _highest(found)

    @staticmethod
    def _sorted_pair(one: NDArray[np.uint32], other: NDArray[np.uint32]) -> NDArray[np.uint64]:
        """One number for each two basins, whichever comes first."""
        return (np.minimum(one, other).astype(np.uint64) << np.uint64(32)) | np.maximum(one, other)

    def _seen(self, voxels: NDArray[np.intp], places: NDArray[np.intp]) -> NDArray[np.float32]:
        """Heights of neighbours; those of another class are infinitely low."""
        height = self.height.take(places)
        if not self._several:
            return height
        return np.where(self.classes.take(places) == self.classes.take(voxels), height, np.float32(-np.inf))


def highest_around(values: NDArray[Any]) -> NDArray[Any]:
    """The highest of each voxel ``(Z, Y, X)`` and its neighbours, of which it has 26 inside.

    Axis by axis in whole rows, some 20 times faster than a filter that goes through them voxel by voxel.
    """
    for axis in range(values.ndim):
        found = values.copy()
        before, behind = ((slice(None),) * axis + (part,) for part in (slice(None, -1), slice(1, None)))
        np.maximum(found[before], values[behind], out=found[before])
        np.maximum(found[behind], values[before], out=found[behind])
        values = found
    return values


def _as_high_as_any(pairs: NDArray[np.uint64], height: NDArray[np.float32]) -> NDArray[np.intp]:
    """Which places are as high as the highest of their pair: few, so that only they are looked at further."""
    if pairs.size == 0:
        return np.zeros(0, np.intp)
    order = np.argsort(pairs)
    pairs, height = pairs[order], height[order]
    begins = np.flatnonzero(np.concatenate([[True], pairs[1:] != pairs[:-1]]))
    highest = np.maximum.reduceat(height, begins)
    return order[height >= np.repeat(highest, np.diff(begins, append=pairs.size))]


def _highest(edges: NDArray[Any]) -> NDArray[Any]:
    """Of each two basins the highest place alone, in the order of their numbers."""
    if edges.size == 0:
        return edges
    edges = edges[_as_high_as_any(_pairs(edges), edges["low"])]
    pairs = _pairs(edges)
    same = pairs[1:] == pairs[:-1]
    if not same.any():
        return edges
    tied = np.concatenate([same, [False]]) | np.concatenate([[False], same])
    some = edges[tied]  # few as a rule: only for these everything else of a place decides, which takes long
    some = some[_by_height(some)]
    _, first = np.unique(_pairs(some), return_index=True)
    edges = np.concatenate([edges[~tied], some[first]])
    return edges[np.argsort(_pairs(edges))]


def _pairs(edges: NDArray[Any]) -> NDArray[np.uint64]:
    """One number for each two basins, by which they are ordered."""
    return (edges["a"].astype(np.uint64) << np.uint64(32)) | edges["b"]


def _by_height(edges: NDArray[Any]) -> NDArray[np.intp]:
    """An order from the highest place to the lowest: first the lower voxel counts, then the higher one."""
    return np.lexsort((edges["high_at"], -edges["high"], edges["low_at"], -edges["low"]))
