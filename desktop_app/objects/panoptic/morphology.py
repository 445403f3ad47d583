"""Objects made thinner or thicker and their holes closed, slab by slab, without ever covering a neighbour."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from desktop_app.objects.filters import fill_holes

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
