"""Labels of volumes of any size, made block by block: numbers unique, objects whole, memory bounded.

A family of methods says with callbacks what it finds in a box; the driver goes through the blocks, numbers what was
found over all of them, keeps it in memory or in a scratch file, and hands out the result. A volume that fits into one
block is no exception.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias

import fastremap
import numpy as np
from numpy.typing import DTypeLike, NDArray

from desktop_app.core.imaging import Index3, Region
from desktop_app.core.job import JobContext, Progress
from desktop_app.io.scratch import BoxArray, roomy_array
from desktop_app.objects.stitching import BlockStitcher

_SLAB_BYTES_PER_VOXEL = 48
"""Of a slab that is handed out: the labels as stored and renumbered, and what those who measure and write it make."""
_MOST_SLICES = 64
"""Slices of a slab: more are no faster, and the user can cancel between slabs."""


BlockReader: TypeAlias = Callable[[Region], NDArray[np.uint32]]
"""From a box to its labels ``(Z, Y, X) uint32``."""

LabelNote: TypeAlias = Callable[[Region, NDArray[np.uint32], NDArray[Any], NDArray[Any]], None]
"""Hears of a block: where it lies, its labels, which there are, and the first voxel of each."""


@dataclass(frozen=True, slots=True)
class BlockPlan:
    """Blocks that cut up a volume, and how much of their surroundings each sees.

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

        A block is never smaller than its surroundings on one side, which would be looked at again and again; so where
        these are wide, blocks may be larger than that.
        """
        edges = _edges(shape, most_voxels)
        z, y, x = (
            n if edge >= n else min(n, max(1, h, edge - 2 * h)) for n, edge, h in zip(shape, edges, halo, strict=True)
        )
        whole = tuple(0 if core == n else h for n, core, h in zip(shape, (z, y, x), halo, strict=True))
        return cls(shape, (z, y, x), (whole[0], whole[1], whole[2]))

    @property
    def most_seen(self) -> int:
        """Voxels of the largest block with its surroundings."""
        z, y, x = (min(n, c + 2 * h) for n, c, h in zip(self.shape, self.core, self.halo, strict=True))
        return z * y * x

    @property
    def single(self) -> bool:
        """Whether there is one block alone."""
        return self.core == self.shape

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
        share = int(left ** (1 / (3 - position)) + 1e-6)  # against rounding: the cube root of 64 comes out below 4
        edges[axis] = max(1, min(shape[axis], share))
        left //= edges[axis]
    return edges[0], edges[1], edges[2]


def inside(part: Region, around: Region) -> tuple[slice, slice, slice]:
    """Where ``part`` lies in an array that covers ``around``."""
    z, y, x = (-s for s in around.start)
    return part.shift((z, y, x)).slices


@dataclass(frozen=True, slots=True)
class Pieces:
    """What was found in a box.

    Attributes:
        labels: ``(Z, Y, X) uint32``, numbered anyhow, 0 where there is nothing.
        rejected: ``(Z, Y, X) bool``: a piece with such a voxel in any block is left out in all; None: no piece is.
        consecutive: Whether the numbers are known to have no gaps, so that none need be looked for.
    """

    labels: NDArray[np.uint32]
    rejected: NDArray[np.bool_] | None = None
    consecutive: bool = False


@dataclass(frozen=True, slots=True)
class JoinedPieces:
    """Pieces of all blocks, each with one number in all of them.

    Attributes:
        stored: Numbers as they were given out.
        table: The number 1, 2, 3 … of each number given out; 0 where it is left out.
    """

    stored: BoxArray
    table: NDArray[np.uint32]

    @property
    def highest(self) -> int:
        """The largest number."""
        return int(self.table.max(initial=0))

    def read(self, region: Region) -> NDArray[np.uint32]:
        """Numbers of the pieces in a box, 0 elsewhere."""
        return self.table[self.stored.read(region)]


@dataclass(frozen=True, slots=True)
class CountedLabels:
    """What was counted of labels over all blocks.

    Attributes:
        sizes: ``(highest + 1,) int64`` voxels of each label.
        first: ``(highest + 1,) int64`` its first voxel, counted through the volume.
    """

    sizes: NDArray[np.int64]
    first: NDArray[np.int64]

    def numbers(self, kept: NDArray[np.bool_], first_number: int = 1) -> NDArray[np.uint32]:
        """Consecutive numbers of the labels that are kept, in the order in which they first appear; 0 for others.

        So they do not depend on the blocks.
        """
        chosen = 1 + np.flatnonzero(kept[1:])  # 0 is the background
        order = chosen[np.argsort(self.first[chosen], kind="stable")]
        numbers = np.zeros(kept.size, np.uint32)
        numbers[order] = np.arange(first_number, first_number + order.size)
        return numbers


class BlockDriver:
    """Goes through a volume block by block, as often as it is asked to; to be used in a ``with`` statement.

    Args:
        plan: The blocks.
        ctx: Hears about progress, and may cancel between blocks.
        rounds: How often all blocks are gone through, so that progress is told rightly.
        scratch: Folder for labels that do not fit into memory; None takes the system's temporary folder. Those of a
            single block stay in memory.
    """

    def __init__(self, plan: BlockPlan, ctx: JobContext, rounds: int, scratch: Path | None = None) -> None:
        self.plan = plan
        self._ctx, self._scratch = ctx, scratch
        self._blocks = plan.cores()
        self._done, self._total = 0, rounds * len(self._blocks)
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def joined(
        self, find: Callable[[Region], Pieces], overlap: Index3 = (1, 1, 1), min_share: float = 0.0
    ) -> JoinedPieces:
        """Pieces that were found block by block, with one number each whatever blocks they cross.

        Args:
            find: What there is in a box: a block with so much of its neighbours as they shall overlap.
            overlap: Voxels of that along each axis.
            min_share: Pieces are one where they share this part of the smaller in the overlap, 0 to 1; 0 joins all
                that share a voxel, which is right where blocks agree exactly.
        """
        stored = self.room()
        stitcher = BlockStitcher(min_share)
        rejected = [np.zeros(0, np.uint32)]
        for core in self.each():
            around = core.expand(overlap, self.plan.shape)
            found = find(around)
            known = None if self.plan.single else stored.read(around)
            numbers = stitcher.add(found.labels, known, consecutive=found.consecutive)[inside(core, around)]
            if found.rejected is not None:
                rejected.append(fastremap.unique(numbers[found.rejected[inside(core, around)]]))
            if numbers.any():
                stored.write(core, numbers)
        table = stitcher.table()
        lost = np.zeros(int(table.max(initial=0)) + 1, bool)
        lost[table[np.concatenate(rejected)]] = True
        return JoinedPieces(stored, np.where(lost[table], np.uint32(0), table))

    def counted(self, read: BlockReader, highest: int, note: LabelNote = lambda *_: None) -> CountedLabels:
        """Size and place of labels.

        Args:
            read: The labels of a box, none above ``highest``.
            highest: The largest label.
            note: Hears of each block, its labels, which there are, and the first voxel of each, counted flat in it.
        """
        sizes = np.zeros(highest + 1, np.int64)
        first = np.full(highest + 1, np.iinfo(np.int64).max)
        for core in self.each():
            labels = np.ascontiguousarray(read(core))
            ids, at, counts = fastremap.unique(labels, return_index=True, return_counts=True)
            note(core, labels, ids, at)
            sizes[ids] += counts.astype(np.int64)
            first[ids] = np.minimum(first[ids], self._flat(core, at.astype(np.int64)))
        return CountedLabels(sizes, first)

    def slabs(self, read: BlockReader, memory: int) -> Iterator[tuple[Region, NDArray[np.uint32]]]:
        """Labels slab by slab, from the first slice to the last.

        Args:
            read: The labels of a box.
            memory: Bytes for a slab and what is made of it.
        """
        depth, height, width = self.plan.shape
        slices = max(1, min(_MOST_SLICES, memory // (height * width * _SLAB_BYTES_PER_VOXEL)))
        for z in range(0, depth, slices):
            self._ctx.raise_if_cancelled()
            slab = Region((z, 0, 0), (min(depth, z + slices), height, width))
            yield slab, read(slab)

    def each(self) -> Iterator[Region]:
        """The blocks, once; tells progress, and may end in a cancel."""
        for core in self._blocks:
            self._ctx.raise_if_cancelled()
            self._ctx.report(Progress(self._done, self._total, f"block {self._done + 1} of {self._total}"))
            yield core
            self._done += 1

    def room(self, dtype: DTypeLike = np.uint32) -> BoxArray:
        """Room for a value per voxel, 0 at first; goes with the driver, or when it is closed."""
        voxels = int(np.prod(self.plan.shape, dtype=np.int64))
        most = voxels * np.dtype(dtype).itemsize if self.plan.single else 0
        array = roomy_array(self.plan.shape, dtype, most, ".labels", self._scratch)
        self._opened.callback(array.close)
        return array

    def _flat(self, core: Region, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """Places in a block, counted through the volume; both count in the same order."""
        _, height, width = core.shape
        line, x = np.divmod(at, width)
        z, y = np.divmod(line, height)
        whole = self.plan.shape
        return ((z + core.start[0]) * whole[1] + y + core.start[1]) * whole[2] + x + core.start[2]
