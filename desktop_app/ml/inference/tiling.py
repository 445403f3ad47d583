"""How a volume is cut into tiles, and how much each voxel of a tile counts."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3

_SIGMA = 0.2  # of the edge of a tile: weights fall to 0.04 at the rim
_LEAST_WEIGHT = 1e-3  # keeps corners that one tile alone covers from division by nothing


def tile_starts(size: int, tile: int, overlap: float) -> tuple[int, ...]:
    """Starts of tiles along one axis: evenly spread, overlapping by ``overlap`` or more, covering every voxel.

    A single tile at 0 where the tile is as long as the axis, or longer.
    """
    if tile >= size:
        return (0,)
    stride = max(1, int(tile * (1 - overlap)))
    count = -(-(size - tile) // stride) + 1
    return tuple(sorted({round(float(v)) for v in np.linspace(0, size - tile, count)}))


def blend_weights(tile: Index3) -> NDArray[np.float32]:
    """A Gaussian hill ``(Z, Y, X)`` over a tile, never quite zero (as in Isensee et al. 2021, nnU-Net)."""
    weights = np.ones(tile, np.float32)
    for axis, size in enumerate(tile):
        if size == 1:
            continue
        places = (np.arange(size) - (size - 1) / 2) / size
        hill = np.exp(-0.5 * (places / _SIGMA) ** 2).astype(np.float32)
        weights = weights * hill.reshape([-1 if a == axis else 1 for a in range(3)])
    return np.maximum(weights, _LEAST_WEIGHT).astype(np.float32)


def rounded_up(size: Index3, divisor: Index3) -> Index3:
    """The next size whose edges are multiples of ``divisor``."""
    z, y, x = (-(-s // d) * d for s, d in zip(size, divisor, strict=True))
    return z, y, x


def fitting_tile(wanted: Index3, shape: Index3, divisor: Index3) -> Index3:
    """A tile no larger than needed for a volume of ``shape``, a multiple of ``divisor``.

    It is larger than the divisor along one axis at least: where a network has shrunk a tile to a single voxel, there is
    nothing left to normalise over.
    """
    z, y, x = (min(w, s) for w, s in zip(wanted, shape, strict=True))
    tile = rounded_up((z, y, x), divisor)
    return tile if tile != divisor else (tile[0], tile[1], 2 * tile[2])


def even_tile(largest: Index3, shape: Index3, shared: Index3, divisor: Index3) -> Index3:
    """A tile that shares a volume of ``shape`` out evenly, so that as little as may be is seen twice.

    As few tiles as cover each axis where neighbours share so much, each no longer than that takes.

    Args:
        largest: Edges that it may have (z, y, x), longer than what is shared.
        shape: Of the volume.
        shared: Voxels that neighbours both see along each axis.
        divisor: Of what the edges must be multiples.
    """
    edges = []
    for longest, size, common in zip(largest, shape, shared, strict=True):
        count = max(1, -(-(size - common) // (longest - common)))
        edges.append(-(-(size + (count - 1) * common) // count))
    return fitting_tile((edges[0], edges[1], edges[2]), shape, divisor)


def smaller_tile(tile: Index3, divisor: Index3) -> Index3 | None:
    """About half the tile, cut along its longest axis; None if it cannot shrink further."""
    choices = [a for a in range(3) if tile[a] > divisor[a] and tile[a] > 1]
    if not choices:
        return None
    axis = max(choices, key=lambda a: tile[a])
    halved = list(tile)
    halved[axis] = max(divisor[axis], tile[axis] // 2 // divisor[axis] * divisor[axis])
    smaller = halved[0], halved[1], halved[2]
    return smaller if smaller != divisor else None


@dataclass(frozen=True, slots=True)
class Window2:
    """A rectangle of the slice plane: rows ``top`` to ``bottom``, columns ``left`` to ``right``."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left


def windows(shape: Index3, most_pixels: int, least: int) -> list[Window2]:
    """Rectangles that share out the slice plane so that none has many more than ``most_pixels``.

    Args:
        shape: Of the volume (z, y, x).
        most_pixels: Wanted pixels per rectangle.
        least: Edges are not cut below this length.
    """
    _, height, width = shape
    edge = max(least, int(most_pixels**0.5))
    columns = max(1, round(width / edge)) if height * width > most_pixels else 1
    strip = max(least, most_pixels // max(1, -(-width // columns)))
    rows = max(1, -(-height // strip)) if height * width > most_pixels else 1
    tops, lefts = _cuts(height, rows), _cuts(width, columns)
    return [Window2(top, bottom, left, right) for top, bottom in pairwise(tops) for left, right in pairwise(lefts)]


def _cuts(length: int, parts: int) -> list[int]:
    return [round(v) for v in np.linspace(0, length, parts + 1)]
