"""Objects of classes and depths, block by block: the same objects whatever the blocks.

Each round goes once through all blocks, and each is exact: what it asks of a block's surroundings reaches no further
than it reads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import fastremap
import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3, Region
from desktop_app.io.scratch import BoxArray
from desktop_app.ml.inference.blocks import BlockDriver, BlockReader, CountedLabels, JoinedPieces, Pieces, inside
from desktop_app.objects.basins import Basins, HaloBlock
from desktop_app.objects.components import connected_objects
from desktop_app.objects.depth import depth_of_distance, limited_distance
from desktop_app.objects.filters import GapOwners, open_axes
from desktop_app.objects.necks import necks
from desktop_app.objects.saddles import Saddles, dips
from desktop_app.objects.watershed import (
    SeedParameters,
    level_numbers,
    merges_seeds,
    overtopped,
    seed_connectivity,
    seed_levels,
    seed_zones,
    smooth_depth,
)

MapReader: TypeAlias = Callable[[Region], tuple[NDArray[np.uint8], NDArray[np.float32] | None]]
"""From a box to its class numbers and its depths, where these were learned."""


LikelyReader: TypeAlias = Callable[[Region], NDArray[np.float32]]
"""From a box to how likely the class of each voxel is, 0 to 1."""

NO_MERGING = 1.0
"""px: seeds at this distance touch, and are one already."""

_SURENESS_STEPS = 10_000
"""Of one, in which confidences are added up: sums of whole numbers do not depend on the order of the blocks."""


@dataclass(frozen=True, slots=True)
class ObjectRules:
    """How voxels become objects.

    Attributes:
        watershed: Whether touching objects are separated; otherwise each island is an object.
        seeds: How seeds are found.
        shaped: Whether the shape of islands stands in for a depth that was not learned.
        largest_radius: Of what the shape tells apart, in pixels (x): half of the largest edge of a training patch, as
            objects are smaller than that; what is thicker counts as so thick.
        fill_holes: Whether holes are closed.
        min_size: Smaller objects are left out, in voxels.
        max_size: Larger objects are left out, in voxels; 0 keeps all.
        nearest: Whether seeds are the summits of the probabilities, and each voxel goes to the nearest.
        min_confidence: Objects whose voxels are less sure on average are left out, 0 to 1; 0 keeps all.
        min_dip: Parts of a learned depth are one unless it falls by this share between them; 0 joins none.
    """

    watershed: bool
    seeds: SeedParameters
    shaped: bool
    largest_radius: float
    fill_holes: bool
    min_size: int
    max_size: int
    nearest: bool = False
    min_confidence: float = 0.0
    min_dip: float = 0.0

    @property
    def reach(self) -> Index3:
        """How many voxels around a block decide on it."""
        if not self.watershed:
            return 1, 1, 1
        wide = self.seeds.reach
        if not (self.shaped or self.nearest):
            return wide
        z, y, x = (max(a, b) for a, b in zip(wide, self.radii, strict=True))
        return z, y, x

    @property
    def radii(self) -> Index3:
        """The largest radius in voxels along (z, y, x), and one more for the border beyond."""
        z, y, x = (math.ceil(self.largest_radius / a) + 1 for a in self.seeds.aspect)
        return z, y, x

    @property
    def merging(self) -> bool:
        """Whether seeds that do not touch may be one."""
        return self.watershed and merges_seeds(self.seeds)

    @property
    def rounds(self) -> int:
        """How often the blocks are gone through."""
        # Depths of a shape take three rounds.
        further = 3 * self.shaped + self.merging + self.nearest + (self.min_dip > 0)
        # Five rounds find seeds, join them, flood, join the pieces and number them.
        making = 5 + further if self.watershed else 1
        return making + 3 * self.fill_holes + 1  # holes take three rounds

    def kept(self, sizes: NDArray[np.int64], sureness: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether objects are neither too small nor too large, and sure enough.

        Args:
            sizes: Voxels of each.
            sureness: Sum over the voxels of each, in ``_SURENESS_STEPS``.
        """
        kept = sizes >= max(1, self.min_size)
        if self.min_confidence > 0:
            kept &= sureness >= sizes * (self.min_confidence * _SURENESS_STEPS)
        return kept & (sizes <= self.max_size) if self.max_size > 0 else kept


class BlockObjects:
    """Objects of a volume.

    Args:
        driver: Goes through its blocks.
        maps: Tells classes and depths of a box.
        likely: Tells how likely the classes of a box are.
        rules: How objects are made.
    """

    def __init__(self, driver: BlockDriver, maps: MapReader, likely: LikelyReader, rules: ObjectRules) -> None:
        self._driver, self._maps, self._likely, self._rules = driver, maps, likely, rules
        self._shape = driver.plan.shape
        self._distances: BoxArray | None = None
        self._depths: BoxArray | None = None
        self._whole: tuple[NDArray[np.uint8], NDArray[np.float32]] | None = None
        self.read: BlockReader = lambda region: np.zeros(region.shape, np.uint32)
        """The objects of a box, once ``labels`` was called; numbered anyhow."""

    def labels(self) -> tuple[CountedLabels, NDArray[np.uint8], NDArray[np.bool_]]:
        """Find all objects; counts of them, the class number of each, and whether the rules keep it."""
        if self._rules.watershed:
            self.read, highest = self._flooded()
        else:
            islands = self._driver.joined(self._islands)
            self.read, highest = islands.read, islands.highest
        if self._rules.fill_holes:
            self.read = self._filled(self.read)
        kinds, sureness = np.zeros(highest + 1, np.uint8), np.zeros(highest + 1, np.int64)

        def note(core: Region, labels: NDArray[np.uint32], ids: NDArray[Any], at: NDArray[Any]) -> None:
            classes = self._maps(core)[0].reshape(-1)[at]
            known = classes > 0  # the first voxel of an object in the volume is none of a hole
            kinds[ids[known]] = classes[known]
            if self._rules.min_confidence > 0:
                _add_sureness(sureness, labels, self._likely(core))

        counted = self._driver.counted(self.read, highest, note)
        kinds[0] = 0
        return counted, kinds, self._rules.kept(counted.sizes, sureness)

    def _islands(self, around: Region) -> Pieces:
        """Connected places of one class."""
        return Pieces(connected_objects(self._maps(around)[0]), consecutive=True)

    def _flooded(self) -> tuple[BlockReader, int]:
        """Seeds, and what a flood from them fills; an island without a seed is an object, too."""
        if self._rules.shaped:
            self._distances = self._border_distances()
            self._depths = self._shape_depths(self._distances)
        found = self._driver.joined(self._plateaus)
        zones = self._driver.joined(lambda around: self._zones(around, found)) if self._rules.merging else None
        highest = found.highest if zones is None else zones.highest

        def seeds(region: Region) -> NDArray[np.uint32]:
            numbers = found.read(region)
            return numbers if zones is None else np.where(numbers > 0, zones.read(region), np.uint32(0))

        return self._from_seeds(seeds, highest, [pieces for pieces in (found, zones) if pieces is not None])

    def _from_seeds(self, seeds: BlockReader, highest: int, pieces: Sequence[JoinedPieces]) -> tuple[BlockReader, int]:
        """What a flood from seeds fills; the pieces are given back once it has begun everywhere."""
        basins, stored = Basins(highest), self._driver.room()
        for core in self._driver.each():
            window, around = self._window(core)
            stored.write(core, basins.find(window, seeds(around)))
        for each in pieces:
            each.stored.close()
        for core in self._driver.each():
            around = core.expand(1, self._shape)
            basins.meet(around.start, self._shape, stored.read(around))
        basins.finish_meeting()
        for core in self._driver.each():
            window, around = self._window(core)
            basins.border(window, basins.tops[stored.read(around)])
        table = basins.objects()[basins.tops]
        table = self._joined(lambda region: table[stored.read(region)], int(table.max(initial=0)))[table]
        self._whole = None
        for core in self._driver.each():
            stored.write(core, table[stored.read(core)])
        return stored.read, int(table.max(initial=0))

    def _window(self, core: Region) -> tuple[HaloBlock, Region]:
        around = core.expand(1, self._shape)
        classes, height = self._heights(around)
        return HaloBlock(classes, height, inside(core, around), around.start, self._shape), around

    def _border_distances(self) -> BoxArray:
        """How far each voxel is from the border of its island, up to the largest radius, for the whole volume."""
        sampling, largest = self._rules.seeds.aspect, self._rules.largest_radius
        distances = self._driver.room(np.float32)
        for core in self._driver.each():
            seen = core.expand(self._rules.radii, self._shape)
            found = limited_distance(self._maps(seen)[0], sampling, largest)
            distances.write(core, found[inside(core, seen)])
        return distances

    def _shape_depths(self, distances: BoxArray) -> BoxArray:
        """Depths from the shape of islands, for the whole volume."""
        depths = self._driver.room(np.float32)
        for core in self._driver.each():
            seen = core.expand(self._rules.radii, self._shape)
            found = depth_of_distance(distances.read(seen), self._rules.seeds.aspect)
            depths.write(core, found[inside(core, seen)])
        return depths

    def _joined(self, read: BlockReader, highest: int) -> NDArray[np.uint32]:
        """The number of each object once those are one that no neck of their shape, or no dip of the depth, parts."""
        distances, rules = self._distances, self._rules
        if distances is not None:

            def distant(core: Region) -> HaloBlock:
                around = core.expand(1, self._shape)
                classes, distance = self._maps(around)[0], distances.read(around)
                return HaloBlock(classes, distance, inside(core, around), around.start, self._shape)

            table = self._over(necks(highest, min(rules.seeds.aspect)), distant, read)
            distances.close()
            return table
        if rules.min_dip > 0:
            joining = dips(highest, rules.min_dip, rules.seeds.seed_threshold)
            return self._over(joining, lambda core: self._window(core)[0], read)
        return np.arange(highest + 1, dtype=np.uint32)

    def _over(self, saddles: Saddles, window: Callable[[Region], HaloBlock], read: BlockReader) -> NDArray[np.uint32]:
        """Go through all blocks, and join objects over the saddles between them."""
        for core in self._driver.each():
            saddles.add(window(core), read(core.expand(1, self._shape)))
        return saddles.table()

    def _heights(self, around: Region) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Class numbers and smoothed depths of a box; of a single block they are kept."""
        if self._whole is not None:
            return self._whole
        seen = around.expand(self._rules.seeds.reach, self._shape)
        classes, depths = self._maps(seen)
        if depths is None:
            depths = self._depths.read(seen) if self._depths is not None else np.zeros(seen.shape, np.float32)
        part = inside(around, seen)
        found = classes[part], smooth_depth(depths, self._rules.seeds)[part]
        if self._driver.plan.single:
            self._whole = found
        return found

    def _plateaus(self, around: Region) -> Pieces:
        """Plateaus of the heights; one with a higher neighbour is no seed."""
        seeds = self._rules.seeds
        classes, height = self._heights(around)
        levels = seed_levels(classes, height, seeds)
        plateaus = connected_objects(level_numbers(classes, levels), connectivity=seed_connectivity(seeds))
        return Pieces(plateaus, overtopped(classes, levels), consecutive=True)

    def _zones(self, around: Region, found: JoinedPieces) -> Pieces:
        """Surroundings of seeds, which are one where these touch."""
        seen = around.expand(self._rules.seeds.reach, self._shape)
        near = seed_zones(self._maps(seen)[0], found.read(seen) > 0, self._rules.seeds)
        return Pieces(connected_objects(near[inside(around, seen)]), consecutive=True)

    def _filled(self, read: BlockReader) -> BlockReader:
        """The same objects without holes: gaps that do not reach the border, with one object around."""
        gaps = self._driver.joined(lambda around: self._gaps(around, read))
        if gaps.highest == 0:
            gaps.stored.close()
            return read
        owners = GapOwners(gaps.highest)
        for core in self._driver.each():
            around = core.expand(1, self._shape)
            wanted = np.zeros(around.shape, np.uint32)
            wanted[inside(core, around)] = gaps.read(core)
            owners.add(read(around), wanted)
        owner = owners.table()[gaps.table]
        for core in self._driver.each():
            gaps.stored.write(core, np.maximum(read(core), owner[gaps.stored.read(core)]))
        return gaps.stored.read

    def _gaps(self, around: Region, read: BlockReader) -> Pieces:
        """Islands of background; those at the border of the volume are no holes."""
        outside = np.zeros(around.shape, bool)
        for axis in open_axes(self._shape):
            if around.start[axis] == 0:
                outside[(slice(None),) * axis + (0,)] = True
            if around.stop[axis] == self._shape[axis]:
                outside[(slice(None),) * axis + (-1,)] = True
        return Pieces(connected_objects(read(around) == 0, connectivity=6), outside, consecutive=True)


def _add_sureness(sums: NDArray[np.int64], labels: NDArray[np.uint32], likely: NDArray[np.float32]) -> None:
    """Add to the sum of each label how likely its voxels ``(Z, Y, X)`` are, in steps."""
    ids, places = fastremap.unique(labels, return_inverse=True)
    steps = np.rint(likely.astype(np.float64) * _SURENESS_STEPS)
    sums[ids] += np.bincount(places.reshape(-1), steps.reshape(-1), ids.size).astype(np.int64)
