"""Removing objects by size, closing holes, numbering anew. Labels in, labels out; never interpolated."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from desktop_app.objects.components import connected_objects


def fill_holes(labels: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Close the holes of each object.

    A hole is an island of background (voxels that touch by a face) that does not reach the border of the array and has
    one single object around it. So other objects are never covered, and gaps between objects stay.

    Args:
        labels: ``(Z, Y, X) uint32``; a single slice is filled as a picture.
    """
    axes = open_axes(labels.shape)
    inner = tuple(slice(1, -1) if axis in axes else slice(None) for axis in range(3))
    framed = np.ones([n + 2 * (axis in axes) for axis, n in enumerate(labels.shape)], bool)
    np.equal(labels, 0, out=framed[inner])
    gaps = connected_objects(framed, connectivity=6)[inner]
    holes = gaps > 1  # island 1 is the frame with all that reaches it
    voxels = np.flatnonzero(holes)
    if voxels.size == 0:
        return labels
    gap, filled = gaps[holes], labels.copy()
    owners = GapOwners(int(gap.max()))
    owners.add_voxels(filled, voxels, gap)
    filled.reshape(-1)[voxels] = owners.table()[gap]
    return filled


class GapOwners:
    """Which object lies around each gap; the volume may be seen in parts.

    Args:
        count: Gaps are numbered 1 to this.
    """

    def __init__(self, count: int) -> None:
        self._lowest = np.full(count + 1, np.iinfo(np.uint32).max, np.uint32)
        self._highest = np.zeros(count + 1, np.uint32)

    def add(self, labels: NDArray[np.uint32], gaps: NDArray[np.uint32]) -> None:
        """Look at a part.

        Args:
            labels: ``(Z, Y, X) uint32``; gaps are surrounded by other voxels of it.
            gaps: ``(Z, Y, X) uint32`` number of the gap, 0 where there is none or where it is not looked at now.
        """
        voxels = np.flatnonzero(gaps)
        self.add_voxels(labels, voxels, gaps.reshape(-1)[voxels])

    def add_voxels(self, labels: NDArray[np.uint32], voxels: NDArray[np.intp], gap: NDArray[np.uint32]) -> None:
        """Look at some voxels.

        Args:
            labels: ``(Z, Y, X) uint32``.
            voxels: ``(N,)`` places in it, counted flat, none at its border.
            gap: ``(N,)`` number of the gap that each lies in.
        """
        flat = np.ascontiguousarray(labels).reshape(-1)
        _, rows, columns = labels.shape
        step = {0: rows * columns, 1: columns, 2: 1}
        for axis in open_axes(labels.shape):
            for offset in (-step[axis], step[axis]):
                near = flat[voxels + offset]
                solid = near > 0
                np.minimum.at(self._lowest, gap[solid], near[solid])
                np.maximum.at(self._highest, gap[solid], near[solid])

    def table(self) -> NDArray[np.uint32]:
        """The one object around each gap, 0 where there are several."""
        return np.where(self._lowest == self._highest, self._highest, 0).astype(np.uint32)


def open_axes(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Axes along which a hole is closed on both sides: those of the slice alone in a single picture."""
    return (1, 2) if shape[0] == 1 else (0, 1, 2)
