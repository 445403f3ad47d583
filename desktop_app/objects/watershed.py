"""Separating touching objects: where seeds are in their depths; ``basins`` is the flooding from them.

Seeds are the tops of the smoothed depth map in steps of a tenth: plateaus without a higher neighbour. All that is
deeper than the seed threshold counts as equally deep, so that long objects are not cut; tops shallower than half the
threshold do not count. So shallow objects have seeds, too, and small bumps are passed over. Tops nearer than the seed
distance count as one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from desktop_app.objects.basins import highest_around
from desktop_app.objects.depth import border_distance

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


def smooth_depth(depth: NDArray[np.float32], parameters: SeedParameters) -> NDArray[np.float32]:
    """The depth map ``(Z, Y, X) float32`` with small bumps evened out."""
    sigmas = [0.0 if n == 1 else s for n, s in zip(depth.shape, parameters.sigmas, strict=True)]
    if max(sigmas) <= 0:
        return depth
    return scipy.ndimage.gaussian_filter(depth, sigmas, output=np.float32, mode="nearest", truncate=_TRUNCATE)


def seed_levels(foreground: NDArray[Any], height: NDArray[np.float32], parameters: SeedParameters) -> NDArray[np.uint8]:
    """The depth in steps of a tenth, from 1 at half the seed threshold up to one top level from the threshold on.

    ``(Z, Y, X) uint8``; 0 where it is less deep, or outside the foreground.
    """
    top = np.float32(parameters.seed_threshold)
    least = top / 2
    highest = math.ceil(float(top - least) * _STEPS - 1e-4) + 1  # of a step: against rounding
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


def _merge_radius(parameters: SeedParameters) -> float:
    return (parameters.seed_distance - 1.0) / 2.0
