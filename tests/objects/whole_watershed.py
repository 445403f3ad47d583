"""The watershed of a volume in one piece, put together as plainly as may be from the parts that blocks use."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.objects.basins import Basins, whole_window
from desktop_app.objects.components import connected_objects
from desktop_app.objects.depth import depth_of_distance, limited_distance
from desktop_app.objects.necks import necks
from desktop_app.objects.numbering import numbered
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


def seeded_watershed(
    foreground: NDArray[Any], depth: NDArray[np.float32], parameters: SeedParameters
) -> NDArray[np.uint32]:
    """Split the foreground into objects, one per seed.

    Seeds are the tops of the smoothed depth map in steps of a tenth: plateaus without a higher neighbour. All that is
    deeper than the seed threshold counts as equally deep, so that long objects are not cut; tops shallower than half
    the threshold do not count. So shallow objects have seeds, too, and small bumps are passed over. Tops nearer than
    the seed distance count as one. Foreground islands without any seed vanish.

    Args:
        foreground: ``(Z, Y, X)`` bool, or uint8 class numbers: objects never cross classes.
        depth: ``(Z, Y, X) float32``, high inside objects, about 0 to 1.
        parameters: How seeds are found.

    Returns:
        ``(Z, Y, X) uint32``, 0 outside, objects numbered from 1.
    """
    height = smooth_depth(depth, parameters)
    return flood(foreground, height, find_seeds(foreground, height, parameters))


def distance_watershed(foreground: NDArray[Any], parameters: SeedParameters) -> NDArray[np.uint32]:
    """As ``seeded_watershed``, where no depth map was learned: the shape of the foreground stands in for it.

    Parts that no neck parts (``necks``) are one.
    """
    distance = limited_distance(foreground, parameters.aspect, math.inf)
    found = seeded_watershed(foreground, depth_of_distance(distance, parameters.aspect), parameters)
    saddles = necks(int(found.max(initial=0)), min(parameters.aspect))
    saddles.add(whole_window(foreground, distance), found)
    return numbered(saddles.table()[found])[0].astype(np.uint32)


def find_seeds(foreground: NDArray[Any], height: NDArray[np.float32], parameters: SeedParameters) -> NDArray[np.uint32]:
    """Seeds ``(Z, Y, X) uint32`` numbered from 1 in a smoothed depth map."""
    levels = seed_levels(foreground, height, parameters)
    plateaus = connected_objects(level_numbers(foreground, levels), connectivity=seed_connectivity(parameters))
    beaten = np.zeros(int(plateaus.max(initial=0)) + 1, bool)
    beaten[plateaus[overtopped(foreground, levels)]] = True
    beaten[0] = True
    seeds = np.where(beaten, 0, np.arange(beaten.size, dtype=np.uint32)).astype(np.uint32)[plateaus]
    if merges_seeds(parameters):
        zones = seed_zones(foreground, seeds > 0, parameters)
        return connected_objects(zones) * (seeds > 0)
    return numbered(seeds)[0]


def flood(foreground: NDArray[Any], height: NDArray[np.float32], seeds: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Grow the seeds downhill from the heights until they fill the islands of the foreground that hold them.

    Args:
        foreground: ``(Z, Y, X)`` bool or uint8 class numbers.
        height: ``(Z, Y, X) float32``, high at the seeds.
        seeds: ``(Z, Y, X) uint32``, any numbers; 0 where there is none.

    Returns:
        ``(Z, Y, X) uint32`` with the numbers of the seeds; 0 in islands without any.
    """
    numbers, names = numbered(seeds)
    window = whole_window(foreground, height)
    basins = Basins(len(names) - 1)
    found = basins.find(window, numbers)
    basins.meet(window.start, window.shape, found)
    basins.finish_meeting()
    found = basins.tops[found]
    basins.border(window, found)
    owner = basins.objects()
    owner[owner >= len(names)] = 0
    return names.astype(np.uint32)[owner][found]
