"""Which three objects, one of each stack, share how many voxels: all that agreement needs to know of a volume."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.unsignedinteger]
_CACHED_VOXELS = 131_072  # fits the second cache of a processor
_LARGEST = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Triples:
    """Distinct triples of ids with their voxels and boxes, sorted by id.

    Attributes:
        ids: ``(t, 3) int64``; 0 where a stack has nothing, never all 0.
        voxels: ``(t,) int64``.
        boxes: ``(t, 6) int64`` half-open (z, y, x first, then behind the last).
    """

    ids: NDArray[np.int64]
    voxels: NDArray[np.int64]
    boxes: NDArray[np.int64]

    @classmethod
    def none(cls) -> Triples:
        """No triples."""
        return cls(np.zeros((0, 3), np.int64), np.zeros(0, np.int64), np.zeros((0, 6), np.int64))

    def moved(self, origin: tuple[int, int, int]) -> Triples:
        """The same in a volume in which the block begins at ``origin`` (z, y, x)."""
        return Triples(self.ids, self.voxels, self.boxes + np.array(origin * 2))

    @classmethod
    def together(cls, parts: list[Triples]) -> Triples:
        """The triples of several blocks."""
        whole = [cls.none(), *parts]
        return cls(*(np.concatenate([getattr(p, n) for p in whole]) for n in ("ids", "voxels", "boxes"))).merged()

    def merged(self) -> Triples:
        """Each triple once."""
        if len(self.ids) == 0:
            return self
        order, first = _grouped(self.ids)
        low, high = self.boxes[order, :3], self.boxes[order, 3:]
        boxes = np.concatenate([np.minimum.reduceat(low, first), np.maximum.reduceat(high, first)], axis=1)
        return Triples(self.ids[order[first]], np.add.reduceat(self.voxels[order], first), boxes)


@dataclass(frozen=True, slots=True)
class BlockRuns:
    """Stretches within a row of a block in which none of the three ids changes; those without any object are left out.

    Attributes:
        begins: ``(r,) int64`` first voxel, counted row after row.
        lengths: ``(r,) int32`` voxels.
        rows: ``(r,) int32`` row of the stretch in ``triples``.
        triples: What the block holds, as if it were the whole volume.
        shape: (Z, Y, X) of the block.
    """

    begins: NDArray[np.int64]
    lengths: NDArray[np.int32]
    rows: NDArray[np.int32]
    triples: Triples
    shape: tuple[int, int, int]

    @classmethod
    def encode(cls, xy: Labels, xz: Labels, yz: Labels) -> BlockRuns:
        """The stretches of a block.

        Args:
            xy: ``(Z, Y, X)`` objects of the stack of xy slices, 0 is the background.
            xz: The same block of the stack of xz slices, axes in the order of ``xy``.
            yz: The same block of the stack of yz slices.
        """
        if not xy.shape == xz.shape == yz.shape:
            raise ValueError(f"Expected three blocks of one shape, got {xy.shape}, {xz.shape} and {yz.shape}")
        depth, height, width = xy.shape
        stacks = [np.ascontiguousarray(stack).reshape(-1) for stack in (xy, xz, yz)]
        begins = _changes(stacks, max(1, width))
        ids = [stack[begins] for stack in stacks]
        solid = np.flatnonzero((ids[0] > 0) | (ids[1] > 0) | (ids[2] > 0))
        lengths = np.diff(begins, append=xy.size)[solid]
        begins = begins[solid]
        shape = (depth, height, width)
        table, rows = _tabled(np.stack([i[solid] for i in ids], axis=1).astype(np.int64), begins, lengths, shape)
        return cls(begins, lengths.astype(np.int32), rows, table, shape)

    @property
    def nbytes(self) -> int:
        """Memory of the stretches in bytes."""
        parts = (self.begins, self.lengths, self.rows, self.triples.ids, self.triples.voxels, self.triples.boxes)
        return sum(part.nbytes for part in parts)

    def paint(self, numbers: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """The block ``(Z, Y, X) uint32`` with a number for each of its triples; 0 elsewhere."""
        edges = np.empty(2 * self.begins.size + 2, np.int64)
        edges[0], edges[-1] = 0, math.prod(self.shape)
        edges[1:-1:2], edges[2:-1:2] = self.begins, self.begins + self.lengths
        values = np.zeros(2 * self.begins.size + 1, np.uint32)
        values[1::2] = numbers[self.rows]
        return np.repeat(values, np.diff(edges)).reshape(self.shape)


def _changes(stacks: list[Labels], width: int) -> NDArray[np.int64]:
    """Where a row begins, or the id of any stack changes; part by part, each small enough for the processor's cache."""
    size = stacks[0].size
    step = max(1, _CACHED_VOXELS // width) * width
    change, other = np.empty(min(step, size), bool), np.empty(min(step, size), bool)
    found = [np.zeros(0, np.int64)]
    for low in range(0, size, step):
        parts = [stack[low : low + step] for stack in stacks]
        changed, spare = change[: parts[0].size], other[1 : parts[0].size]
        np.not_equal(parts[0][1:], parts[0][:-1], out=changed[1:])
        for part in parts[1:]:
            np.not_equal(part[1:], part[:-1], out=spare)
            changed[1:] |= spare
        changed[::width] = True
        found.append(np.flatnonzero(changed) + low)
    return np.concatenate(found)


def _grouped(ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """An order of one or more triples in which equal ones lie together, sorted; and where in it each begins."""
    _, second, third = (int(most) + 1 for most in ids.max(axis=0))
    if int(ids[:, 0].max()) + 1 < _LARGEST // (second * third):
        keys = (ids[:, 0] * second + ids[:, 1]) * third + ids[:, 2]
        order = np.argsort(keys)
        changed = np.diff(keys[order]) != 0
    else:
        order = np.lexsort(ids.T[::-1])
        changed = (np.diff(ids[order], axis=0) != 0).any(axis=1)
    return order, np.flatnonzero(np.concatenate([[True], changed]))


def _tabled(
    ids: NDArray[np.int64], begins: NDArray[np.int64], lengths: NDArray[np.int64], shape: tuple[int, int, int]
) -> tuple[Triples, NDArray[np.int32]]:
    """The distinct triples of stretches of a block, and the row of each stretch among them."""
    rows = np.zeros(begins.size, np.int32)
    if begins.size == 0:
        return Triples.none(), rows
    order, first = _grouped(ids)
    rows[order] = np.repeat(np.arange(first.size, dtype=np.int32), np.diff(first, append=order.size))
    line, x = np.divmod(begins[order], shape[2])
    z, y = np.divmod(line, shape[1])
    size = lengths[order]
    low = [np.minimum.reduceat(places, first) for places in (z, y, x)]
    high = [np.maximum.reduceat(places, first) for places in (z + 1, y + 1, x + size)]
    return Triples(ids[order[first]], np.add.reduceat(size, first), np.stack([*low, *high], axis=1)), rows


class TripleIndex:
    """Finds the row of a triple in a sorted table."""

    def __init__(self, ids: NDArray[np.int64]) -> None:
        pairs = (ids[:, 0] << 32) | ids[:, 1]
        self._pairs, pair = np.unique(pairs, return_inverse=True)
        self._keys = (pair.astype(np.int64) << 32) | ids[:, 2]

    def find(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Rows of triples that are in the table.

        Raises:
            KeyError: A triple is not in the table.
        """
        pair, known = _places(self._pairs, (ids[:, 0] << 32) | ids[:, 1])
        row, found = _places(self._keys, (pair << 32) | ids[:, 2])
        if not (known & found).all():
            raise KeyError("The block holds objects that were never counted")
        return row


def _places(table: NDArray[np.int64], keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    if table.size == 0:
        return np.zeros(keys.shape, np.int64), np.zeros(keys.shape, bool)
    place = np.minimum(np.searchsorted(table, keys), table.size - 1)
    return place.astype(np.int64), table[place] == keys
