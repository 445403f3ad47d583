"""Objects around the summits of the probabilities, as Voronoi-Otsu labelling makes them, block by block."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Region
from desktop_app.io.scratch import BoxArray
from desktop_app.ml.inference.block_objects import BlockObjects, LikelyReader, MapReader, ObjectRules
from desktop_app.ml.inference.blocks import BlockDriver, BlockReader, JoinedPieces, Pieces, inside
from desktop_app.objects.components import connected_objects
from desktop_app.objects.summits import closeness, summit_levels, summit_numbers
from desktop_app.objects.watershed import overtopped


class NearestSeeds(BlockObjects):
    """A seed for each summit of the smoothed probabilities; each voxel goes to the nearest one that it hangs together
    with (Haase et al. 2020, doi 10.1038/s41592-019-0650-1, ``voronoi_otsu_labeling``).

    The seeds are flooded over the distance to the nearest of them, which parts a connected island where the distances
    to two seeds are equal. So objects end at gaps, which the plain nearest seed would pass over.

    Args:
        driver: Goes through the blocks.
        maps: Tells classes and probabilities of a box.
        likely: Tells how likely the classes of a box are.
        rules: How objects are made.
    """

    def __init__(self, driver: BlockDriver, maps: MapReader, likely: LikelyReader, rules: ObjectRules) -> None:
        super().__init__(driver, maps, likely, rules)
        self._closeness: BoxArray | None = None

    def _flooded(self) -> tuple[BlockReader, int]:
        found = self._driver.joined(self._summits)
        self._closeness, self._whole = self._closeness_to(found), None
        return self._from_seeds(found.read, found.highest, (found,))

    def _heights(self, around: Region) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Smoothed probabilities until the seeds are known, then how close the nearest one is."""
        if self._closeness is None:
            return super()._heights(around)
        return self._maps(around)[0], self._closeness.read(around)

    def _summits(self, around: Region) -> Pieces:
        """Plateaus of the probabilities; one with a higher neighbour is no summit."""
        classes, height = self._heights(around)
        levels = summit_levels(classes, height)
        summits = connected_objects(summit_numbers(classes, levels))
        return Pieces(summits, overtopped(classes, levels), consecutive=True)

    def _closeness_to(self, found: JoinedPieces) -> BoxArray:
        stored, rules = self._driver.room(np.float32), self._rules
        for core in self._driver.each():
            seen = core.expand(rules.radii, self._shape)
            near = closeness(found.read(seen) > 0, rules.seeds.aspect, rules.largest_radius)
            stored.write(core, near[inside(core, seen)])
        return stored
