"""Which three objects, one of each stack, share how many voxels: all that agreement needs to know of a volume."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.unsignedinteger]


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

    @classmethod
    def count(cls, xy: Labels, xz: Labels, yz: Labels, origin: tuple[int, int, int]) -> Triples:
        """The triples of a block.

        Args:
            xy: ``(Z, Y, X)`` objects of the stack of xy slices, 0 is the background.
            xz: The same block of the stack of xz slices, axes in the order of ``xy``.
            yz: The same block of the stack of yz slices.
            origin: Place of the block in the volume (z, y, x).
        """
        begins, lengths, ids = block_runs(xy, xz, yz)
        if begins.size == 0:
            return cls.none()
        _, rows, columns = xy.shape
        line, x = np.divmod(begins, columns)
        z, y = np.divmod(line, rows)
        low = np.stack([z, y, x], axis=1) + np.array(origin)
        high = low + 1
        high[:, 2] += lengths - 1
        return cls(ids, lengths, np.concatenate([low, high], axis=1)).merged()

    @classmethod
    def together(cls, parts: list[Triples]) -> Triples:
        """The triples of several blocks."""
        whole = [cls.none(), *parts]
        return cls(*(np.concatenate([getattr(p, n) for p in whole]) for n in ("ids", "voxels", "boxes"))).merged()

    def merged(self) -> Triples:
        """Each triple once."""
        if len(self.ids) == 0:
            return self
        order = np.lexsort(self.ids.T[::-1])
        ids, boxes = self.ids[order], self.boxes[order]
        first = np.flatnonzero(np.concatenate([[True], (ids[1:] != ids[:-1]).any(axis=1)]))
        low = np.minimum.reduceat(boxes[:, :3], first)
        high = np.maximum.reduceat(boxes[:, 3:], first)
        return Triples(ids[first], np.add.reduceat(self.voxels[order], first), np.concatenate([low, high], axis=1))


def block_runs(xy: Labels, xz: Labels, yz: Labels) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Stretches within a row of a block in which none of the three ids changes.

    Returns:
        First voxel counted row after row, length, and ``(r, 3)`` ids; stretches without any object are left out.
    """
    if not xy.shape == xz.shape == yz.shape:
        raise ValueError(f"Expected three blocks of one shape, got {xy.shape}, {xz.shape} and {yz.shape}")
    stacks = [np.ascontiguousarray(stack) for stack in (xy, xz, yz)]
    first, changes = np.zeros(xy.size, bool), np.empty(max(0, xy.size - 1), bool)
    for stack in stacks:
        flat = stack.reshape(-1)
        np.not_equal(flat[1:], flat[:-1], out=changes)  # also where rows meet, and they begin anew anyway
        first[1:] |= changes
    first.reshape(xy.shape)[..., :1] = True
    begins = np.flatnonzero(first)
    lengths = np.diff(np.append(begins, first.size))
    ids = np.stack([stack.reshape(-1)[begins] for stack in stacks], axis=1).astype(np.int64)
    solid = ids.any(axis=1)
    return begins[solid], lengths[solid], ids[solid]


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
