"""Round objects of an image by Voronoi-Otsu labelling, without a model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.utilities import VoronoiOtsuParameters
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.imaging.region import slabs
from desktop_app.core.job import JobContext
from desktop_app.jobs.utilities.base import Slabs
from desktop_app.objects.thresholds import otsu
from desktop_app.objects.watershed import SeedParameters, smooth_depth

_FARTHEST = 64.0
"""px from the middle of an object within which the nearest middle counts; beyond it objects are no longer parted
evenly. Nuclei and cells are smaller in nearly all images."""
_MEMORY = 2**31
"""Bytes that making objects takes at most, as the memory budget of a batch has it by default."""
_BYTES_PER_VOXEL = 100
"""Of a block: grey values, classes, heights, seeds and labels, and what smoothing and distances make besides."""


def round_objects(volume: Volume, channel: int, parameters: VoronoiOtsuParameters, ctx: JobContext) -> Slabs:
    """Objects of a volume, slab by slab; the same whatever the blocks.

    A voxel is part of something where the smoothed image is above Otsu's threshold; each summit of the image, smoothed
    as the parameters say, is an object, and each voxel belongs to the nearest one that it hangs together with (Haase et
    al. 2020, doi 10.1038/s41592-019-0650-1, ``voronoi_otsu_labeling``).

    Args:
        volume: The image, at one time point.
        channel: Of the image, from 0.
        parameters: How objects are told apart.
        ctx: Hears about progress, and may cancel between blocks.
    """
    from desktop_app.ml.inference.block_budget import BlockBudget
    from desktop_app.ml.inference.block_objects import NO_MERGING, ObjectRules
    from desktop_app.ml.inference.blocks import BlockDriver, BlockPlan, inside
    from desktop_app.ml.inference.nearest_seeds import NearestSeeds

    edges = volume.voxel_size.zyx if volume.voxel_size.known else (1.0, 1.0, 1.0)
    outline, spot = (
        SeedParameters(seed_distance=NO_MERGING, smoothing=sigma, sampling=edges)
        for sigma in (parameters.outline_sigma, parameters.spot_sigma)
    )

    def seen(region: Region) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Grey values of a box, and the same smoothed for the outlines; objects are bright in both."""
        around = region.expand(outline.reach, volume.shape)
        grey = np.nan_to_num(volume.read(around, channel).astype(np.float32))
        grey = -grey if parameters.dark else grey
        part = inside(region, around)
        return grey[part], smooth_depth(grey, outline)[part]

    def pieces() -> list[Region]:
        ctx.raise_if_cancelled()
        return slabs(volume.shape)

    threshold = otsu(lambda: (seen(slab)[1] for slab in pieces()))
    span = max((float(seen(slab)[1].max()) for slab in pieces()), default=threshold) - threshold

    def maps(region: Region) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        grey, smooth = seen(region)
        return (smooth > threshold).astype(np.uint8), (grey - np.float32(threshold)) / np.float32(span or 1.0)

    rules = ObjectRules(
        watershed=True, seeds=spot, shaped=False, largest_radius=_FARTHEST, fill_holes=False,
        min_size=parameters.min_size, max_size=0, nearest=True,
    )  # fmt: skip
    budget = BlockBudget(_MEMORY, _BYTES_PER_VOXEL)
    plan = BlockPlan.fitting(volume.shape, budget.most_voxels, rules.reach)
    with BlockDriver(plan, ctx, rules.rounds) as driver:
        objects = NearestSeeds(driver, maps, lambda region: np.ones(region.shape, np.float32), rules)
        counted, _, kept = objects.labels()
        numbers = counted.numbers(kept)
        yield from driver.slabs(lambda region: numbers[objects.read(region)], budget.memory)
