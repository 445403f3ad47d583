"""An image seen smaller or larger than it is, and the way back: maps and labels at the size of the image."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy
from numpy.typing import NDArray

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Index3, Region, Volume
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.core.recipes.resampling import ResamplingInfo, SampledPrediction
from desktop_app.ml.inference.engine import InferencePlan, LabelSlab, LabelStream
from desktop_app.ml.inference.maps import Maps, ReadableMaps, VoxelMaps
from desktop_app.ml.inference.predictor import Predictor
from desktop_app.objects.resampling import Scales, resampled_shape

_MOST_VOXELS = 4_000_000  # brought back at once: some 100 MB, and a slice of 2,048² px


@dataclass(frozen=True, slots=True)
class Sizing:
    """Where the voxels of a part of an image lie in the resized one; the middles of both images are one.

    Attributes:
        fine: The part of the image.
        coarse: The part of the resized image that covers it.
        steps: Resized voxels per voxel along (z, y, x).
    """

    fine: Region
    coarse: Region
    steps: Scales

    @classmethod
    def of(cls, shape: Index3, scales: Scales, region: Region | None) -> Sizing:
        """For a part of an image of that shape, the whole without one."""
        fine, small = region or Region.whole(shape), resampled_shape(shape, scales)
        z, y, x = (new / old for new, old in zip(small, shape, strict=True))
        start = [math.floor(first * step) for first, step in zip(fine.start, (z, y, x), strict=True)]
        stop = [math.ceil(last * step) for last, step in zip(fine.stop, (z, y, x), strict=True)]
        box = Region((start[0], start[1], start[2]), (stop[0], stop[1], stop[2])).expand((1, 1, 1), small)
        return cls(fine, box, (z, y, x))

    def of_slices(self, count: int) -> Sizing:
        """The same for so many slices that were taken out, where none was resized across."""
        fine, coarse = (Region((0, *part.start[1:]), (count, *part.stop[1:])) for part in (self.fine, self.coarse))
        return Sizing(fine, coarse, self.steps)

    @property
    def reach(self) -> int:
        """Pixels (y, x) that a resized one covers."""
        return math.ceil(1 / min(self.steps[1:]))

    def places(self, axis: int, start: int, stop: int) -> NDArray[np.float64]:
        """Where voxels ``start`` to ``stop`` of the part lie in the covering part along an axis."""
        voxels = np.arange(start, stop) + self.fine.start[axis]
        inside = (voxels + 0.5) * self.steps[axis] - 0.5 - self.coarse.start[axis]
        return np.clip(inside, 0, self.coarse.shape[axis] - 1)

    def nearest(self, axis: int, start: int, stop: int) -> NDArray[np.intp]:
        """The same, rounded to the nearest resized voxel."""
        return np.rint(self.places(axis, start, stop)).astype(np.intp)


class StoredMaps(Maps, ReadableMaps, Protocol):
    """Maps of voxels that are there."""

    def select(self, slices: Sequence[int]) -> VoxelMaps:
        """Only some slices z, in memory."""


@dataclass(frozen=True, slots=True)
class ResizedMaps:
    """Maps of a resized image, read at the size of the image.

    Attributes:
        maps: As the network gave them.
        sizing: Where they lie.
    """

    maps: StoredMaps
    sizing: Sizing

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the maps."""
        return self.maps.channels

    @property
    def shape(self) -> Index3:
        """Size (z, y, x) of the part of the image."""
        return self.sizing.fine.shape

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""
        return self.maps.nbytes

    @property
    def pending(self) -> bool:
        """They are there."""
        return False

    def read(self, region: Region) -> NDArray[np.float32]:
        """The maps ``(C, Z, Y, X)`` in a box of the part, by straight lines between those that are there."""
        places = [self.sizing.places(axis, region.start[axis], region.stop[axis]) for axis in range(3)]
        first = [math.floor(at[0]) for at in places]
        last = [min(math.floor(at[-1]) + 2, n) for at, n in zip(places, self.maps.shape, strict=True)]
        values = self.maps.read(Region((first[0], first[1], first[2]), (last[0], last[1], last[2])))
        for axis, (at, begin) in enumerate(zip(places, first, strict=True), start=1):
            values = _between(values, axis, at - begin)
        return values

    def select(self, slices: Sequence[int]) -> VoxelMaps | ResizedMaps:
        """Only some slices: as they were seen where each was, else at the size of the image."""
        if self.sizing.steps[0] == 1:
            seen = self.maps.select([int(self.sizing.nearest(0, z, z + 1)[0]) for z in slices])
            return ResizedMaps(seen, self.sizing.of_slices(len(slices)))
        _, height, width = self.shape
        chosen = [self.read(Region((z, 0, 0), (z + 1, height, width))) for z in slices]
        return VoxelMaps.of(self.channels, np.concatenate(chosen, axis=1))

    def close(self) -> None:
        """Give the space back."""
        self.maps.close()


def seen_at_scales(
    volume: Volume,
    region: Region | None,
    scales: Scales,
    predictor: Predictor,
    maps_of: Callable[[Volume, Region | None], StoredMaps],
) -> StoredMaps | ResizedMaps:
    """Maps of a part of an image, which the network sees with voxels so many times as long.

    Args:
        volume: The image.
        region: The part; None: the whole.
        scales: How many voxels (z, y, x) become one.
        predictor: Keeps the resized image.
        maps_of: Maps of a part of an image as it is.
    """
    if scales == (1.0, 1.0, 1.0):
        return maps_of(volume, region)
    sizing = Sizing.of(volume.shape, scales, region)
    return ResizedMaps(maps_of(predictor.resized(volume, scales), sizing.coarse), sizing)


def wanted_scales(plan: InferencePlan, card: ModelCard, volume: Volume) -> Scales:
    """How many voxels (z, y, x) become one before the network sees them; none for recipes that cannot.

    Raises:
        UserError: If the image cannot be brought to the voxel size of the model, where that is wished.
    """
    info, seen = RECIPES[card.recipe], plan.prediction
    if not (isinstance(info, ResamplingInfo) and isinstance(seen, SampledPrediction)):
        return 1.0, 1.0, 1.0
    every_plane = info.sees_every_plane(plan.mode)
    info.require_resampling(card, seen, volume, every_plane=every_plane)
    return seen.scales(card.dimensions, card.voxel_size, volume.voxel_size, every_plane=every_plane)


def full_size(
    stream: LabelStream,
    maps: ResizedMaps,
    belongs: Callable[[Region], NDArray[np.bool_]],
    likely: Callable[[Region], NDArray[np.float32]],
) -> LabelStream:
    """Labels of a resized image at the size of the image.

    Each voxel gets the number of the resized voxel that it lies in. Along the outlines, as far as one of these
    reaches, the maps decide at full size whether it belongs to an object at all, so that outlines are no stairs.

    Args:
        stream: Labels of the resized image.
        maps: Of the same.
        belongs: Whether voxels of a box of the part belong to anything.
        likely: How likely the likeliest class of each of them is.
    """

    def slabs() -> Iterator[LabelSlab]:
        _, height, width = maps.shape
        rows, columns = maps.sizing.nearest(1, 0, height), maps.sizing.nearest(2, 0, width)
        slices = maps.sizing.nearest(0, 0, maps.shape[0])
        thick = max(1, _MOST_VOXELS // (height * width))
        for coarse, labels in stream.slabs:
            here = np.flatnonzero((slices >= coarse.start[0]) & (slices < coarse.stop[0]))
            for z in range(int(here[0]), int(here[-1]) + 1, thick) if here.size else ():
                slab = Region((z, 0, 0), (min(int(here[-1]) + 1, z + thick), height, width))
                chosen = slices[slab.start[0] : slab.stop[0]] - coarse.start[0]
                large = labels[chosen][:, rows][:, :, columns]
                yield slab, _smooth(large, belongs(slab), maps.sizing.reach)

    return LabelStream(slabs(), stream.class_of, likely=likely, release=stream.close)


def _smooth(labels: NDArray[np.uint32], belongs: NDArray[np.bool_], reach: int) -> NDArray[np.uint32]:
    """Labels ``(Z, Y, X)`` whose outlines follow ``belongs``, slice by slice, by at most ``reach`` pixels."""
    if reach < 2:
        return labels
    for picture, inside in zip(labels, belongs, strict=True):
        filled = picture > 0
        if not filled.any() or filled.all():
            continue
        depth = scipy.ndimage.distance_transform_edt(filled)
        picture[filled & ~inside & (depth <= reach)] = 0
        away, nearest = scipy.ndimage.distance_transform_edt(~filled, return_indices=True)
        grown = inside & ~filled & (away <= reach)
        picture[grown] = picture[tuple(place[grown] for place in nearest)]
    return labels


def _between(values: NDArray[np.float32], axis: int, places: NDArray[np.float64]) -> NDArray[np.float32]:
    """Values at places along an axis, by straight lines."""
    low = np.floor(places).astype(np.intp)
    high = np.minimum(low + 1, values.shape[axis] - 1)
    shape = [1] * values.ndim
    shape[axis] = -1
    share = (places - low).astype(np.float32).reshape(shape)
    lower = np.take(values, low, axis)
    found: NDArray[np.float32] = lower + (np.take(values, high, axis) - lower) * share
    return found
