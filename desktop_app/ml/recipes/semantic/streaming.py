"""Labels of volumes that do not fit into memory, the same as if they did."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

import fastremap
import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Index3, Region
from desktop_app.core.job import JobContext, Progress
from desktop_app.core.recipes.semantic.parameters import SemanticDecode
from desktop_app.ml.recipes.blocks import BlockPlan, BlockSeeds, ReadableMaps, ScratchLabels, inside
from desktop_app.ml.recipes.registry import recipe_named
from desktop_app.objects.components import connected_objects
from desktop_app.objects.decoding import class_map, height_map
from desktop_app.objects.filters import fill_holes
from desktop_app.objects.stitching import BlockStitcher
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
_SHARE_OF_BUDGET = 0.6
_MOST_SLICES = 64
_DECODED_AT_ONCE = 8_000_000
_LARGEST_BLOCK = 64_000_000


@dataclass(slots=True)
class DecodedStream:
    """Labels that come slab by slab, from the first slice to the last.

    Attributes:
        class_of: Class name of each id so far; complete after the last slab.
        slabs: Pairs of a region of whole slices and its labels ``(Z, Y, X) uint32``. Objects have the same number in
            all slabs, and numbers are consecutive.
    """

    slabs: Iterator[tuple[Region, NDArray[np.uint32]]]
    class_of: dict[int, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[tuple[Region, NDArray[np.uint32]]]:
        return self.slabs


def decode_stream(
    maps: ReadableMaps,
    parameters: SemanticDecode,
    card: ModelCard,
    ctx: JobContext,
    memory_gb: float = 2.0,
    *,
    scratch: Path | None = None,
) -> DecodedStream:
    """Decode maps of any size within a memory budget.

    Small volumes are decoded at once by the recipe. Otherwise blocks, as large as the budget allows, are decoded one by
    one, in three rounds: seeds (or islands) are found and numbered over all blocks, which is exact; then each block is
    flooded from these seeds with surroundings of half a training patch, so that objects up to that size come out as in
    memory and larger ones keep one number all the same; then sizes are judged and slabs are handed out.

    Args:
        maps: Read again and again, box by box.
        parameters: How maps become labels.
        card: The model's card. 2D models are decoded slice by slice.
        ctx: Hears about progress, and may cancel between blocks.
        memory_gb: Working memory in GiB.
        scratch: Folder for temporary labels, 8 bytes per voxel; None takes the system's temporary folder.
    """
    stream = DecodedStream(iter(()))
    work = _Work(maps, parameters, card, ctx, int(memory_gb * 2**30 * _SHARE_OF_BUDGET), scratch, stream.class_of)
    stream.slabs = work.slabs()
    return stream


@dataclass(frozen=True, slots=True)
class _Work:
    maps: ReadableMaps
    parameters: SemanticDecode
    card: ModelCard
    ctx: JobContext
    memory: int
    scratch: Path | None
    class_of: dict[int, str]

    def slabs(self) -> Iterator[tuple[Region, NDArray[np.uint32]]]:
        if self.parameters.objects == "classes":
            return self._classes()
        if self.card.dimensions == 2:
            return self._slices()
        return self._section(Region.whole(self.maps.shape), 0)

    @property
    def most_voxels(self) -> int:
        return min(_LARGEST_BLOCK, max(4096, self.memory // (_BYTES_PER_VOXEL + 8 * len(self.maps.channels))))

    def _slices(self) -> Iterator[tuple[Region, NDArray[np.uint32]]]:
        depth, height, width = self.maps.shape
        for z in range(depth):
            self.ctx.raise_if_cancelled()
            self.ctx.report(Progress(z, depth, f"slice {z + 1} of {depth}"))
            yield from self._section(Region((z, 0, 0), (z + 1, height, width)), len(self.class_of))

    def _classes(self) -> Iterator[tuple[Region, NDArray[np.uint32]]]:
        """Each voxel by itself; a slab is put together from strips where it is large."""
        depth, height, width = self.maps.shape
        slices = max(1, min(_MOST_SLICES, self.most_voxels // (height * width)))
        rows = max(1, min(height, self.most_voxels // width))
        for z in range(0, depth, slices):
            slab = Region((z, 0, 0), (min(depth, z + slices), height, width))
            labels = np.zeros(slab.shape, np.uint32)
            for y in range(0, height, rows):
                self.ctx.raise_if_cancelled()
                strip = Region((z, y, 0), (slab.stop[0], min(height, y + rows), width))
                decoded = recipe_named(self.card.recipe).decode(self.maps.read(strip), self.parameters, self.card)
                labels[inside(strip, slab)] = decoded.labels
                self.class_of.update(decoded.class_of)
            self.ctx.report(Progress(slab.stop[0], depth, f"slice {slab.stop[0]} of {depth}"))
            yield slab, labels

    def _section(self, section: Region, first_id: int) -> Iterator[tuple[Region, NDArray[np.uint32]]]:
        """Objects of the volume, or of one slice of it; ids go on after ``first_id``."""
        if section.size > min(self.most_voxels, _DECODED_AT_ONCE):
            plan = BlockPlan.fitting(section.shape, self.most_voxels, self._halo())
            yield from _Blocks(self, section, plan).slabs(first_id)
            return
        self.ctx.raise_if_cancelled()
        decoded = recipe_named(self.card.recipe).decode(self.maps.read(section), self.parameters, self.card)
        self.class_of.update({first_id + number: name for number, name in decoded.class_of.items()})
        labels = decoded.labels
        if first_id:
            labels[labels > 0] += np.uint32(first_id)
        yield section, labels

    def _halo(self) -> Index3:
        """Half a training patch, and what smoothing needs besides."""
        z, y, x = (p // 2 + r for p, r in zip(self.card.patch_size, self.seeds.reach, strict=True))
        return z, y, x

    @property
    def seeds(self) -> SeedParameters:
        p = self.parameters
        return SeedParameters(p.seed_threshold, p.seed_distance, p.smoothing, self.card.voxel_size.zyx)


@dataclass(frozen=True, slots=True)
class _Blocks:
    """One section in blocks. Regions are counted from the section's corner."""

    work: _Work
    section: Region
    plan: BlockPlan

    def slabs(self, first_id: int) -> Iterator[tuple[Region, NDArray[np.uint32]]]:
        shape = self.section.shape
        with ExitStack() as opened:
            labels = opened.enter_context(closing(ScratchLabels(shape, self.work.scratch)))
            with ExitStack() as temporary:
                seeds = self._found_seeds(temporary)
                sizes, kinds = self._grow(seeds, labels)
            numbers = self._final_numbers(sizes, kinds, first_id)
            slices = max(1, min(_MOST_SLICES, self.work.memory // (shape[1] * shape[2] * 48)))
            for z in range(0, shape[0], slices):
                self.work.ctx.raise_if_cancelled()
                slab = Region((z, 0, 0), (min(shape[0], z + slices), shape[1], shape[2]))
                yield slab.shift(self.section.start), numbers[labels.read(slab)]

    def _found_seeds(self, opened: ExitStack) -> BlockSeeds:
        """Seeds (or islands) with one number in all blocks; near ones are joined where that is wanted."""
        found = opened.enter_context(closing(ScratchLabels(self.section.shape, self.work.scratch)))
        seeds = BlockSeeds(found, self._find_seeds(found))
        if not self._watershed or not merges_seeds(self.work.seeds):
            return seeds
        zones = opened.enter_context(closing(ScratchLabels(self.section.shape, self.work.scratch)))
        return BlockSeeds(found, seeds.table, zones, self._join_seeds(seeds, zones))

    def _find_seeds(self, found: ScratchLabels) -> NDArray[np.uint32]:
        """Number the seeds (or islands) of all blocks; returns what turns the numbers in ``found`` into seeds."""
        stitcher, shape = BlockStitcher(), self.section.shape
        blocks = self.plan.cores()
        overtopped_numbers = [np.zeros(0, np.uint32)]
        for number, core in enumerate(blocks):
            self._tick(number, 2 * len(blocks))
            around = core.expand(1, shape)
            seen = around.expand(self._reach(), shape)
            islands, beaten = self._islands(seen, around)
            pieces = stitcher.add(islands, found.read(around))
            if beaten is not None:
                inner = inside(core, around)
                overtopped_numbers.append(fastremap.unique(pieces[inner][beaten[inner]]))
            if pieces.any():
                found.write(core, pieces[inside(core, around)])
        table = stitcher.table()
        lost = np.zeros(int(table.max(initial=0)) + 1, bool)
        lost[table[np.concatenate(overtopped_numbers)]] = True
        return np.where(lost[table], np.uint32(0), table)

    def _join_seeds(self, seeds: BlockSeeds, zones: ScratchLabels) -> NDArray[np.uint32]:
        """Number the surroundings of the seeds, so that near seeds share one number."""
        stitcher, shape = BlockStitcher(), self.section.shape
        for core in self.plan.cores():
            self.work.ctx.raise_if_cancelled()
            around = core.expand(1, shape)
            seen = around.expand(self.work.seeds.reach, shape)
            classes, _ = self._read(seen)
            near = seed_zones(classes, seeds.read(seen) > 0, self.work.seeds)[inside(around, seen)]
            pieces = stitcher.add(connected_objects(near), zones.read(around))
            if pieces.any():
                zones.write(core, pieces[inside(core, around)])
        return stitcher.table()

    def _islands(self, seen: Region, around: Region) -> tuple[NDArray[np.uint32], NDArray[np.bool_] | None]:
        """Numbered islands or plateaus in ``around``, and which voxels of plateaus have a higher neighbour."""
        classes, depth = self._read(seen)
        if not self._watershed:
            return connected_objects(classes[inside(around, seen)]), None
        height = height_map(classes, depth, self.work.seeds)[inside(around, seen)]
        classes = classes[inside(around, seen)]
        levels = seed_levels(classes, height, self.work.seeds)
        plateaus = connected_objects(level_numbers(classes, levels), connectivity=seed_connectivity(self.work.seeds))
        return plateaus, overtopped(classes, levels)

    def _grow(self, seeds: BlockSeeds, grown: ScratchLabels) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """Write the objects of all blocks; returns the size and the class number of each."""
        count = seeds.highest + 1
        sizes, kinds = np.zeros(count, np.int64), np.zeros(count, np.uint8)
        blocks, shape = self.plan.cores(), self.section.shape
        for number, core in enumerate(blocks):
            self._tick(len(blocks) + number, 2 * len(blocks))
            window = core.expand(self.plan.halo, shape)
            if not (near := seeds.read(window)).any():
                continue
            classes, depth = self._read(window)
            labels = self._flooded(classes, depth, near)
            classes = classes[inside(core, window)]
            labels = np.ascontiguousarray(labels[inside(core, window)])
            ids, counts = fastremap.unique(labels, return_counts=True)
            sizes[ids] += counts.astype(np.int64)
            known = (labels > 0) & (classes > 0)
            kinds[labels[known]] = classes[known]
            grown.write(core, labels)
        return sizes, kinds

    def _flooded(
        self, classes: NDArray[np.uint8], depth: NDArray[np.float32] | None, seeds: NDArray[np.uint32]
    ) -> NDArray[np.uint32]:
        labels = seeds
        if self._watershed:
            height = height_map(classes, depth, self.work.seeds)
            labels = flood(classes, height, seeds, self.work.ctx.raise_if_cancelled)
        return fill_holes(labels) if self.work.parameters.fill_holes else labels

    def _final_numbers(self, sizes: NDArray[np.int64], kinds: NDArray[np.uint8], first_id: int) -> NDArray[np.uint32]:
        """New consecutive numbers of the objects that are neither too small nor too large, 0 for the others."""
        parameters, names = self.work.parameters, self.work.card.class_names
        kept = sizes >= max(1, parameters.min_size)
        if parameters.max_size > 0:
            kept &= sizes <= parameters.max_size
        kept[0] = False
        numbers = np.where(kept, np.cumsum(kept) + first_id, 0).astype(np.uint32)
        kept_kinds = kinds[kept].tolist()
        self.work.class_of.update({first_id + 1 + i: names[max(k, 1) - 1] for i, k in enumerate(kept_kinds)})
        return numbers

    def _read(self, region: Region) -> tuple[NDArray[np.uint8], NDArray[np.float32] | None]:
        """Class numbers and depth map in a box."""
        values = self.work.maps.read(region.shift(self.section.start))
        count = len(self.work.card.class_names)
        classes = class_map(values[:count], self.work.parameters.threshold)
        return classes, values[count] if values.shape[0] > count else None

    @property
    def _watershed(self) -> bool:
        return self.work.parameters.objects == "watershed"

    def _reach(self) -> Index3:
        """How far the surroundings of a voxel decide whether it is part of a seed."""
        if not self._watershed:
            return 0, 0, 0
        if "depth" in self.work.maps.channels:
            return self.work.seeds.reach
        z, y, x = (max(a, b) for a, b in zip(self.work.seeds.reach, self.plan.halo, strict=True))
        return z, y, x

    def _tick(self, done: int, total: int) -> None:
        self.work.ctx.raise_if_cancelled()
        self.work.ctx.report(Progress(done, total, f"block {done + 1} of {total}"))
