"""Images ready for drawing patches: grey values read on demand, targets made once."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3, Region, Volume
from desktop_app.core.job import Progress
from desktop_app.ml.data.images import TrainingImage
from desktop_app.ml.data.patch_source import PatchRequest
from desktop_app.ml.data.targets import CLASSES, IGNORED, LabelTargets, TargetMaps

_POINTS_PER_CLASS = 20_000
"""Places that patches are put around: 240 kB a class, and far more than a run of a thousand steps draws."""

_SLAB_VOXELS = 32_000_000
"""Voxels whose targets are made at once: 128 MB of labels as uint32, a few times that in between."""

_SLAB_MARGIN = 24
"""Slices around a slab, so that an object up to twice as long gets the targets that it has as a whole."""


@dataclass(frozen=True, slots=True)
class PreparedImage:
    """An image with its targets; positions count from the corner of the used region.

    Attributes:
        name: Shown to the user.
        shape: Size of the region (z, y, x).
        read: Network input ``(C, Z, Y, X) float32`` of a box.
        targets: ``(Z, Y, X)`` uint8 or int32 arrays by name, in memory or mapped from disk.
        points: Positions ``(n, 3)`` where each class (0 is background) was found, a random choice of them.
        voxels: How many of each class there are.
        weight: How often it is drawn, compared with the others.
    """

    name: str
    shape: Index3
    read: Callable[[Region], NDArray[np.float32]]
    targets: dict[str, NDArray[Any]]
    points: dict[int, NDArray[np.int32]]
    voxels: dict[int, int]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class _VolumeReader:
    volume: Volume
    corner: Index3

    def __call__(self, region: Region) -> NDArray[np.float32]:
        place = region.shift(self.corner)
        return np.stack([self.volume.read(place, channel) for channel in range(self.volume.channels)])


@dataclass(frozen=True, slots=True)
class _ArrayReader:
    array: NDArray[np.float32]

    def __call__(self, region: Region) -> NDArray[np.float32]:
        return self.array[(slice(None), *region.slices)]


def prepared_images(request: PatchRequest, targets: LabelTargets | None) -> list[PreparedImage]:
    """The images of a request, ready for drawing patches; without ``targets`` anywhere in them, else where labels are.

    Raises:
        UserError: If an image that shall give targets has no labels.
    """
    shutil.rmtree(request.cache, ignore_errors=True)
    prepared = []
    for number, source in enumerate(request.images):
        request.ctx.raise_if_cancelled()
        total = len(request.images)
        request.ctx.report(Progress(number, total, f"Preparing image {number + 1} of {total}"))
        prepared.append(_prepared(source, request, targets, number))
    return prepared


def _prepared(source: TrainingImage, request: PatchRequest, targets: LabelTargets | None, number: int) -> PreparedImage:
    reader: Callable[[Region], NDArray[np.float32]]
    shape = source.region.shape
    reader = _VolumeReader(source.image, source.region.start)
    if request.in_memory:
        reader = _ArrayReader(reader(Region.whole(shape)))
    if targets is None:
        anywhere, voxels = {0: _any_points(shape, request.seed)}, {0: math.prod(shape)}
        return PreparedImage(source.name, shape, reader, {}, anywhere, voxels, source.weight)
    made = _TargetMaking(source, targets, request.cache / f"{number:04d}", request).made()
    return PreparedImage(source.name, shape, reader, made, *class_points(made[CLASSES], request.seed), source.weight)


@dataclass(frozen=True, slots=True)
class _TargetMaking:
    """The targets of one image, slab by slab; large objects are cut at slabs with a margin."""

    source: TrainingImage
    targets: LabelTargets
    folder: Path
    request: PatchRequest

    def made(self) -> TargetMaps:
        """Arrays as large as the image's region, in memory or mapped from disk."""
        region, shape = self.source.region, self.source.region.shape
        per_slab = max(1, _SLAB_VOXELS // max(1, shape[1] * shape[2]))
        whole: TargetMaps = {}
        for low in range(0, shape[0], per_slab):
            self.request.ctx.raise_if_cancelled()
            high = min(low + per_slab, shape[0])
            slab = Region((low, 0, 0), (high, *shape[1:])).expand((_SLAB_MARGIN, 0, 0), shape)
            labels = self.source.truth.read(slab.shift(region.start))
            for name, values in self.targets.of_labels(labels, self.source.sampling).items():
                if name not in whole:
                    whole[name] = self._space(name, shape, values.dtype)
                whole[name][low:high] = values[low - slab.start[0] : high - slab.start[0]]
        if self.source.slices is not None:
            unknown = np.ones(shape[0], bool)
            known = [z - region.start[0] for z in self.source.slices]
            unknown[[z for z in known if 0 <= z < shape[0]]] = False
            whole[CLASSES][unknown] = IGNORED
        return whole

    def _space(self, target: str, shape: Index3, dtype: np.dtype[Any]) -> NDArray[Any]:
        if self.request.in_memory:
            return np.zeros(shape, dtype)
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{target}.npy"
        space: NDArray[Any] = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
        return space


def _any_points(shape: Index3, seed: int) -> NDArray[np.int32]:
    """Positions ``(n, 3)`` anywhere in an image."""
    return np.random.default_rng(seed).integers(0, shape, (_POINTS_PER_CLASS, 3), dtype=np.int32)


def class_points(classes: NDArray[np.uint8], seed: int) -> tuple[dict[int, NDArray[np.int32]], dict[int, int]]:
    """A random choice of positions ``(n, 3)`` of each class number in ``(Z, Y, X)``, and how many voxels it has.

    Unknown voxels are left out.
    """
    rng = np.random.default_rng(seed)
    found: dict[int, list[NDArray[np.int32]]] = {}
    voxels: dict[int, int] = {}
    # A slice may give four times its share, as others give less.
    share = max(1, _POINTS_PER_CLASS // classes.shape[0]) * 4
    for z, picture in enumerate(classes):
        flat = np.asarray(picture).reshape(-1)
        for number in np.unique(flat):
            if number == IGNORED:
                continue
            places = np.flatnonzero(flat == number)
            voxels[int(number)] = voxels.get(int(number), 0) + places.size
            if places.size > share:
                places = np.sort(rng.choice(places, share, replace=False))
            y, x = np.divmod(places, picture.shape[1])
            block = np.stack([np.full(places.size, z), y, x], axis=1).astype(np.int32)
            found.setdefault(int(number), []).append(block)
    return {number: _at_most(np.concatenate(blocks), rng) for number, blocks in sorted(found.items())}, voxels


def _at_most(points: NDArray[np.int32], rng: np.random.Generator) -> NDArray[np.int32]:
    if len(points) <= _POINTS_PER_CLASS:
        return points
    chosen: NDArray[Any] = np.sort(rng.choice(len(points), _POINTS_PER_CLASS, replace=False))
    return points[chosen]
