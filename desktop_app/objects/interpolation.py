"""Objects drawn in some slices, filled in between by their shape.

Shape-based interpolation (Raya and Udupa, IEEE Trans Med Imaging 9, 1990): the signed distances to the borders of two
drawn shapes are mixed by how near each slice is, and what is above zero is inside. Shapes that do not lie over each
other are moved onto a common middle first, which moves from the one to the other.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Drawn:
    """The shape of an object in one slice.

    Attributes:
        depth: Which slice.
        mask: (rows, columns) bool; not empty.
        corner: Row and column of its first pixel in the picture.
    """

    depth: int
    mask: NDArray[np.bool_]
    corner: tuple[int, int]

    @property
    def middle(self) -> NDArray[np.float64]:
        """Row and column of the centre of mass in the picture."""
        return np.argwhere(self.mask).mean(0) + self.corner


class Between:
    """What lies between two drawn shapes of one object.

    Args:
        first: The shape in the slice before.
        second: The one in the slice behind; at least two slices further.
        spacing: Height and width of a pixel.
    """

    def __init__(self, first: Drawn, second: Drawn, spacing: tuple[float, float]) -> None:
        self.first, self.second = first, second
        moved = second.middle - first.middle
        unmoved = np.zeros(2)
        self._step = moved if _overlap(first, second, moved) > _overlap(first, second, unmoved) else unmoved
        shifted = np.rint(np.array(second.corner) - self._step).astype(int)
        low = np.minimum(first.corner, shifted)
        high = np.maximum(np.add(first.corner, first.mask.shape), shifted + second.mask.shape)
        self._low, self._shape = low, tuple(int(n) for n in high - low)
        self._distances = [
            _signed(_placed(mask, corner - low, self._shape), spacing)
            for mask, corner in ((first.mask, np.array(first.corner)), (second.mask, shifted))
        ]

    @property
    def depths(self) -> range:
        """The slices in between."""
        return range(self.first.depth + 1, self.second.depth)

    def at(self, depth: int) -> tuple[tuple[int, int], NDArray[np.float32]]:
        """Where its box lies in the picture of a slice, and how deep inside its pixels are; below 0 is outside."""
        share = (depth - self.first.depth) / (self.second.depth - self.first.depth)
        corner = np.rint(self._low + share * self._step).astype(int)
        mixed = (1 - share) * self._distances[0] + share * self._distances[1]
        return (int(corner[0]), int(corner[1])), mixed.astype(np.float32)


def gaps(drawn: list[Drawn], largest: int) -> Iterator[tuple[Drawn, Drawn]]:
    """The slices on both sides of each gap of one object that shall be filled.

    Args:
        drawn: The slices in which it is, in their order.
        largest: Most empty slices in a row; a wider gap stays.
    """
    for first, second in itertools.pairwise(drawn):
        if 1 <= second.depth - first.depth - 1 <= largest:
            yield first, second


def _overlap(first: Drawn, second: Drawn, step: NDArray[np.float64]) -> int:
    """Pixels in common when the second is moved back by ``step``."""
    corner = np.rint(np.array(second.corner) - step).astype(int)
    low = np.maximum(first.corner, corner)
    high = np.minimum(np.add(first.corner, first.mask.shape), corner + second.mask.shape)
    if (high <= low).any():
        return 0
    a = first.mask[tuple(slice(p, q) for p, q in zip(low - first.corner, high - first.corner, strict=True))]
    b = second.mask[tuple(slice(p, q) for p, q in zip(low - corner, high - corner, strict=True))]
    return int(np.count_nonzero(a & b))


def _placed(mask: NDArray[np.bool_], corner: NDArray[np.int_], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    out = np.zeros(shape, bool)
    out[corner[0] : corner[0] + mask.shape[0], corner[1] : corner[1] + mask.shape[1]] = mask
    return out


def _signed(mask: NDArray[np.bool_], spacing: tuple[float, float]) -> NDArray[np.float32]:
    """Distance to the border in units of ``spacing``, positive inside; 0 lies between two pixels."""
    import edt

    # Inside and outside as two labels: one pass finds for each pixel how far away the other one is.
    sides = np.ones((mask.shape[0] + 2, mask.shape[1] + 2), np.uint8)
    sides[1:-1, 1:-1] += mask
    away = edt.edt(sides, anisotropy=spacing, parallel=1)[1:-1, 1:-1] - np.float32(min(spacing) / 2)
    signed: NDArray[np.float32] = np.where(mask, away, -away).astype(np.float32)
    return signed
