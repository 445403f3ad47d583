"""From maps of voxels to objects, without a network and whatever the size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Index3, Region
from desktop_app.core.job import JobContext
from desktop_app.core.recipes.embedding.parameters import EmbeddingDecode
from desktop_app.ml.inference.block_budget import BlockBudget, sections
from desktop_app.ml.inference.blocks import BlockDriver, BlockPlan, Pieces
from desktop_app.ml.inference.engine import LabelSlab, LabelStream, Room
from desktop_app.ml.inference.maps import ReadableMaps
from desktop_app.ml.recipes.embedding.shown_maps import map_files
from desktop_app.objects.embedding.clustering import ClusterRules, clustered
from desktop_app.objects.embedding.field import EmbeddingField

_BYTES_PER_VOXEL = 24
"""Of a block: numbers, places and what joining pieces makes."""
_BYTES_PER_MAP = 20
"""Of a voxel of a block: each map as it was read, as float32, and of the voxels of objects in the order of cells."""
_SURE_RATE, _SURE_FROM = 2.0, 0.5
"""From seed to likelihood: seeds fall from 1 in the middle of an object to one half at its edge (D. Neven et al., CVPR
2019, where they regress to the likelihood of the learned Gaussian), which says as much as a probability of one half; a
seed of three quarters is as sure as can be, one of a quarter or less is none."""
_SAME_SHARE = 0.5
"""Pieces that two blocks found are one object where they share half of the smaller one, in what both see."""


def decode_embedding(
    maps: ReadableMaps, parameters: EmbeddingDecode, card: ModelCard, room: Room, ctx: JobContext
) -> LabelStream:
    """Objects of maps of any size within the memory budget.

    Args:
        maps: ``seed``, arrows and radii in pixels; read again and again, box by box.
        parameters: How maps become objects.
        card: The model. 2D models are decoded slice by slice.
        room: Memory budget, and the folder for temporary labels.
        ctx: Hears about progress, and may cancel between blocks.
    """
    class_of: dict[int, str] = {}
    budget = BlockBudget(room.memory, _BYTES_PER_VOXEL + _BYTES_PER_MAP * len(maps.channels))
    more = map_files(maps, parameters) if parameters.keep_maps else {}
    work = _Work(maps, parameters, card, room.scratch, ctx, budget, class_of)
    return LabelStream(work.objects(), class_of, more=more, likely=work.likely)


def likelihood(seeds: NDArray[np.float32]) -> NDArray[np.float32]:
    """How likely voxels belong to an object, 0 to 1, by the map of seeds."""
    return np.clip(_SURE_RATE * seeds - _SURE_FROM, 0, 1)


def rules_of(parameters: EmbeddingDecode) -> ClusterRules:
    """The rules that parameters of decoding mean."""
    p = parameters
    return ClusterRules(
        seed_threshold=p.seed_threshold,
        foreground_threshold=p.foreground_threshold,
        min_size=p.min_size,
        min_foreground=p.min_foreground,
        min_left=p.min_left,
        min_free=p.min_free,
        reach=p.reach,
        centring=int(p.steady),
    )


@dataclass(frozen=True, slots=True)
class _Work:
    """Maps on their way to objects."""

    maps: ReadableMaps
    parameters: EmbeddingDecode
    card: ModelCard
    scratch: Path | None
    ctx: JobContext
    budget: BlockBudget
    class_of: dict[int, str]

    def objects(self) -> Iterator[LabelSlab]:
        """Objects of the volume; of each slice by itself where the model sees single slices."""
        for section, ctx in sections(self.maps.shape, slices=self._axes == 2, ctx=self.ctx):
            yield from self._section(section, ctx)

    def _section(self, section: Region, ctx: JobContext) -> Iterator[LabelSlab]:
        """Objects of the volume, or of one slice of it; ids go on after those that there are."""
        plan = BlockPlan.fitting(section.shape, self.budget.most_voxels, self._reach)
        if not self.class_of:
            self.budget.warn(plan, self.ctx)
        rules = rules_of(self.parameters)
        with BlockDriver(plan, ctx, 2, self.scratch) as driver:
            found = driver.joined(
                lambda around: Pieces(self._found(around.shift(section.start), section, rules)),
                plan.halo,
                _SAME_SHARE,
            )
            counts = driver.counted(found.read, found.highest)
            kept = counts.sizes > 0 if plan.single else counts.sizes > self.parameters.min_size
            numbers = counts.numbers(kept, len(self.class_of) + 1)
            self.class_of.update(dict.fromkeys(numbers[numbers > 0].tolist(), self.card.class_names[0]))
            for slab, part in driver.slabs(lambda region: numbers[found.read(region)], self.budget.memory):
                yield slab.shift(section.start), part

    def _found(self, around: Region, section: Region, rules: ClusterRules) -> NDArray[np.uint32]:
        """Objects of a box that lies in a section; the image goes on behind its faces within the section."""
        values = self.maps.read(around)
        axes = self._axes
        field = EmbeddingField(values[0], values[1 : axes + 1], values[axes + 1 :], self._aspect)
        faces = np.array([np.not_equal(around.start, section.start), np.not_equal(around.stop, section.stop)]).T
        return clustered(field, rules, faces if faces.any() else None)

    def likely(self, region: Region) -> NDArray[np.float32]:
        """How likely each voxel in a box belongs to an object: one half at the edge of one, 1 well inside."""
        return likelihood(self.maps.read(region)[0])

    @property
    def _axes(self) -> int:
        """Along which arrows point: 2, or 3 also where a model of pictures saw a volume in three directions."""
        return (len(self.maps.channels) - 1) // 2

    @property
    def _aspect(self) -> tuple[float, float, float]:
        """Edges of a voxel over that along x; a model of pictures takes voxels for cubes."""
        if self.card.dimensions == 2:
            return 1.0, 1.0, 1.0
        z, y, x = self.card.voxel_size.zyx
        return z / x, y / x, 1.0

    @property
    def _reach(self) -> Index3:
        """A patch of the training: objects are smaller than that, so that each is seen whole."""
        z, y, x = self.card.patch_size
        if self.card.dimensions == 2:
            z = max(y, x) if self._axes == 3 else 0
        return z, y, x
