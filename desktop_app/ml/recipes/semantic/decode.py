"""From maps of voxels to objects or class numbers, without a network and whatever the size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Index3, Region
from desktop_app.core.job import JobContext, Progress, QuietContext
from desktop_app.core.recipes.semantic.parameters import SemanticDecode
from desktop_app.ml.inference.blocks import BlockDriver, BlockPlan, JoinedPieces, PaintedLabels, Pieces, inside
from desktop_app.ml.inference.engine import LabelSlab, LabelStream, Room
from desktop_app.ml.inference.maps import ReadableMaps
from desktop_app.objects.components import connected_objects
from desktop_app.objects.decoding import class_map, height_map
from desktop_app.objects.filters import fill_holes
from desktop_app.objects.watershed import (
    SeedParameters,
    flood,
    level_numbers,
    merges_seeds,
    overtopped,
    seed_connectivity,
    seed_levels,
    seed_zones,
)

_BYTES_PER_VOXEL = 90
"""Of a block: class numbers, heights, seeds and labels, and what smoothing, distances and flooding make besides
(measured: 70 to 85)."""
_BYTES_PER_MAP = 8
"""Of a voxel of a block: each map as float32, and as it was read."""
_SHARE_OF_BUDGET = 0.6
"""The rest is for the slabs that are handed out, and what measuring and writing make of them."""
_LARGEST_BLOCK = 64_000_000
"""Voxels: larger blocks are no faster, and the user can cancel between blocks."""
_SMALLEST_BLOCK = 4096
"""Voxels: below this, surroundings would be all that a block sees."""
_MOST_SLICES = 64
"""Slices of a slab of class numbers, between which the user can cancel."""


def decode_semantic(
    maps: ReadableMaps, parameters: SemanticDecode, card: ModelCard, room: Room, ctx: JobContext
) -> LabelStream:
    """Labels of maps of any size within the memory budget.

    A voxel belongs to something where its classes together exceed the threshold, and then to the likeliest class.
    Objects are made block by block, as large as the budget allows: seeds (or islands) are found and numbered over all
    blocks, which is exact; then each block is flooded from these seeds with surroundings of half a training patch;
    then sizes are judged and slabs are handed out.

    Args:
        maps: One map per class, then the depth if the model has one; read again and again, box by box.
        parameters: How maps become labels.
        card: The model. 2D models are decoded slice by slice.
        room: Memory budget, and the folder for temporary labels, 8 bytes per voxel.
        ctx: Hears about progress, and may cancel between blocks.
    """
    class_of: dict[int, str] = {}
    memory = int(room.memory * _SHARE_OF_BUDGET)
    work = _Work(maps, parameters, card, room.scratch, ctx, memory, class_of)
    if parameters.objects == "classes":
        class_of.update(zip(card.class_values, card.class_names, strict=False))
        return LabelStream(work.classes(), class_of, counts=False)
    return LabelStream(work.objects(), class_of)


def semantic_classes(maps: ReadableMaps, parameters: SemanticDecode, card: ModelCard) -> NDArray[np.uint8]:
    """Class numbers ``(Z, Y, X)`` of maps in memory."""
    return class_map(maps.read(Region.whole(maps.shape))[: len(card.class_names)], parameters.threshold)


@dataclass(frozen=True, slots=True)
class _Work:
    """Maps on their way to labels; ``memory`` is for a block, in bytes."""

    maps: ReadableMaps
    parameters: SemanticDecode
    card: ModelCard
    scratch: Path | None
    ctx: JobContext
    memory: int
    class_of: dict[int, str]

    def classes(self) -> Iterator[LabelSlab]:
        """Each voxel by itself; a slab is put together from strips where it is large."""
        depth, height, width = self.maps.shape
        slices = max(1, min(_MOST_SLICES, self.most_voxels // (height * width)))
        rows = max(1, min(height, self.most_voxels // width))
        values = np.array((0, *self.card.class_values), np.uint32)
        for z in range(0, depth, slices):
            slab = Region((z, 0, 0), (min(depth, z + slices), height, width))
            labels = np.zeros(slab.shape, np.uint32)
            for y in range(0, height, rows):
                self.ctx.raise_if_cancelled()
                strip = Region((z, y, 0), (slab.stop[0], min(height, y + rows), width))
                labels[inside(strip, slab)] = values[self.read(strip)[0]]
            self.ctx.report(Progress(slab.stop[0], depth, f"slice {slab.stop[0]} of {depth}"))
            yield slab, labels

    def objects(self) -> Iterator[LabelSlab]:
        """Objects of the volume; of each slice by itself where the model sees single slices."""
        depth, height, width = self.maps.shape
        if self.card.dimensions == 3 or depth == 1:
            yield from self._section(Region.whole(self.maps.shape), self.ctx)
            return
        for z in range(depth):
            self.ctx.raise_if_cancelled()
            self.ctx.report(Progress(z, depth, f"slice {z + 1} of {depth}"))
            yield from self._section(Region((z, 0, 0), (z + 1, height, width)), QuietContext(self.ctx))

    def _section(self, section: Region, ctx: JobContext) -> Iterator[LabelSlab]:
        """Objects of the volume, or of one slice of it; ids go on after those that there are."""
        plan = BlockPlan.fitting(section.shape, self.most_voxels, self._halo())
        return _Section(self, section, plan, ctx).slabs()

    def _halo(self) -> Index3:
        """Half a training patch, and what smoothing needs besides."""
        z, y, x = (p // 2 + r for p, r in zip(self.card.patch_size, self.seeds.reach, strict=True))
        return z, y, x

    def read(self, region: Region) -> tuple[NDArray[np.uint8], NDArray[np.float32] | None]:
        """Class numbers and depth map in a box."""
        values = self.maps.read(region)
        count = len(self.card.class_names)
        return class_map(values[:count], self.parameters.threshold), values[count] if len(values) > count else None

    @property
    def most_voxels(self) -> int:
        """Voxels of a block with its surroundings."""
        fitting = self.memory // (_BYTES_PER_VOXEL + _BYTES_PER_MAP * len(self.maps.channels))
        return min(_LARGEST_BLOCK, max(_SMALLEST_BLOCK, fitting))

    @property
    def seeds(self) -> SeedParameters:
        """How seeds are found."""
        p = self.parameters
        return SeedParameters(p.seed_threshold, p.seed_distance, p.smoothing, self.card.voxel_size.zyx)


@dataclass(frozen=True, slots=True)
class _Section:
    """One section in blocks. Regions are counted from the section's corner."""

    work: _Work
    section: Region
    plan: BlockPlan
    ctx: JobContext

    def slabs(self) -> Iterator[LabelSlab]:
        merging = self._watershed and merges_seeds(self.work.seeds)
        with BlockDriver(self.plan, self.ctx, 3 if merging else 2, self.work.scratch) as driver:
            found = driver.joined(self._pieces)
            seeds = self._merged(driver, found) if merging else _Seeds(found)
            kinds = np.zeros(seeds.highest + 1, np.uint8)
            labels = driver.painted(lambda core: self._grown(core, seeds, kinds), seeds.highest)
            for pieces in seeds.rooms:
                driver.drop(pieces)
            numbers = self._numbers(labels, kinds)
            for slab, part in driver.slabs(labels, numbers, self.work.memory):
                yield slab.shift(self.section.start), part

    def _pieces(self, around: Region) -> Pieces:
        """Numbered islands, or plateaus of the heights; a plateau with a higher neighbour is no seed."""
        seen = around.expand(self._reach(), self.section.shape)
        classes, depth = self._read(seen)
        if not self._watershed:
            return Pieces(connected_objects(classes[inside(around, seen)]))
        height = height_map(classes, depth, self.work.seeds)[inside(around, seen)]
        classes = classes[inside(around, seen)]
        levels = seed_levels(classes, height, self.work.seeds)
        plateaus = connected_objects(level_numbers(classes, levels), connectivity=seed_connectivity(self.work.seeds))
        return Pieces(plateaus, overtopped(classes, levels))

    def _merged(self, driver: BlockDriver, found: JoinedPieces) -> _Seeds:
        """Seeds whose surroundings touch share one number."""

        def zones(around: Region) -> Pieces:
            seen = around.expand(self.work.seeds.reach, self.section.shape)
            classes, _ = self._read(seen)
            near = seed_zones(classes, found.read(seen) > 0, self.work.seeds)[inside(around, seen)]
            return Pieces(connected_objects(near))

        return _Seeds(found, driver.joined(zones))

    def _grown(self, core: Region, seeds: _Seeds, kinds: NDArray[np.uint8]) -> NDArray[np.uint32] | None:
        """The objects of a block; notes the class number of each."""
        window = core.expand(self.plan.halo, self.section.shape)
        near = seeds.read(window)
        if not near.any():
            return None
        classes, depth = self._read(window)
        labels = near
        if self._watershed:
            labels = flood(classes, height_map(classes, depth, self.work.seeds), near, self.ctx.raise_if_cancelled)
        if self.work.parameters.fill_holes:
            labels = fill_holes(labels)
        classes = classes[inside(core, window)]
        labels = np.ascontiguousarray(labels[inside(core, window)])
        known = (labels > 0) & (classes > 0)
        kinds[labels[known]] = classes[known]
        return labels

    def _numbers(self, labels: PaintedLabels, kinds: NDArray[np.uint8]) -> NDArray[np.uint32]:
        """New numbers of the objects that are neither too small nor too large, 0 for the others; they get names."""
        parameters, names, class_of = self.work.parameters, self.work.card.class_names, self.work.class_of
        kept = labels.sizes >= max(1, parameters.min_size)
        if parameters.max_size > 0:
            kept &= labels.sizes <= parameters.max_size
        numbers = labels.numbers(kept, len(class_of) + 1)
        chosen = np.flatnonzero(numbers)
        chosen = chosen[np.argsort(numbers[chosen])]
        class_of.update(zip(numbers[chosen].tolist(), (names[k - 1] for k in kinds[chosen].tolist()), strict=True))
        return numbers

    def _read(self, region: Region) -> tuple[NDArray[np.uint8], NDArray[np.float32] | None]:
        return self.work.read(region.shift(self.section.start))

    @property
    def _watershed(self) -> bool:
        return self.work.parameters.objects == "watershed"

    def _reach(self) -> Index3:
        """How far the surroundings of a voxel decide whether it is part of a seed."""
        if not self._watershed:
            return 0, 0, 0
        if len(self.work.maps.channels) > len(self.work.card.class_names):
            return self.work.seeds.reach
        z, y, x = (max(a, b) for a, b in zip(self.work.seeds.reach, self.plan.halo, strict=True))
        return z, y, x


@dataclass(frozen=True, slots=True)
class _Seeds:
    """Seeds (or islands) of all blocks; ``zones`` are the surroundings of near seeds that count as one."""

    found: JoinedPieces
    zones: JoinedPieces | None = None

    @property
    def highest(self) -> int:
        """The largest number."""
        return self.found.highest if self.zones is None else self.zones.highest

    @property
    def rooms(self) -> tuple[JoinedPieces, ...]:
        """All that is stored."""
        return (self.found,) if self.zones is None else (self.found, self.zones)

    def read(self, region: Region) -> NDArray[np.uint32]:
        """Numbers of the seeds in a box, 0 elsewhere."""
        seeds = self.found.read(region)
        return seeds if self.zones is None else np.where(seeds > 0, self.zones.read(region), np.uint32(0))
