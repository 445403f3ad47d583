"""Objects made thinner or thicker, holes closed, slab by slab; parts that come loose are objects of their own."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cc3d
import numpy as np
from numpy.typing import NDArray

from desktop_app.objects.filters import fill_holes
from desktop_app.objects.panoptic.runs import SliceRuns
from desktop_app.objects.panoptic.slices import PanopticSlice
from desktop_app.objects.panoptic.tables import Extent, Filter
from desktop_app.objects.stitching import BlockStitcher

_FAR = 1 << 28  # steps: beyond any image
_LOW = 32  # bits of the label below the distance
_MASK = (1 << _LOW) - 1


@dataclass(frozen=True, slots=True)
class MorphologyRules:
    """How the shape of objects is changed: first thinner, then thicker, then without holes.

    Attributes:
        erode: Layers of voxels taken off each object, also where it touches another; none at the edge of the volume.
        dilate: Layers of voxels added to each object, where there is background.
        fill_holes: Whether holes are closed, slice by slice along the first axis.
    """

    erode: int = 0
    dilate: int = 0
    fill_holes: bool = False

    @property
    def changes(self) -> bool:
        """Whether the rules do anything."""
        return self.erode > 0 or self.dilate > 0 or self.fill_holes


def halo(rules: MorphologyRules) -> int:
    """Slices that a slab needs on both sides, so that its middle is what it would be in the whole volume."""
    return max(0, rules.erode) + max(0, rules.dilate)


def reshape_labels(labels: NDArray[np.uint32], rules: MorphologyRules) -> NDArray[np.uint32]:
    """The same objects, same numbers, in another shape.

    Args:
        labels: ``(Z, Y, X) uint32``, a volume, or a slab with ``halo(rules)`` more slices wherever the volume goes on:
            those slices are wrong afterwards, cut them off.
        rules: What is done.
    """
    labels = dilate(erode(labels, rules.erode), rules.dilate)
    return fill_slices(labels) if rules.fill_holes else labels


def erode(labels: NDArray[np.uint32], layers: int) -> NDArray[np.uint32]:
    """Take layers off each object: voxels stay whose neighbours up to ``layers`` steps away are all of their object.

    Steps go from face to face, as when the three-dimensional cross is applied ``layers`` times.

    Args:
        labels: ``(Z, Y, X) uint32``.
        layers: 0 changes nothing.
    """
    if layers < 1 or labels.size == 0:
        return labels
    steps = np.where(_borders(labels), np.int32(0), np.int32(_FAR))
    for axis in range(3):
        _spread(steps, axis, 1)
    return np.where(steps >= layers, labels, np.uint32(0))


def dilate(labels: NDArray[np.uint32], layers: int) -> NDArray[np.uint32]:
    """Add layers of background to each object; a voxel as near to several goes to the highest number.

    Args:
        labels: ``(Z, Y, X) uint32``.
        layers: Steps from face to face; 0 changes nothing.
    """
    if layers < 1 or labels.size == 0:
        return labels
    nearest = np.where(labels > 0, _MASK - labels.astype(np.int64), np.int64(_FAR) << _LOW)
    for axis in range(3):
        _spread(nearest, axis, 1 << _LOW)
    reached = (nearest >> _LOW) <= layers
    return np.where(reached, _MASK - (nearest & _MASK), 0).astype(np.uint32)


def fill_slices(labels: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Close the holes of each object in each slice ``(Y, X)`` of ``(Z, Y, X) uint32``; other objects stay."""
    if labels.shape[0] == 0:
        return labels
    return np.concatenate([fill_holes(labels[z : z + 1]) for z in range(labels.shape[0])])


def _borders(labels: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Voxels with another label at one of their faces."""
    found = np.zeros(labels.shape, bool)
    for axis in range(3):
        ahead = [slice(None)] * 3
        behind = [slice(None)] * 3
        ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
        change = labels[tuple(ahead)] != labels[tuple(behind)]
        found[tuple(ahead)] |= change
        found[tuple(behind)] |= change
    return found


def _spread(values: NDArray, axis: int, cost: int) -> None:
    """Lower each value, in place, to the least of the values along the axis plus the cost of the way from there."""
    if axis == values.ndim - 1:
        ramp = np.arange(values.shape[axis], dtype=values.dtype) * values.dtype.type(cost)
        values -= ramp
        np.minimum.accumulate(values, axis=axis, out=values)
        values += 2 * ramp
        backward = values[..., ::-1]
        np.minimum.accumulate(backward, axis=axis, out=backward)
        values -= ramp
        return
    planes = np.moveaxis(values, axis, 0)
    for near, plane in pairwise(planes):
        np.minimum(plane, near + cost, out=plane)
    for near, plane in pairwise(planes[::-1]):
        np.minimum(plane, near + cost, out=plane)


@dataclass(frozen=True, slots=True)
class ReshapedPieces:
    """The objects after their shape was changed, numbered in the order of their first slabs.

    Attributes:
        lut: ``(numbers + 1,) uint32``, the object of each number that ``PieceNumbers.push`` gave; 0 where left out.
        source: ``(N + 1,) int64``, the object that each piece was a part of; entry 0 is 0.
        sizes: ``(N + 1,) int64`` voxels.
        boxes: ``(N + 1, 6) int64`` half-open: z, y, x first, then behind the last.
    """

    lut: NDArray[np.uint32]
    source: NDArray[np.int64]
    sizes: NDArray[np.int64]
    boxes: NDArray[np.int64]


class PieceNumbers:
    """Makes each connected piece of an object (corners touch) an object of its own.

    Slabs come in order along the first axis and do not overlap. Regions of stuff are never parted.

    Args:
        whole: ``(n + 1,) bool``, objects that stay one whatever their pieces, as regions of stuff do; None: none.
    """

    def __init__(self, whole: NDArray[np.bool_] | None = None) -> None:
        self._whole = np.zeros(1, bool) if whole is None else whole
        self._stitcher = BlockStitcher()
        self._last: tuple[NDArray[np.uint32], NDArray[np.uint32]] | None = None
        self._rows: list[NDArray[np.int64]] = []
        self._z = 0

    def push(self, labels: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """Take the next slab ``(Z, Y, X) uint32``; keep what it returns until ``finish`` says what its numbers mean."""
        block, known = labels, np.zeros(labels.shape, np.uint32)
        if self._last is not None:
            block = np.concatenate([self._last[0], labels])
            known = np.concatenate([self._last[1], known])
        pieces = cc3d.connected_components(np.ascontiguousarray(block), connectivity=26, out_dtype=np.uint32)
        numbers = self._stitcher.add(pieces.astype(np.uint32, copy=False), known)[-len(labels) :]
        self._remember(labels, numbers)
        self._last = (labels[-1:].copy(), numbers[-1:].copy())
        self._z += len(labels)
        return numbers

    def finish(self, min_size: int = 0, min_extent: Extent = 0) -> ReshapedPieces:
        """The objects, and what became of each number.

        Args:
            min_size: Pieces of fewer voxels are left out.
            min_extent: Pieces shorter than this along any axis are left out, or along each of the three.
        """
        rows = np.concatenate([np.zeros((0, 9), np.int64), *self._rows])
        group = self._groups(rows)
        total = int(group.max(initial=0)) + 1
        owner = group[rows[:, 0]]
        source, sizes = np.zeros(total, np.int64), np.zeros(total, np.int64)
        source[owner] = rows[:, 1]
        np.add.at(sizes, owner, rows[:, 2])
        boxes = np.zeros((total, 6), np.int64)
        boxes[1:, :3] = np.iinfo(np.int64).max
        np.minimum.at(boxes[:, :3], owner, rows[:, 3:6])
        np.maximum.at(boxes[:, 3:], owner, rows[:, 6:9])
        kept = Filter(min_size, min_extent).keep(sizes, boxes) | self._is_whole(source)
        kept[0] = False
        number = np.where(kept, np.cumsum(kept), 0).astype(np.uint32)
        kept[0] = True
        return ReshapedPieces(number[group], source[kept], sizes[kept], boxes[kept])

    def _groups(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The object of each number, those of a region that stays whole being one."""
        table = self._stitcher.table().astype(np.int64)
        whole = self._is_whole(rows[:, 1])
        names, place = np.unique(rows[whole, 1], return_inverse=True)
        lowest = np.full(names.size, np.iinfo(np.int64).max)
        np.minimum.at(lowest, place, table[rows[whole, 0]])
        table[rows[whole, 0]] = lowest[place]
        return np.unique(np.concatenate([[0], table]), return_inverse=True)[1][1:]

    def _is_whole(self, objects: NDArray[np.int64]) -> NDArray[np.bool_]:
        inside = objects < len(self._whole)
        return inside & self._whole[np.where(inside, objects, 0)]

    def _remember(self, labels: NDArray[np.uint32], numbers: NDArray[np.uint32]) -> None:
        """A row per number in this slab: number, object, voxels, box."""
        depth, height, width = numbers.shape
        runs = SliceRuns.encode(numbers.reshape(depth * height, width))
        if runs.ids.size == 0:
            return
        z, y = np.divmod(runs.rows.astype(np.int64), height)
        objects = labels.reshape(depth * height, width)[runs.rows, runs.starts]
        z += self._z
        columns = (runs.ids, objects, runs.lengths, z, y, runs.starts, z + 1, y + 1, runs.stops)
        rows = np.stack([np.asarray(c, np.int64) for c in columns], axis=1)
        rows = rows[np.argsort(rows[:, 0], kind="stable")]
        first = np.flatnonzero(np.diff(rows[:, 0], prepend=-1))
        table = rows[first]
        table[:, 2] = np.add.reduceat(rows[:, 2], first)
        table[:, 3:6] = np.minimum.reduceat(rows[:, 3:6], first)
        table[:, 6:9] = np.maximum.reduceat(rows[:, 6:9], first)
        self._rows.append(table)


def reshaped(
    labels: NDArray[np.uint32],
    kinds: NDArray[np.uint8],
    rules: MorphologyRules,
    stuff: tuple[int, ...],
    min_size: int = 0,
    min_extent: Extent = 0,
) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    """Labels of a whole volume in their new shape, and the class of each object.

    Args:
        labels: ``(Z, Y, X)`` objects 1..n.
        kinds: ``(n + 1,) uint8`` class of each.
        rules: How the shape changes; if they do nothing, all stays as it is.
        stuff: Classes whose regions are never parted.
        min_size: Objects of fewer voxels are left out.
        min_extent: Objects shorter than this along any axis are left out, or along each of the three.
    """
    if not rules.changes:
        return labels, kinds
    numbers = PieceNumbers(np.isin(kinds, stuff))
    found = numbers.push(reshape_labels(labels, rules))
    pieces = numbers.finish(min_size, min_extent)
    return pieces.lut[found], kinds[pieces.source]


def reshaped_slice(found: PanopticSlice, rules: MorphologyRules, stuff: tuple[int, ...]) -> PanopticSlice:
    """The objects of a slice by itself in their new shape."""
    labels, kinds = reshaped(found.labels[None], found.class_of, rules, stuff)
    return PanopticSlice(labels[0], kinds)
