"""Images that a run learns from or is checked with, as opened from files, and parts of them; all is read on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.dataset import EXCLUDED, DatasetConfig
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Index3, Region, Volume
from desktop_app.core.imaging.seen_at_scale import (
    enlarged,
    labels_at_scale,
    means,
    reduced,
    shape_at_scale,
    voxel_size_at_scale,
)
from desktop_app.ml.data.greys import AS_IT_IS, GreyScale
from desktop_app.ml.data.targets import Sampling

_PROBE_SLICES = 64
"""Slices looked at to find where something is labelled; reading these takes a second or two where slices are large."""


@dataclass(frozen=True, slots=True)
class TrainingImage:
    """An image of a data set, with its labels where it has some.

    Attributes:
        name: Shown to the user.
        image: Grey values; of an image ``as_seen`` network input.
        labels: Labels of the same shape, one channel; None without.
        region: The part that may be used.
        slices: The completely labelled slices; None means all.
        sampling: Edge lengths of a voxel (z, y, x).
        group: The source that it comes from, such as the subfolder of a data set.
        greys: How its grey values become network input, as estimated over the whole image.
        weight: How often patches of it are drawn, compared with the others.
        files: Those of image and labels.
        specimen: What it is of: other images of it are like it. Named after the image where nothing is known.
        corner: Where the image begins in the stack that it is cut from, (z, y, x) in voxels.
        planes: The slices of the file that this stack consists of; None means all.
        time: Time point of the file, from 0.
    """

    name: str
    image: Volume
    labels: Volume | None
    region: Region
    slices: tuple[int, ...] | None = None
    sampling: Sampling = (1.0, 1.0, 1.0)
    group: str = ""
    greys: GreyScale = AS_IT_IS
    weight: float = 1.0
    files: tuple[Path, ...] = ()
    specimen: str = ""
    corner: Index3 = (0, 0, 0)
    planes: tuple[int, ...] | None = None
    time: int = 0

    def in_file(self, voxel: Index3) -> Index3:
        """Where a voxel (z, y, x) of this image lies in its file."""
        z, y, x = (place + first for place, first in zip(voxel, self.corner, strict=True))
        return (z if self.planes is None else self.planes[z]), y, x

    @property
    def flat(self) -> bool:
        """Whether its file has no depth; a slice of a volume has a place in depth, also where it is the only one."""
        return self.image.shape[0] == 1 and self.planes is None and self.corner[0] == 0

    @property
    def truth(self) -> Volume:
        """The labels, which an image that is learned from with labels has.

        Raises:
            ValueError: If there are none.
        """
        if self.labels is None:
            raise ValueError(f"Expected labels of {self.name}, which has none")
        return self.labels


@dataclass(frozen=True, slots=True)
class CroppedSource:
    """A box of another source, as if there were nothing around it."""

    whole: Any
    region: Region

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(C, Z, Y, X)."""
        return (self.whole.shape[0], *self.region.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a voxel."""
        return self.whole.dtype

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        """The voxels of one channel in ``region``."""
        return self.whole.read(channel, region.shift(self.region.start))


@dataclass(frozen=True, slots=True)
class SlicesSource:
    """Some slices of another source, one upon the other."""

    whole: Any
    slices: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(C, Z, Y, X)."""
        channels, _, height, width = self.whole.shape
        return channels, len(self.slices), height, width

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a voxel."""
        return self.whole.dtype

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        """The voxels of one channel in ``region``."""
        chosen = self.slices[region.start[0] : region.stop[0]]
        boxes = (Region((z, *region.start[1:]), (z + 1, *region.stop[1:])) for z in chosen)
        return np.concatenate([self.whole.read(channel, box) for box in boxes])


def _changed(source: TrainingImage, change: Callable[[Volume], Volume], region: Region) -> TrainingImage:
    """The same done to image and labels."""
    labels = None if source.labels is None else change(source.labels)
    return replace(source, image=change(source.image), labels=labels, region=region)


def cropped(volume: Volume, region: Region) -> Volume:
    """A volume that holds only a box of another."""
    return replace(volume, source=CroppedSource(volume.source, region), affine=None)


def marked_only(source: TrainingImage) -> TrainingImage:
    """The marked slices of an image, as an image of their own; for networks that see single slices."""
    low, high = source.region.start[0], source.region.stop[0]
    slices = tuple(z for z in source.slices or () if low <= z < high)
    if not slices:
        return source
    region = Region((0, *source.region.start[1:]), (len(slices), *source.region.stop[1:]))
    alone = _changed(source, lambda volume: replace(volume, source=SlicesSource(volume.source, slices)), region)
    return replace(alone, slices=None, planes=slices)


@dataclass(frozen=True, slots=True)
class SeenSource:
    """Network input: grey values scaled, then averaged over squares of pixels, as inference does.

    Attributes:
        fine: Grey values.
        greys: How they are scaled.
        scale: Pixels along an edge of a square.
    """

    fine: Any
    greys: GreyScale
    scale: int

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(C, Z, Y, X)."""
        channels, z, y, x = self.fine.shape
        return channels, *shape_at_scale((z, y, x), self.scale)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a voxel."""
        return np.dtype(np.float32)

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        """The voxels of one channel in ``region``."""
        voxels = self.fine.read(channel, enlarged(region, self.scale, self.fine.shape[1:]))
        return means(self.greys.of_channel(channel).apply(voxels[None])[0], self.scale)


def as_seen(source: TrainingImage, scale: int) -> TrainingImage:
    """An image as the network sees it: its grey values are network input.

    Raises:
        UserError: If nothing would be left of it.
    """
    region = reduced(source.region, scale, source.image.shape)
    if region.empty:
        raise UserError(
            f"{source.name} is too small to be shrunk by {scale}.", hint="Choose a lower value, or leave it out."
        )
    seen = SeenSource(source.image.source, source.greys, scale)
    image = replace(
        source.image, source=seen, voxel_size=voxel_size_at_scale(source.image.voxel_size, scale), affine=None
    )
    labels = None if source.labels is None else labels_at_scale(source.labels, scale)
    z, y, x = source.sampling
    edges = (z, y * scale, x * scale)
    return replace(source, image=image, labels=labels, region=region, sampling=edges)


def checked_part(source: TrainingImage, dataset: DatasetConfig, most: Index3, *, single_slices: bool) -> TrainingImage:
    """The part of an image that is checked, as an image of its own: slices that count, and at most a box.

    Args:
        source: The image.
        dataset: What its labels mean.
        most: Largest box (z, y, x) in voxels.
        single_slices: Whether the network sees each slice by itself, so that the others need not be predicted.
    """
    if single_slices and source.slices is not None:
        source = marked_only(source)
    region = source.region
    if source.slices is not None:
        inside = [z for z in source.slices if region.start[0] <= z < region.stop[0]]
        if inside:
            region = Region((inside[0], *region.start[1:]), (inside[-1] + 1, *region.stop[1:]))
    points = labelled_points(replace(source, region=region), dataset)
    box = affordable(region.shape, points - np.array(region.start), most).shift(region.start)
    slices = None
    if source.slices is not None:
        slices = tuple(z - box.start[0] for z in source.slices if box.start[0] <= z < box.stop[0])
    part = _changed(source, lambda volume: cropped(volume, box), Region.whole(box.shape))
    return replace(part, slices=slices, corner=box.start)


def affordable(shape: Index3, points: NDArray[np.int64], most: Index3) -> Region:
    """A box of at most ``most`` voxels along each axis, around the middle of the labelled points."""
    middle = np.median(points, axis=0) if len(points) else np.array(shape) / 2
    start = []
    for axis in range(3):
        low = round(float(middle[axis]) - most[axis] / 2)
        start.append(max(0, min(low, shape[axis] - most[axis])))
    stop = [min(s + m, n) for s, m, n in zip(start, most, shape, strict=True)]
    return Region((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))


def labelled_points(source: TrainingImage, dataset: DatasetConfig) -> NDArray[np.int64]:
    """Positions ``(n, 3)`` of some labelled voxels: a sparse look at slices that count. None without labels."""
    found = []
    for z, picture in label_slices(source, _PROBE_SLICES) if source.labels is not None else ():
        inside = (picture > 0) if dataset.unknown in (None, EXCLUDED) else (picture != dataset.unknown)
        y, x = np.nonzero(inside[::2, ::2])
        found.append(np.stack([np.full(y.size, z), 2 * y, 2 * x], axis=1))
    return np.concatenate(found) if found else np.zeros((0, 3), np.int64)


def label_slices(source: TrainingImage, most: int) -> Iterator[tuple[int, NDArray[Any]]]:
    """At most ``most`` slices ``(z, (Y, X))`` of the labels that count, evenly spread."""
    region = source.region
    usable = range(region.start[0], region.stop[0])
    wanted = [z for z in (source.slices if source.slices is not None else usable) if z in usable]
    if len(wanted) > most:
        wanted = [wanted[i] for i in np.unique(np.linspace(0, len(wanted) - 1, most).round().astype(int))]
    for z in wanted:
        box = Region((z, *region.start[1:]), (z + 1, *region.stop[1:]))
        yield z, source.truth.read(box)[0]
