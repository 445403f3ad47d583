"""Separating touching objects: seeds in their depths, then flooding from the seeds."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import cc3d
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import watershed

from desktop_app.objects.components import connected_objects
from desktop_app.objects.depth import border_distance, relative_depth
from desktop_app.objects.numbering import numbered

_TRUNCATE = 3.0


@dataclass(frozen=True, slots=True)
class SeedParameters:
    """How seeds are found in a depth map.

    Attributes:
        seed_threshold: Depth that a seed must exceed, 0 to 1.
        seed_distance: Seeds nearer than this become one, in pixels (x).
        smoothing: Standard deviation of the Gaussian applied to the depth map, in pixels (x).
        sampling: Edges of a voxel in (z, y, x); only their proportions matter.
    """

    seed_threshold: float = 0.5
    seed_distance: float = 2.0
    smoothing: float = 1.0
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

    Seeds are islands of the smoothed depth map above the seed threshold; islands nearer than the seed distance count as
    one. On predicted depth maps of nuclei such islands separate better than local maxima, which cut noisy maps into
    pieces. Foreground islands without any seed vanish.

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
    """As ``seeded_watershed``, where no depth map was learnt: the shape of the foreground stands in for it."""
    return seeded_watershed(foreground, relative_depth(foreground, parameters.aspect), parameters)


def smooth_depth(depth: NDArray[np.float32], parameters: SeedParameters) -> NDArray[np.float32]:
    """The depth map ``(Z, Y, X) float32`` with small bumps evened out."""
    sigmas = [0.0 if n == 1 else s for n, s in zip(depth.shape, parameters.sigmas, strict=True)]
    if max(sigmas) <= 0:
        return depth
    return ndimage.gaussian_filter(depth, sigmas, output=np.float32, mode="nearest", truncate=_TRUNCATE)


def find_seeds(foreground: NDArray[Any], height: NDArray[np.float32], parameters: SeedParameters) -> NDArray[np.uint32]:
    """Seeds ``(Z, Y, X) uint32`` numbered from 1 in a smoothed depth map."""
    cores = seed_cores(foreground, height, parameters)
    return (
        connected_objects(seed_zones(foreground, cores, parameters), connectivity=zone_connectivity(parameters)) * cores
    )


def seed_cores(foreground: NDArray[Any], height: NDArray[np.float32], parameters: SeedParameters) -> NDArray[np.bool_]:
    """Voxels ``(Z, Y, X) bool`` deep enough to belong to a seed."""
    return (height > np.float32(parameters.seed_threshold)) & (foreground != 0)


def seed_zones(foreground: NDArray[Any], cores: NDArray[np.bool_], parameters: SeedParameters) -> NDArray[Any]:
    """The foreground around the cores, so wide that cores nearer than the seed distance are one island.

    Bool or class numbers, as ``foreground``.
    """
    radius = _merge_radius(parameters)
    near = cores if radius < 1 else border_distance((~cores).astype(np.uint8), parameters.aspect) <= radius
    return np.where(near, foreground, np.zeros((), foreground.dtype))


def zone_connectivity(parameters: SeedParameters) -> Literal[6, 26]:
    """Whether zones that touch at an edge or corner are one (26) or two (6)."""
    return 26 if parameters.seed_distance > 1 else 6


def flood(
    foreground: NDArray[Any],
    height: NDArray[np.float32],
    seeds: NDArray[np.uint32],
    go_on: Callable[[], None] | None = None,
) -> NDArray[np.uint32]:
    """Grow the seeds downhill from the heights until they fill the islands of the foreground that hold them.

    Only islands with several seeds are flooded, each in its own box, so time and memory follow the touching objects
    and not the volume.

    Args:
        foreground: ``(Z, Y, X)`` bool or uint8 class numbers.
        height: ``(Z, Y, X) float32``, high at the seeds.
        seeds: ``(Z, Y, X) uint32``, any numbers; 0 where there is none.
        go_on: Called now and then; may raise to stop.

    Returns:
        ``(Z, Y, X) uint32`` with the numbers of the seeds.
    """
    islands = connected_objects(foreground)
    first, crowded = _seeds_of_islands(islands, seeds)
    labels = first[islands]
    if crowded.size:
        found = cc3d.statistics(islands, no_slice_conversion=True)["bounding_boxes"]
        for island in crowded.tolist():
            if go_on is not None:
                go_on()
            z0, z1, y0, y1, x0, x1 = found[island].tolist()
            box = (slice(z0, z1 + 1), slice(y0, y1 + 1), slice(x0, x1 + 1))
            mask = islands[box] == island
            labels[box][mask] = _flooded(height[box], seeds[box], mask)[mask]
    return labels


def _seeds_of_islands(
    islands: NDArray[np.uint32], seeds: NDArray[np.uint32]
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Any seed of each island (0 where there is none), and the islands with several seeds."""
    at = np.flatnonzero(seeds)
    count = int(islands.max()) + 1 if islands.size else 1
    lowest = np.full(count, np.iinfo(np.uint32).max, np.uint32)
    highest = np.zeros(count, np.uint32)
    island, seed = islands.reshape(-1)[at], np.ascontiguousarray(seeds).reshape(-1)[at]
    np.minimum.at(lowest, island, seed)
    np.maximum.at(highest, island, seed)
    highest[0], lowest[0] = 0, 0
    return highest, np.flatnonzero(lowest < highest).astype(np.uint32)


def _flooded(height: NDArray[np.float32], seeds: NDArray[np.uint32], mask: NDArray[np.bool_]) -> NDArray[np.uint32]:
    markers, seeds_inside = numbered(np.where(mask, seeds, 0))
    flooded = watershed(  # type: ignore[no-untyped-call]
        -height, markers.astype(np.int32), connectivity=3, mask=mask
    )
    return seeds_inside.astype(np.uint32)[flooded]


def _merge_radius(parameters: SeedParameters) -> float:
    return (parameters.seed_distance - 1.0) / 2.0
