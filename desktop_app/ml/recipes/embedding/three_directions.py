"""A volume as a network of pictures sees it: slices along x, y and z, and what they say together of each voxel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.model_card import require_channels
from desktop_app.core.imaging import Index3, Region, Volume, VoxelSource
from desktop_app.core.job import JobContext, SubContext
from desktop_app.ml.inference.engine import InferencePlan
from desktop_app.ml.inference.maps import VoxelMaps
from desktop_app.ml.inference.predictor import Predictor, VoxelOutputs

Order: TypeAlias = tuple[int, int, int]
"""Axes (z, y, x) of the volume, as slices, rows and columns of what is seen."""

_ORDERS: tuple[Order, ...] = ((0, 1, 2), (1, 0, 2), (2, 0, 1))
"""Slices along z, y and x; rows and columns in their order, so that a picture is never mirrored."""
_DIRECTIONS = len(_ORDERS)
_OWN, _OF_PICTURES = 7, 5
"""Maps of a volume, and of a picture: seed, arrows and radii; what comes behind is averaged as it is."""
_SHARE_OF_BUDGET = 0.25
"""Of the working memory: maps up to this stay in memory, as those of a single way through the volume."""
_SLAB_VOXELS = 4_000_000
"""Voxels that are added up at once: 16 MB a map."""


def three_directions(
    predictor: Predictor,
    volume: Volume,
    region: Region,
    plan: InferencePlan,
    ctx: JobContext,
    outputs: VoxelOutputs,
    names: tuple[str, ...],
) -> VoxelMaps:
    """Maps of a volume by a network of pictures, as the mode ``3d_sliced`` of Lalit et al. 2022 (doi
    10.1016/j.media.2022.102523).

    The seed is the mean of three directions. Each axis lies in the slices of two of them: its arrow is the mean of
    both, its radius their geometric mean, as the logarithm is what the network gives.

    Args:
        predictor: A network of pictures.
        volume: Voxels are taken for cubes.
        region: What is wanted.
        plan: Tiles, memory, channels, scratch folder.
        ctx: Hears about progress, and may cancel.
        outputs: ``seed``, arrows and radii along rows and columns.
        names: Of the maps to be made: ``seed``, arrows and radii along z, y and x.
    """
    used = require_channels(predictor.card, volume, plan.channels)
    greys = predictor.greys_of(volume, used, ctx)
    whole = VoxelMaps.room(names, region.shape, int(plan.room.memory * _SHARE_OF_BUDGET), plan.scratch)
    try:
        for number, order in enumerate(_ORDERS):
            part = SubContext(ctx, number / _DIRECTIONS, 1 / _DIRECTIONS)
            seen = replace(volume, source=TurnedSource(volume.source, order), movie=None, affine=None, smaller=())
            predictor.remember_greys(seen, used, greys)
            maps = predictor.predict(
                seen, _turned(region, order), plan.tiling, part, outputs=outputs, channels=used, scratch=plan.scratch
            )
            try:
                _add(whole, maps, order, ctx)
            finally:
                maps.close()
    except BaseException:
        whole.close()
        raise
    finally:
        predictor.remember_greys(volume, used, greys)
    return whole


@dataclass(frozen=True, slots=True)
class TurnedSource:
    """Another source with its axes in another order.

    Attributes:
        whole: The voxels (C, Z, Y, X).
        order: Which of (z, y, x) are slices, rows and columns.
    """

    whole: VoxelSource
    order: Order

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(C, slices, rows, columns)."""
        return self.whole.shape[0], *_in_order(self.whole.shape[1:], self.order)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a voxel."""
        return self.whole.dtype

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        """The voxels of one channel in ``region``."""
        values = self.whole.read(channel, _turned_back(region, self.order))
        return np.ascontiguousarray(values.transpose(self.order))


def _add(whole: VoxelMaps, maps: VoxelMaps, order: Order, ctx: JobContext) -> None:
    """Put what one direction says to what others said, slab by slab; maps begin at 0."""
    depth, height, width = whole.shape
    step = max(1, _SLAB_VOXELS // (height * width))
    back = tuple(np.argsort(order).tolist())
    for start in range(0, depth, step):
        ctx.raise_if_cancelled()
        slab = Region((start, 0, 0), (min(depth, start + step), height, width))
        values = whole.read(slab)
        found = maps.read(_turned(slab, order)).transpose(0, *(axis + 1 for axis in back))
        values[0] += found[0] / _DIRECTIONS
        values[_OWN:] += found[_OF_PICTURES:] / _DIRECTIONS
        for place, axis in enumerate(order[1:]):
            values[1 + axis] += found[1 + place] / 2
            radius = values[4 + axis]
            radius[...] = np.where(radius > 0, np.sqrt(radius * found[3 + place]), found[3 + place])
        whole.write(slab, values)


def _in_order(values: Index3, order: Order) -> Index3:
    return values[order[0]], values[order[1]], values[order[2]]


def _turned(region: Region, order: Order) -> Region:
    """A box of the volume as a box of what is seen."""
    return Region(_in_order(region.start, order), _in_order(region.stop, order))


def _turned_back(region: Region, order: Order) -> Region:
    """A box of what is seen as a box of the volume."""
    places = [order.index(axis) for axis in range(3)]
    return _turned(region, (places[0], places[1], places[2]))
