"""Removing objects by size, closing holes, numbering anew. Labels in, labels out; never interpolated."""

from __future__ import annotations

import fastremap
import numpy as np
from numpy.typing import NDArray

from desktop_app.objects.components import connected_objects
from desktop_app.objects.numbering import numbered


def remove_small(labels: NDArray[np.uint32], min_size: int) -> NDArray[np.uint32]:
    """Remove objects of fewer than ``min_size`` voxels from ``(Z, Y, X) uint32``."""
    if min_size <= 1:
        return labels
    ids, sizes = _sizes(labels)
    wrong = ids[sizes < min_size].tolist()
    return fastremap.mask(labels, wrong) if wrong else labels


def remove_large(labels: NDArray[np.uint32], max_size: int) -> NDArray[np.uint32]:
    """Remove objects of more than ``max_size`` voxels from ``(Z, Y, X) uint32``; 0 keeps all."""
    if max_size <= 0:
        return labels
    ids, sizes = _sizes(labels)
    wrong = ids[sizes > max_size].tolist()
    return fastremap.mask(labels, wrong) if wrong else labels


def border_ids(labels: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Sorted ids of the objects that touch the border of ``(Z, Y, X)``; z does not count in a single slice."""
    found: list[NDArray[np.uint32]] = [np.empty(0, np.uint32)]
    for axis in _open_axes(labels.shape):
        found += [fastremap.unique(np.ascontiguousarray(labels.take(i, axis=axis))) for i in (0, -1)]
    ids = np.unique(np.concatenate(found))
    return ids[ids > 0].astype(np.uint32)


def fill_holes(labels: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Close the holes of each object.

    A hole is an island of background (voxels that touch by a face) that does not reach the border of the array and has
    one single object around it. So other objects are never covered, and gaps between objects stay.

    Args:
        labels: ``(Z, Y, X) uint32``; a single slice is filled as a picture.
    """
    gaps = connected_objects(labels == 0, connectivity=6)
    if gaps.size == 0:
        return labels
    count = int(gaps.max())
    inside = np.ones(count + 1, bool)
    inside[0] = False
    inside[border_ids(gaps)] = False
    voxels = np.flatnonzero(inside[gaps])
    if voxels.size == 0:
        return labels
    owner = _only_neighbour(labels, voxels, gaps.reshape(-1)[voxels], count)
    filled = labels.copy()
    filled.reshape(-1)[voxels] = owner[gaps.reshape(-1)[voxels]]
    return filled


def _only_neighbour(
    labels: NDArray[np.uint32], voxels: NDArray[np.intp], gap: NDArray[np.uint32], count: int
) -> NDArray[np.uint32]:
    """The one object around each gap, 0 where there are several."""
    lowest = np.full(count + 1, np.iinfo(np.uint32).max, np.uint32)
    highest = np.zeros(count + 1, np.uint32)
    flat = np.ascontiguousarray(labels).reshape(-1)
    _, rows, columns = labels.shape
    step = {0: rows * columns, 1: columns, 2: 1}
    for axis in _open_axes(labels.shape):
        for offset in (-step[axis], step[axis]):
            near = flat[voxels + offset]
            solid = near > 0
            np.minimum.at(lowest, gap[solid], near[solid])
            np.maximum.at(highest, gap[solid], near[solid])
    return np.where(lowest == highest, highest, 0).astype(np.uint32)


def relabel(labels: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Number the objects 1, 2, 3 … in the order in which they first appear in ``(Z, Y, X)``."""
    return numbered(labels)[0]


def _sizes(labels: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    ids, sizes = fastremap.unique(labels, return_counts=True)
    return ids[ids > 0], sizes[ids > 0]


def _open_axes(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (1, 2) if shape[0] == 1 else (0, 1, 2)
