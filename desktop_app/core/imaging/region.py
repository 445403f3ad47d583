"""Boxes of voxels and the three viewing planes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Index3: TypeAlias = tuple[int, int, int]
_SLAB_BYTES = 64 * 2**20  # large enough that reading it costs more than the call, small against any memory


@dataclass(frozen=True, slots=True)
class Region:
    """A box of voxels in (z, y, x): ``start`` inclusive, ``stop`` exclusive."""

    start: Index3
    stop: Index3

    @classmethod
    def whole(cls, shape: Index3) -> Region:
        """The box that covers a volume of ``shape`` (Z, Y, X)."""
        return cls((0, 0, 0), shape)

    @classmethod
    def single(cls, voxel: Index3) -> Region:
        """The box of one voxel (z, y, x)."""
        z, y, x = voxel
        return cls(voxel, (z + 1, y + 1, x + 1))

    @property
    def shape(self) -> Index3:
        """Size in (z, y, x), never negative."""
        z, y, x = (max(0, b - a) for a, b in zip(self.start, self.stop, strict=True))
        return z, y, x

    @property
    def size(self) -> int:
        """Number of voxels."""
        z, y, x = self.shape
        return z * y * x

    @property
    def empty(self) -> bool:
        """Whether no voxel is inside."""
        return self.size == 0

    @property
    def slices(self) -> tuple[slice, slice, slice]:
        """For indexing an array in (Z, Y, X)."""
        z, y, x = (slice(a, max(a, b)) for a, b in zip(self.start, self.stop, strict=True))
        return z, y, x

    def intersect(self, other: Region) -> Region:
        """The common box; empty where there is none."""
        start = _index(max(a, b) for a, b in zip(self.start, other.start, strict=True))
        stop = _index(min(a, b) for a, b in zip(self.stop, other.stop, strict=True))
        return Region(start, _index(max(a, b) for a, b in zip(start, stop, strict=True)))

    def union(self, other: Region) -> Region:
        """The smallest box around both."""
        if self.empty:
            return other
        if other.empty:
            return self
        return Region(
            _index(min(a, b) for a, b in zip(self.start, other.start, strict=True)),
            _index(max(a, b) for a, b in zip(self.stop, other.stop, strict=True)),
        )

    def expand(self, margin: int | Index3, within: Index3) -> Region:
        """Grow by ``margin`` voxels on each side, but not beyond a volume of shape ``within``."""
        grow = (margin, margin, margin) if isinstance(margin, int) else margin
        start = _index(a - m for a, m in zip(self.start, grow, strict=True))
        stop = _index(b + m for b, m in zip(self.stop, grow, strict=True))
        return Region(start, stop).intersect(Region.whole(within))

    def shift(self, offset: Index3) -> Region:
        """Moved by ``offset`` voxels."""
        return Region(
            _index(a + o for a, o in zip(self.start, offset, strict=True)),
            _index(b + o for b, o in zip(self.stop, offset, strict=True)),
        )

    def contains(self, index: Index3) -> bool:
        """Whether the voxel is inside."""
        return all(a <= i < b for a, i, b in zip(self.start, index, self.stop, strict=True))


def _index(values: Iterator[int]) -> Index3:
    z, y, x = values
    return z, y, x


Mask: TypeAlias = NDArray[np.bool_]
"""Voxels or pixels that belong to something."""
BoxReader: TypeAlias = Callable[[Region], NDArray[Any]]
"""Gives the voxels ``(Z, Y, X)`` of a region."""


def slabs(shape: Index3) -> list[Region]:
    """A volume (Z, Y, X) in boxes of whole slices of some 64 MB of labels, from the first slice to the last."""
    depth = max(1, _SLAB_BYTES // max(1, shape[1] * shape[2] * 4))  # bytes of the widest labels
    return [Region((z, 0, 0), (min(z + depth, shape[0]), shape[1], shape[2])) for z in range(0, shape[0], depth)]


_AXES = {"xy": (0, 1, 2), "xz": (1, 0, 2), "yz": (2, 1, 0)}
"""Axes of (z, y, x) by plane: depth, rows, columns. By name: members of an enumeration are slow to look up."""


class Plane(StrEnum):
    """A viewing plane. The shown picture has rows and columns; the third axis is the depth.

    xy shows rows y, columns x; xz shows rows z, columns x (below xy); yz shows rows y, columns z (right of xy), so that
    linked views share an axis.
    """

    XY = "xy"
    XZ = "xz"
    YZ = "yz"

    @property
    def depth_axis(self) -> int:
        """Axis of (z, y, x) that the slice slider moves along."""
        return _AXES[self._value_][0]

    @property
    def row_axis(self) -> int:
        """Axis of (z, y, x) shown downwards."""
        return _AXES[self._value_][1]

    @property
    def column_axis(self) -> int:
        """Axis of (z, y, x) shown to the right."""
        return _AXES[self._value_][2]

    def to_voxel(self, row: int, column: int, depth: int) -> Index3:
        """The voxel (z, y, x) behind a point of the shown picture."""
        voxel = [0, 0, 0]
        voxel[self.row_axis], voxel[self.column_axis], voxel[self.depth_axis] = row, column, depth
        return voxel[0], voxel[1], voxel[2]

    def from_voxel(self, voxel: Index3) -> tuple[int, int, int]:
        """(row, column, depth) of a voxel (z, y, x)."""
        return voxel[self.row_axis], voxel[self.column_axis], voxel[self.depth_axis]

    def shape_of(self, shape: Index3) -> tuple[int, int]:
        """(rows, columns) of the picture of a volume of ``shape`` (Z, Y, X)."""
        return shape[self.row_axis], shape[self.column_axis]

    def slab(self, shape: Index3, depth: int) -> Region:
        """The one-voxel-thick box of slice ``depth``."""
        start, stop = [0, 0, 0], list(shape)
        start[self.depth_axis], stop[self.depth_axis] = depth, depth + 1
        return Region((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))

    @property
    def transposed(self) -> bool:
        """Whether a (Z, Y, X) slab squeezed along the depth must be transposed to (rows, columns)."""
        return self.row_axis > self.column_axis
