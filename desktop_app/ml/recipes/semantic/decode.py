"""From maps of voxels to objects or class numbers, without a network and whatever the size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Region
from desktop_app.core.job import JobContext, Progress, slice_in_words
from desktop_app.core.recipes.semantic.parameters import SemanticDecode
from desktop_app.ml.inference.block_budget import BlockBudget, sections
from desktop_app.ml.inference.block_objects import NO_MERGING, BlockObjects, ObjectRules
from desktop_app.ml.inference.blocks import BlockDriver, BlockPlan, inside
from desktop_app.ml.inference.engine import LabelSlab, LabelStream, Room
from desktop_app.ml.inference.maps import ReadableMaps
from desktop_app.ml.inference.nearest_seeds import NearestSeeds
from desktop_app.ml.inference.resized import ResizedMaps, full_size
from desktop_app.objects.classes import class_map
from desktop_app.objects.watershed import SeedParameters

_BYTES_PER_VOXEL = 90
"""Of a block: class numbers, heights, seeds and labels, and what smoothing, distances and flooding make besides
(measured: 70 to 85)."""
_BYTES_PER_MAP = 8
"""Of a voxel of a block: each map as float32, and as it was read."""
_MOST_SLICES = 64
"""Slices of a slab of class numbers, between which the user can cancel."""


def decode_semantic(
    maps: ReadableMaps, parameters: SemanticDecode, card: ModelCard, room: Room, ctx: JobContext
) -> LabelStream:
    """Labels of maps of any size within the memory budget.

    A voxel belongs to something where its classes together exceed the threshold, and then to the likeliest class.
    Objects are made block by block, as large as the budget allows; they are the same whatever the blocks.

    Args:
        maps: One map per class, then the depth if the model has one; read again and again, box by box.
        parameters: How maps become labels.
        card: The model. 2D models are decoded slice by slice.
        room: Memory budget, and the folder for temporary labels, up to 20 bytes per voxel.
        ctx: Hears about progress, and may cancel between blocks.
    """
    class_of: dict[int, str] = {}
    budget = BlockBudget(room.memory, _BYTES_PER_VOXEL + _BYTES_PER_MAP * len(maps.channels))
    work = _Work(maps, parameters, card, room.scratch, ctx, budget, class_of)
    if parameters.objects == "classes":
        class_of.update(zip(card.class_values, card.class_names, strict=False))
        return LabelStream(work.classes(), class_of, counts=False, likely=work.likely)
    return LabelStream(work.objects(), class_of, likely=work.likely)


def decode_at_size(
    maps: ReadableMaps,
    chosen: Callable[[ReadableMaps], ReadableMaps],
    parameters: SemanticDecode,
    card: ModelCard,
    room: Room,
    ctx: JobContext,
) -> LabelStream:
    """Labels at the size of the image, also where the network saw it smaller or larger than it is.

    Objects are made at the size at which it was seen, for which the parameters hold, and their labels brought back.

    Args:
        maps: As the network gave them, perhaps of a resized image.
        chosen: Those of them that labels are made of.
        parameters: How maps become labels.
        card: The model.
        room: As of ``decode_semantic``.
        ctx: Hears about progress, and may cancel.
    """
    telling = chosen(maps)
    if not isinstance(maps, ResizedMaps) or parameters.objects == "classes":
        return decode_semantic(telling, parameters, card, room, ctx)
    count = len(card.class_names)
    return full_size(
        decode_semantic(chosen(maps.maps), parameters, card, room, ctx),
        maps,
        belongs=lambda region: semantic_classes(telling, parameters, card, region) > 0,
        likely=lambda region: np.asarray(telling.read(region)[:count].max(axis=0)),
    )


def semantic_classes(
    maps: ReadableMaps, parameters: SemanticDecode, card: ModelCard, region: Region | None = None
) -> NDArray[np.uint8]:
    """Class numbers ``(Z, Y, X)`` of maps in memory, in a box or everywhere."""
    found = maps.read(region or Region.whole(maps.shape))
    return class_map(found[: len(card.class_names)], parameters.threshold)


def object_rules(parameters: SemanticDecode, card: ModelCard, maps: int) -> ObjectRules:
    """How voxels become objects, as follows from the parameters, the model and the number of its maps."""
    p = parameters
    nearest = p.objects == "voronoi"
    distance = NO_MERGING if nearest else p.seed_distance
    shaped = p.objects == "watershed" and maps == len(card.class_names)
    return ObjectRules(
        watershed=nearest or p.objects == "watershed",
        seeds=SeedParameters(p.seed_threshold, distance, p.smoothing, card.voxel_size.zyx),
        shaped=shaped,
        largest_radius=max(card.patch_size) / 2,
        fill_holes=p.fill_holes,
        min_size=p.min_size,
        max_size=p.max_size,
        nearest=nearest,
        min_confidence=p.min_confidence,
        min_dip=0.0 if nearest or shaped else p.min_dip,
    )


@dataclass(frozen=True, slots=True)
class _Work:
    """Maps on their way to labels."""

    maps: ReadableMaps
    parameters: SemanticDecode
    card: ModelCard
    scratch: Path | None
    ctx: JobContext
    budget: BlockBudget
    class_of: dict[int, str]

    def classes(self) -> Iterator[LabelSlab]:
        """Each voxel by itself; a slab is put together from strips where it is large."""
        depth, height, width = self.maps.shape
        slices = max(1, min(_MOST_SLICES, self.budget.most_voxels // (height * width)))
        rows = max(1, min(height, self.budget.most_voxels // width))
        values = np.array((0, *self.card.class_values), np.uint32)
        for z in range(0, depth, slices):
            slab = Region((z, 0, 0), (min(depth, z + slices), height, width))
            labels = np.zeros(slab.shape, np.uint32)
            for y in range(0, height, rows):
                self.ctx.raise_if_cancelled()
                strip = Region((z, y, 0), (slab.stop[0], min(height, y + rows), width))
                labels[inside(strip, slab)] = values[self.read(strip)[0]]
            self.ctx.report(Progress(slab.stop[0], depth, slice_in_words(slab.stop[0], depth)))
            yield slab, labels

    def objects(self) -> Iterator[LabelSlab]:
        """Objects of the volume; of each slice by itself where the model sees single slices."""
        for section, ctx in sections(self.maps.shape, slices=self.card.dimensions == 2, ctx=self.ctx):
            yield from self._section(section, ctx)

    def _section(self, section: Region, ctx: JobContext) -> Iterator[LabelSlab]:
        """Objects of the volume, or of one slice of it; ids go on after those that there are."""
        rules = object_rules(self.parameters, self.card, len(self.maps.channels))
        plan = BlockPlan.fitting(section.shape, self.budget.most_voxels, rules.reach)
        if not self.class_of:
            self.budget.warn(plan, self.ctx)

        def read(region: Region) -> tuple[NDArray[np.uint8], NDArray[np.float32] | None]:
            return self.read(region.shift(section.start))

        def likely(region: Region) -> NDArray[np.float32]:
            return self.likely(region.shift(section.start))

        with BlockDriver(plan, ctx, rules.rounds, self.scratch) as driver:
            objects = (NearestSeeds if rules.nearest else BlockObjects)(driver, read, likely, rules)
            labels, kinds, kept = objects.labels()
            numbers = labels.numbers(kept, len(self.class_of) + 1)
            self._name(numbers, kinds)
            for slab, part in driver.slabs(lambda region: numbers[objects.read(region)], self.budget.memory):
                yield slab.shift(section.start), part

    def _name(self, numbers: NDArray[np.uint32], kinds: NDArray[np.uint8]) -> None:
        chosen = np.flatnonzero(numbers)
        chosen = chosen[np.argsort(numbers[chosen])]
        names = (self.card.class_names[kind - 1] for kind in kinds[chosen].tolist())
        self.class_of.update(zip(numbers[chosen].tolist(), names, strict=True))

    def read(self, region: Region) -> tuple[NDArray[np.uint8], NDArray[np.float32] | None]:
        """Class numbers, and the depth or the probability, by which seeds are found, in a box."""
        values = self.maps.read(region)
        count = len(self.card.class_names)
        if self.parameters.objects == "voronoi":
            return class_map(values[:count], self.parameters.threshold), values[:count].max(axis=0)
        return class_map(values[:count], self.parameters.threshold), values[count] if len(values) > count else None

    def likely(self, region: Region) -> NDArray[np.float32]:
        """How likely the likeliest class of each voxel in a box is."""
        return np.asarray(self.maps.read(region)[: len(self.card.class_names)].max(axis=0))
