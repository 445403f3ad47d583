"""The smaller resolutions that an image may have beside its full one: quick to read where it is shown small."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from desktop_app.core.imaging.region import Index3
from desktop_app.core.imaging.voxel_source import VoxelSource


@dataclass(frozen=True, slots=True)
class Resolution:
    """An image once more, with fewer voxels.

    Attributes:
        factors: How many voxels (z, y, x) of the full resolution one stands for.
        shape: (Z, Y, X).
        source: The voxels of a time point, counted from 0.
    """

    factors: Index3
    shape: Index3
    source: Callable[[int], VoxelSource]


def usable_resolutions(
    full: Index3, found: Iterable[tuple[Index3, Callable[[int], VoxelSource]]]
) -> tuple[Resolution, ...]:
    """Those of smaller images that can be shown in place of an image, from the largest to the smallest.

    Left out is what is not smaller along rows and columns, or not by a whole number: its pixels would lie elsewhere.

    Args:
        full: Shape (Z, Y, X) of the image.
        found: Shape and voxels of each smaller one.
    """
    usable = []
    for shape, source in found:
        factors = tuple(map(_factor, full, shape))
        if all(factors) and max(factors[1:]) > 1:
            usable.append(Resolution((factors[0], factors[1], factors[2]), shape, source))
    return tuple(sorted(usable, key=lambda one: one.factors[1] * one.factors[2]))


def _factor(full: int, small: int) -> int:
    """How many of ``full`` voxels in a row each of ``small`` stands for; 0 where that is no whole number."""
    factor = max(1, round(full / small)) if small else 0
    return factor if factor and small in (-(-full // factor), full // factor) else 0
