"""How a volume is cut in blocks, and labels kept on disk while blocks are joined."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3, Region
from desktop_app.io.scratch import ScratchArray

_LARGEST_HALO = 3


class ReadableMaps(Protocol):
    """Maps that can be read box by box."""

    @property
    def shape(self) -> Index3:
        """(Z, Y, X)."""

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the maps."""

    def read(self, region: Region) -> NDArray[np.float32]:
        """``(C, Z, Y, X) float32``."""


@dataclass(frozen=True, slots=True)
class BlockPlan:
    """Blocks that share out a volume, and how much of their surroundings each sees.

    Attributes:
        shape: Of the volume (z, y, x).
        core: Size of a block.
        halo: Voxels seen beyond a block on each side.
    """

    shape: Index3
    core: Index3
    halo: Index3

    @classmethod
    def fitting(cls, shape: Index3, most_voxels: int, halo: Index3) -> BlockPlan:
        """Blocks as cubic as possible whose surroundings included have at most ``most_voxels``.

        Where a block would see more surroundings than itself, the halo is cut to a third of the whole.
        """
        edges = _edges(shape, most_voxels)
        halos = tuple(
            0 if edge >= n else min(h, edge // _LARGEST_HALO) for n, edge, h in zip(shape, edges, halo, strict=True)
        )
        z, y, x = (max(1, edge - 2 * h) for edge, h in zip(edges, halos, strict=True))
        return cls(shape, (z, y, x), (halos[0], halos[1], halos[2]))

    def cores(self) -> list[Region]:
        """The blocks, along x first, then y, then z."""
        z, y, x = (range(0, n, c) for n, c in zip(self.shape, self.core, strict=True))
        whole = Region.whole(self.shape)
        return [
            Region((a, b, c), (a + self.core[0], b + self.core[1], c + self.core[2])).intersect(whole)
            for a in z
            for b in y
            for c in x
        ]


def _edges(shape: Index3, most_voxels: int) -> Index3:
    """Edges of a box of at most ``most_voxels`` inside ``shape``: short axes are taken whole."""
    edges = [1, 1, 1]
    left, axes = max(1, most_voxels), sorted(range(3), key=lambda a: shape[a])
    for position, axis in enumerate(axes):
        share = int(left ** (1 / (3 - position)) + 1e-6)
        edges[axis] = max(1, min(shape[axis], share))
        left //= edges[axis]
    return edges[0], edges[1], edges[2]


def inside(part: Region, around: Region) -> tuple[slice, slice, slice]:
    """Where ``part`` lies in an array that covers ``around``."""
    z, y, x = (-s for s in around.start)
    return part.shift((z, y, x)).slices


class ScratchLabels(ScratchArray):
    """Labels ``(Z, Y, X) uint32`` in a temporary file.

    Args:
        shape: ``(Z, Y, X)``.
        folder: Where the file lies; None takes the system's temporary folder.

    Raises:
        UnwritableFileError: If the disk has no room for it.
    """

    def __init__(self, shape: Index3, folder: Path | None = None) -> None:
        super().__init__(shape, np.uint32, ".labels", folder)


@dataclass(frozen=True, slots=True)
class BlockSeeds:
    """Seeds (or islands) of all blocks, on disk.

    ``zones`` are the surroundings of near seeds that count as one; None where seeds stand for themselves.
    """

    found: ScratchLabels
    table: NDArray[np.uint32]
    zones: ScratchLabels | None = None
    zone_table: NDArray[np.uint32] | None = None

    @property
    def highest(self) -> int:
        """The largest number."""
        return int((self.table if self.zone_table is None else self.zone_table).max(initial=0))

    def read(self, region: Region) -> NDArray[np.uint32]:
        """Numbers of the seeds in a box, 0 elsewhere."""
        seeds = self.table[self.found.read(region)]
        if self.zones is None or self.zone_table is None:
            return seeds
        return np.where(seeds > 0, self.zone_table[self.zones.read(region)], np.uint32(0))
