"""Opening the images of a data set and sharing them out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.dataset import DatasetConfig, PairConfig
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Index3, Region, Volume
from desktop_app.core.imaging.grey import as_grey
from desktop_app.core.job import JobContext, Note
from desktop_app.core.recipes.registry import RECIPES as RECIPE_INFOS
from desktop_app.io.images.label_reader import open_labels, require_same_shape
from desktop_app.io.images.registry import open_volume
from desktop_app.io.models import load_card
from desktop_app.ml.data.images import LabelledImage
from desktop_app.ml.data.presence import holds_labels
from desktop_app.ml.data.split import Part, split_by_image, split_by_space

_PROBE_SLICES = 64


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


def marked_only(source: LabelledImage) -> LabelledImage:
    """The marked slices of an image, as an image of their own; for networks that see single slices."""
    low, high = source.region.start[0], source.region.stop[0]
    slices = tuple(z for z in source.slices or () if low <= z < high)
    if not slices:
        return source
    image, labels = (replace(v, source=SlicesSource(v.source, slices)) for v in (source.image, source.labels))
    region = Region((0, *source.region.start[1:]), (len(slices), *source.region.stop[1:]))
    return replace(source, image=image, labels=labels, region=region, slices=None)


def cropped(volume: Volume, region: Region) -> Volume:
    """A volume that holds only a box of another."""
    return replace(volume, source=CroppedSource(volume.source, region), affine=None)


@dataclass(frozen=True, slots=True)
class SharedOut:
    """Labelled images by their part in the training."""

    train: tuple[LabelledImage, ...]
    validation: tuple[LabelledImage, ...]
    test: tuple[LabelledImage, ...]


def open_pair(pair: PairConfig, *, grey: bool = False) -> LabelledImage:
    """An image with its labels, lazily; with ``grey`` a colour picture becomes a grey one.

    Raises:
        UserError: If a file cannot be read, or the shapes differ.
    """
    image, labels = open_volume(Path(pair.image)), open_labels(Path(pair.labels))
    require_same_shape(image, labels)
    size = pair.voxel_size or (image.voxel_size if image.voxel_size.known else labels.voxel_size)
    image = (as_grey(image) if grey else image).with_voxel_size(size)
    return LabelledImage(pair.name, image, labels, Region.whole(image.shape), pair.slices, size.zyx, pair.group)


def takes_grey(config: TrainingConfig) -> bool:
    """Whether colour pictures are learned from as grey ones."""
    if not RECIPE_INFOS[config.recipe].colour:
        return False
    return not config.start_from or load_card(Path(config.start_from)).input_channels == 1


def share_out(config: TrainingConfig, ctx: JobContext) -> SharedOut:
    """Open all pairs and split them by image; where nothing is left for validation, one image is split by space.

    Raises:
        UserError: If there is nothing to learn from.
    """
    dataset = config.dataset
    parts = split_by_image(dataset.pairs, dataset.split, partial(holds_labels, dataset=dataset))
    opened: dict[Part, list[LabelledImage]] = {"train": [], "validation": [], "test": []}
    for pair, part in zip(dataset.pairs, parts, strict=True):
        if part != "unused":
            ctx.raise_if_cancelled()
            opened[part].append(open_pair(pair, grey=takes_grey(config)))
    if not opened["train"]:
        raise UserError("There is no image to learn from.", hint="Add labelled images, or change their roles.")
    _check_channels([*opened["train"], *opened["validation"]])
    if not opened["validation"] and dataset.split.validation > 0:
        _cut_largest(opened, config, ctx)
    return SharedOut(tuple(opened["train"]), tuple(opened["validation"]), tuple(opened["test"]))


def _cut_largest(opened: dict[Part, list[LabelledImage]], config: TrainingConfig, ctx: JobContext) -> None:
    """Give a box of the largest training image to validation."""
    train = opened["train"]
    index = max(range(len(train)), key=lambda i: train[i].region.size)
    source = train[index]
    points = labelled_points(source, config.dataset)

    def holds(region: Region) -> bool:
        inside = [(points[:, a] >= region.start[a]) & (points[:, a] < region.stop[a]) for a in range(3)]
        return bool(np.logical_and.reduce(inside).any())

    factor = int(config.recipe_parameters.get("downsampling", 1))
    z, y, x = config.patch_size
    cut = split_by_space(source.region.shape, (z, y * factor, x * factor), config.dataset.split.validation, holds)
    if cut is None:
        ctx.report(Note("warning", "The image is too small to keep a part aside; validation uses the training image."))
        opened["validation"].append(source)
        return
    train[index] = replace(source, region=cut.train)
    opened["validation"].append(replace(source, region=cut.validation))
    ctx.report(Note("info", f"{source.name} was cut in two: one part to learn from, one to check with."))


def labelled_points(source: LabelledImage, dataset: DatasetConfig) -> NDArray[np.int64]:
    """Positions ``(n, 3)`` of some labelled voxels: a sparse look at every slice that counts."""
    found = []
    for z, picture in label_slices(source, _PROBE_SLICES):
        inside = (picture > 0) if dataset.unlabelled is None else (picture != dataset.unlabelled)
        y, x = np.nonzero(inside[::2, ::2])
        found.append(np.stack([np.full(y.size, z), 2 * y, 2 * x], axis=1))
    return np.concatenate(found) if found else np.zeros((0, 3), np.int64)


def label_slices(source: LabelledImage, most: int) -> Iterator[tuple[int, NDArray[Any]]]:
    """At most ``most`` slices ``(z, (Y, X))`` of the labels that count, evenly spread."""
    region = source.region
    usable = range(region.start[0], region.stop[0])
    wanted = [z for z in (source.slices if source.slices is not None else usable) if z in usable]
    if len(wanted) > most:
        wanted = [wanted[i] for i in np.unique(np.linspace(0, len(wanted) - 1, most).round().astype(int))]
    for z in wanted:
        box = Region((z, *region.start[1:]), (z + 1, *region.stop[1:]))
        yield z, source.labels.read(box)[0]


def object_sizes(sources: Sequence[LabelledImage], ignored: set[int], *, flat: bool) -> NDArray[np.int64]:
    """Voxels of each object of the labels, or with ``flat`` of each cross-section.

    Images in which all objects have one number (plain masks) say nothing about sizes and are passed over.
    """
    sizes: list[NDArray[np.int64]] = []
    for source in sources:
        total: dict[int, int] = {}
        sections: list[int] = []
        for _, picture in label_slices(source, source.region.shape[0]):
            ids, counts = np.unique(picture, return_counts=True)
            pairs = [(int(i), int(n)) for i, n in zip(ids, counts, strict=True) if i != 0 and int(i) not in ignored]
            sections.extend(count for _, count in pairs)
            for label, count in pairs:
                total[label] = total.get(label, 0) + count
        if len(total) > 1:
            sizes.append(np.array(sections if flat else list(total.values()), np.int64))
    return np.concatenate(sizes) if sizes else np.zeros(0, np.int64)


def section_sizes(objects: NDArray[np.integer]) -> NDArray[np.int64]:
    """Pixels of each cross-section of the objects ``(Z, Y, X)``, which are numbered slice by slice."""
    parts = []
    for z in np.unique(np.linspace(0, len(objects) - 1, min(len(objects), _PROBE_SLICES)).round().astype(int)):
        counts = np.bincount(objects[z].reshape(-1))[1:]
        parts.append(counts[counts > 0])
    return np.concatenate(parts)


def _check_channels(sources: Sequence[LabelledImage]) -> None:
    counts = {source.image.channels for source in sources}
    if len(counts) > 1:
        few = min(sources, key=lambda s: s.image.channels)
        raise UserError(
            f"The images have different numbers of channels ({', '.join(map(str, sorted(counts)))}); "
            f"{few.name} has {few.image.channels}.",
            hint="Leave out the images that differ.",
        )


def affordable(shape: Index3, points: NDArray[np.int64], most: Index3 = (96, 512, 512)) -> Region:
    """A box of at most ``most`` voxels along each axis, around the middle of the labelled points."""
    middle = np.median(points, axis=0) if len(points) else np.array(shape) / 2
    start = []
    for axis in range(3):
        low = round(float(middle[axis]) - most[axis] / 2)
        start.append(max(0, min(low, shape[axis] - most[axis])))
    stop = [min(s + m, n) for s, m, n in zip(start, most, shape, strict=True)]
    return Region((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))
