"""Images ready for drawing patches: grey values read on demand, targets made once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3, Region, Volume
from desktop_app.ml.data.greys import GreyScale
from desktop_app.ml.data.targets import CLASSES, IGNORED, Sampling
from desktop_app.ml.recipes.base import Recipe, Task

_POINTS_PER_CLASS = 20_000
_SLAB_VOXELS = 32_000_000
_SLAB_MARGIN = 24


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """An image with labels as opened from files.

    Attributes:
        name: Shown to the user.
        image: Grey values.
        labels: Labels of the same shape, one channel.
        region: The part that may be used.
        slices: The completely labelled slices; None means all.
        sampling: Edge lengths of a voxel (z, y, x).
        group: The source that it comes from, such as the subfolder of a data set.
    """

    name: str
    image: Volume
    labels: Volume
    region: Region
    slices: tuple[int, ...] | None = None
    sampling: Sampling = (1.0, 1.0, 1.0)
    group: str = ""


@dataclass(frozen=True, slots=True)
class PreparedImage:
    """An image with its targets; positions count from the corner of the used region.

    Attributes:
        name: Shown to the user.
        shape: Size of the region (z, y, x).
        read: Network input ``(C, Z, Y, X) float32`` of a box.
        targets: ``(Z, Y, X)`` uint8 or int32 arrays by name, in memory or mapped from disk.
        points: Positions ``(n, 3)`` where each class (0 is background) was found, a random choice of them.
        weight: How often it is drawn, compared with the others.
    """

    name: str
    shape: Index3
    read: Callable[[Region], NDArray[np.float32]]
    targets: dict[str, NDArray[Any]]
    points: dict[int, NDArray[np.int32]]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class _VolumeReader:
    volume: Volume
    channels: tuple[int, ...]
    greys: GreyScale
    corner: Index3

    def __call__(self, region: Region) -> NDArray[np.float32]:
        place = region.shift(self.corner)
        return self.greys.apply(np.stack([self.volume.read(place, c) for c in self.channels]))


@dataclass(frozen=True, slots=True)
class _ArrayReader:
    array: NDArray[np.float32]

    def __call__(self, region: Region) -> NDArray[np.float32]:
        return self.array[(slice(None), *region.slices)]


@dataclass(frozen=True, slots=True)
class Preparation:
    """How images are made ready.

    Attributes:
        recipe: Makes the targets.
        task: What the labels mean.
        channels: Channels of the image that the network gets.
        in_memory: Keep grey values and targets in memory; otherwise read images on demand and keep targets on disk.
        cache: Folder for targets on disk.
        seed: For the choice of points.
        check: Called between pieces of work; may raise to stop.
    """

    recipe: Recipe
    task: Task
    channels: tuple[int, ...]
    in_memory: bool
    cache: Path
    seed: int = 0
    check: Callable[[], None] = lambda: None

    def prepare(self, source: LabelledImage, greys: GreyScale) -> PreparedImage:
        """The image with targets and points, ready for drawing patches."""
        targets = self._targets(source)
        reader: Callable[[Region], NDArray[np.float32]]
        reader = _VolumeReader(source.image, self.channels, greys, source.region.start)
        shape = source.region.shape
        if self.in_memory:
            reader = _ArrayReader(reader(Region.whole(shape)))
        return PreparedImage(source.name, shape, reader, targets, class_points(targets[CLASSES], self.seed))

    def _targets(self, source: LabelledImage) -> dict[str, NDArray[Any]]:
        """Targets slab by slab; large objects are cut at slabs with a margin."""
        shape = source.region.shape
        per_slab = max(1, _SLAB_VOXELS // max(1, shape[1] * shape[2]))
        whole: dict[str, NDArray[Any]] = {}
        for low in range(0, shape[0], per_slab):
            self.check()
            high = min(low + per_slab, shape[0])
            slab = Region((low, 0, 0), (high, *shape[1:])).expand((_SLAB_MARGIN, 0, 0), shape)
            labels = source.labels.read(slab.shift(source.region.start))
            made = self.recipe.targets(labels, self.task, source.sampling)
            for name, values in made.items():
                if name not in whole:
                    whole[name] = self._space(name, shape, values.dtype)
                whole[name][low:high] = values[low - slab.start[0] : high - slab.start[0]]
        if source.slices is not None:
            unknown = np.ones(shape[0], bool)
            known = [z - source.region.start[0] for z in source.slices]
            unknown[[z for z in known if 0 <= z < shape[0]]] = False
            whole[CLASSES][unknown] = IGNORED
        return whole

    def _space(self, target: str, shape: Index3, dtype: np.dtype[Any]) -> NDArray[Any]:
        if self.in_memory:
            return np.zeros(shape, dtype)
        self.cache.mkdir(parents=True, exist_ok=True)
        number = len(list(self.cache.iterdir()))
        path = self.cache / f"{number:04d}-{target}.npy"
        space: NDArray[Any] = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
        return space


def class_points(classes: NDArray[np.uint8], seed: int) -> dict[int, NDArray[np.int32]]:
    """A random choice of positions ``(n, 3)`` of each class number in ``(Z, Y, X)``, unknown voxels left out."""
    rng = np.random.default_rng(seed)
    found: dict[int, list[NDArray[np.int32]]] = {}
    share = max(1, _POINTS_PER_CLASS // classes.shape[0]) * 4
    for z, picture in enumerate(classes):
        flat = np.asarray(picture).reshape(-1)
        for number in np.unique(flat):
            if number == IGNORED:
                continue
            places = np.flatnonzero(flat == number)
            if places.size > share:
                places = np.sort(rng.choice(places, share, replace=False))
            y, x = np.divmod(places, picture.shape[1])
            block = np.stack([np.full(places.size, z), y, x], axis=1).astype(np.int32)
            found.setdefault(int(number), []).append(block)
    return {number: _at_most(np.concatenate(blocks), rng) for number, blocks in sorted(found.items())}


def _at_most(points: NDArray[np.int32], rng: np.random.Generator) -> NDArray[np.int32]:
    if len(points) <= _POINTS_PER_CLASS:
        return points
    chosen: NDArray[Any] = np.sort(rng.choice(len(points), _POINTS_PER_CLASS, replace=False))
    return points[chosen]
