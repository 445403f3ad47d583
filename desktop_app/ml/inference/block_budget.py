"""How much of a volume is decoded at a time, within the memory that the user allows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from desktop_app.core.imaging import Index3, Region
from desktop_app.core.job import JobContext, Note, Progress, QuietContext
from desktop_app.ml.inference.blocks import BlockPlan

_SHARE_OF_BUDGET = 0.6
"""The rest is for the slabs that are handed out, and what measuring and writing make of them."""
_LARGEST_BLOCK = 64_000_000
"""Voxels: larger blocks are no faster, and the user can cancel between blocks."""
_SMALLEST_BLOCK = 4096
"""Voxels: below this, surroundings would be all that a block sees."""


@dataclass(frozen=True, slots=True)
class BlockBudget:
    """Memory for a block.

    Attributes:
        allowed: Bytes that making labels may take altogether.
        bytes_per_voxel: Of a block with its surroundings.
    """

    allowed: int
    bytes_per_voxel: int

    @property
    def memory(self) -> int:
        """Bytes for a block."""
        return int(self.allowed * _SHARE_OF_BUDGET)

    @property
    def most_voxels(self) -> int:
        """Voxels of a block with its surroundings."""
        return min(_LARGEST_BLOCK, max(_SMALLEST_BLOCK, self.memory // self.bytes_per_voxel))

    def warn(self, plan: BlockPlan, ctx: JobContext) -> None:
        """Say so where the smallest sensible block is too large for the budget."""
        if plan.most_seen > self.most_voxels:
            needed, budget = plan.most_seen * self.bytes_per_voxel / _SHARE_OF_BUDGET / 2**30, self.allowed / 2**30
            text = f"Making objects needs about {needed:.2g} GB of memory, more than the budget of {budget:g} GB."
            ctx.report(Note("warning", text))


def sections(shape: Index3, *, slices: bool, ctx: JobContext) -> Iterator[tuple[Region, JobContext]]:
    """Boxes that are decoded each by itself, and who hears of the progress within.

    Args:
        shape: Of the maps (z, y, x).
        slices: Whether each slice stands for itself; else the volume is one box.
        ctx: Hears about progress from slice to slice, and may cancel between them.
    """
    depth, height, width = shape
    if not slices or depth == 1:
        yield Region.whole(shape), ctx
        return
    for z in range(depth):
        ctx.raise_if_cancelled()
        ctx.report(Progress(z, depth, f"slice {z + 1} of {depth}"))
        yield Region((z, 0, 0), (z + 1, height, width)), QuietContext(ctx)
