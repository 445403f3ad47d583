"""Separating touching objects: seeds in their depths, then flooding from the seeds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from desktop_app.objects.basins import Basins, highest_around, whole_window
from desktop_app.objects.components import connected_objects
from desktop_app.objects.depth import border_distance, depth_of_distance, limited_distance
from desktop_app.objects.necks import Necks
from desktop_app.objects.numbering import numbered

_TRUNCATE = 3.0  # standard deviations: what is left out is 0.3 percent
_STEPS = 10  # levels per unit of depth: fewer merge seeds, more take longer
_MOST_LEVELS = 12  # spaces the numbers of classes; there are at most _STEPS + 2 levels


@dataclass(frozen=True, slots=True)
class SeedParameters:
    """How seeds are found in a depth map.

    Attributes:
        seed_threshold: Parts deeper than this are never cut; a seed must exceed half of it. 0 to 1.
        seed_distance: Seeds nearer than this become one, in pixels (x).
        smoothing: Standard deviation of the Gaussian applied to the depth map, in pixels (x).
        sampling: Edges of a voxel in (z, y, x); only their proportions matter.
    """

    seed_threshold: float = 0.6
    seed_distance: float = 2.0
    smoothing: float = 2.0
    sampling: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @property
    def aspect(self) -> tuple[float, float, float]:
        """Edges of a voxel in pixels (x)."""
        z, y, x = self.sampling
        return z / x, y / x, 1.0

    @property
    def sigmas(self) -> tuple[float, float, float]:
        """Of the smoothing, in voxels along (z, y, x)."""
        z, y, x = (self.smoothing / a for a in self.aspect)
        return z, y, x

    @property
    def reach(self) -> tuple[int, int, int]:
        """How many voxels away along (z, y, x) a change of the depth map can change a seed."""
        z, y, x = (
            math.ceil(_TRUNCATE * s + 0.5) + math.ceil(_merge_radius(self) / a) + 2
            for s, a in zip(self.sigmas, self.aspect, strict=True)
        )
        return z, y, x


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

    Parts that no neck parts (``Necks``) are one.
    """
    distance = limited_distance(foreground, parameters.aspect, math.inf)
    found = seeded_watershed(foreground, depth_of_distance(distance, parameters.aspect), parameters)
    necks = Necks(int(found.max(initial=0)), min(parameters.aspect))
    necks.add(whole_window(foreground, distance), found)
    return numbered(necks.table()[found])[0].astype(np.uint32)


def smooth_depth(depth: NDArray[np.float32], parameters: SeedParameters) -> NDArray[np.float32]:
    """The depth map ``(Z, Y, X) float32`` with small bumps evened out."""
    sigmas = [0.0 if n == 1 else s for n, s in zip(depth.shape, parameters.sigmas, strict=True)]
    if max(sigmas) <= 0:
        return depth
    return scipy.ndimage.gaussian_filter(depth, sigmas, output=np.float32, mode="nearest", truncate=_TRUNCATE)


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


def seed_levels(foreground: NDArray[Any], height: NDArray[np.float32], parameters: SeedParameters) -> NDArray[np.uint8]:
    """The depth in steps of a tenth, from 1 at half the seed threshold up to one top level from the threshold on.

    ``(Z, Y, X) uint8``; 0 where it is less deep, or outside the foreground.
    """
    top = np.float32(parameters.seed_threshold)
    least = top / 2
    highest = math.ceil(float(top - least) * _STEPS - 1e-4) + 1
    steps = np.minimum(height, top)
    steps -= least
    steps *= np.float32(_STEPS)
    np.clip(np.floor(steps, out=steps), 0, highest - 2, out=steps)
    levels = steps.astype(np.uint8)
    levels += 1
    levels[height >= top] = highest
    levels *= (height > least) & (foreground != 0)
    return levels


def level_numbers(foreground: NDArray[Any], levels: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """One number per class and level ``(Z, Y, X) uint16``; 0 where there is no level."""
    numbers = foreground.astype(np.uint16)
    numbers *= np.uint16(_MOST_LEVELS + 1)
    numbers += levels
    numbers *= levels > 0
    return numbers


def overtopped(foreground: NDArray[Any], levels: NDArray[np.uint8] | NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Voxels ``(Z, Y, X) bool`` with a level that have a higher neighbour of the same class."""
    found = np.zeros(levels.shape, bool)
    for number in np.unique(foreground[levels > 0]):
        own: NDArray[Any] = np.where(foreground == number, levels, np.uint8(0))
        found |= (own > 0) & (highest_around(own) > own)
    return found


def seed_zones(foreground: NDArray[Any], seeds: NDArray[np.bool_], parameters: SeedParameters) -> NDArray[Any]:
    """The foreground around the seeds, so wide that seeds nearer than the seed distance are one island.

    Bool or class numbers, as ``foreground``.
    """
    near = border_distance((~seeds).astype(np.uint8), parameters.aspect) <= _merge_radius(parameters)
    return np.where(near, foreground, np.zeros((), foreground.dtype))


def merges_seeds(parameters: SeedParameters) -> bool:
    """Whether the seed distance is wide enough to join seeds that do not touch."""
    return _merge_radius(parameters) >= 1


def seed_connectivity(parameters: SeedParameters) -> Literal[6, 26]:
    """Whether voxels of a seed that touch at an edge or corner are one (26) or two (6)."""
    return 26 if parameters.seed_distance > 1 else 6


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


def _merge_radius(parameters: SeedParameters) -> float:
    return (parameters.seed_distance - 1.0) / 2.0
