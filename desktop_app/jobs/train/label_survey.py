"""A quick look through labels and images, slice by slice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import measure

from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.recipes.sparse_labels import EDGE, OBJECT, SliceCounts

_MOST_SLICES = 600  # of a data set: some seconds
_IMAGE_SLICES = 8  # looked at for grey values of an image
_SMALL = 5  # percentile of sizes below which an object is small, as where decoding follows from labels
_LEFT_OVER = 0.1
"""Of the usual size: smaller objects inside an image are left over from labelling in all likelihood. So are 31 of 544
nuclei of embryos (a few voxels each, many where the image shows nothing) and 96 of 7,488 in pictures; none of the
mitochondria, nuclei of ovules and neurons that were counted."""
_FEWEST_ALIKE = 4  # objects of which one has a usual size
_FEW = 20  # numbers of a slice: classes are few; slices with more are not looked at for pieces


@dataclass(slots=True)
class LabelSurvey:
    """What labels hold.

    Attributes:
        values: Label values, the background and unlabelled ones included where they are not 0.
        objects: Number of objects.
        is_mask: Whether all objects have the same number.
        object_size: Median size of the objects (z, y, x) in voxels.
        empty: Whether nothing is labelled.
        small_object: Voxels of a small object (5th percentile); None where there are none.
        fullest: The slice with the most labelled voxels, of those that were looked at.
        pieces: Separate places that a number stands at in a slice, on average; looked at where numbers are few.
        counts: Slices and voxels by value.
        places: The middle of each class (z, y, x) as shares of the edges, for class labels.
        left_over: Objects so much smaller than the others that nobody meant to label them.
    """

    values: tuple[int, ...] = ()
    objects: int = 0
    is_mask: bool = False
    object_size: tuple[float, float, float] | None = None
    empty: bool = True
    pieces: float = 1.0
    small_object: int | None = None
    fullest: int = 0
    counts: SliceCounts = field(default_factory=SliceCounts)
    places: dict[int, tuple[float, float, float]] = field(default_factory=dict)
    left_over: int = 0


@dataclass(slots=True)
class _Middles:
    """Sums of the positions of each class."""

    sums: dict[int, NDArray[np.float64]] = field(default_factory=dict)

    def add(self, z: int, picture: NDArray[Any], things: list[int]) -> None:
        """A slice; of each class its voxels are counted, and their positions added."""
        for value in things:
            y, x = np.nonzero(picture == value)
            found = np.array([y.size, z * y.size, y.sum(), x.sum()], float)
            self.sums[value] = self.sums.get(value, np.zeros(4)) + found

    def places(self, shape: tuple[int, int, int]) -> dict[int, tuple[float, float, float]]:
        """The middles as shares of the edges (z, y, x)."""
        found = {}
        for value, (count, *sums) in self.sums.items():
            z, y, x = (float((total / count + 0.5) / edge) for total, edge in zip(sums, shape, strict=True))
            found[value] = (z, y, x)
        return found


@dataclass(slots=True)
class _Extents:
    """Slices, largest height and width, and voxels of each object; which of them reach the border of the image."""

    depth: dict[int, int] = field(default_factory=dict)
    height: dict[int, int] = field(default_factory=dict)
    width: dict[int, int] = field(default_factory=dict)
    voxels: dict[int, int] = field(default_factory=dict)
    cut: set[int] = field(default_factory=set)

    def add(self, label: int, height: int, width: int, voxels: int) -> None:
        self.voxels[label] = self.voxels.get(label, 0) + voxels
        self.depth[label] = self.depth.get(label, 0) + 1
        self.height[label] = max(self.height.get(label, 0), height)
        self.width[label] = max(self.width.get(label, 0), width)

    @property
    def left_over(self) -> int:
        """Objects far smaller than the usual one, but for those that the border of the image cuts."""
        if len(self.voxels) < _FEWEST_ALIKE:
            return 0
        least = _LEFT_OVER * float(np.median(list(self.voxels.values())))
        return sum(count < least and label not in self.cut for label, count in self.voxels.items())


def survey_labels(labels: Volume, slices: tuple[int, ...] | None, dataset: DatasetConfig) -> LabelSurvey:
    """Look through the slices that count (at most 600, evenly spread).

    Masks, in which all objects have one number, are counted by islands in each slice, which gives their size but only
    a rough number.
    """
    wanted = [z for z in (slices if slices is not None else range(labels.shape[0])) if 0 <= z < labels.shape[0]]
    step = -(-len(wanted) // _MOST_SLICES) if wanted else 1
    others = {0, dataset.unknown, dataset.background}
    values: set[int] = set()
    extents, islands = _Extents(), _Extents()
    pieces: list[float] = []
    fullest, most = 0, -1
    counts, middles = SliceCounts(), _Middles()
    for z in wanted[::step]:
        picture = _class_picture(labels.read(Region((z, 0, 0), (z + 1, *labels.shape[1:])))[0], dataset)
        found = np.unique(picture)
        values.update(int(v) for v in found if v != 0)
        counts.add(_counted(picture, found))
        things = [int(v) for v in found if int(v) not in others]
        filled = int(np.count_nonzero(picture)) - sum(int((picture == v).sum()) for v in others if v)
        fullest, most = (z, filled) if filled > most else (fullest, most)
        if dataset.kind == "classes" and len(things) <= _FEW:
            middles.add(z, picture, things)
        if dataset.kind == "objects" and things:
            _measure(picture, things, extents, ends=z in (0, labels.shape[0] - 1) and labels.shape[0] > 1)
            if len(values) == 1:
                _measure_islands(picture == things[0], islands)
            if len(things) <= _FEW:
                numbered = measure.label(np.isin(picture, things) * picture)  # type: ignore[no-untyped-call]
                pieces.append(int(numbered.max()) / len(things))
    survey = LabelSurvey(values=tuple(sorted(values)), empty=not any(v not in others for v in values))
    survey.fullest = fullest
    survey.counts, survey.places = counts, middles.places(labels.shape)
    survey.objects, survey.is_mask = len(extents.depth), _is_mask(extents, islands)
    survey.pieces = float(np.mean(pieces)) if pieces else 1.0
    kept = islands if survey.is_mask else extents
    if len(wanted) == labels.shape[0] and step == 1 and not survey.is_mask:
        survey.left_over = extents.left_over
    if kept.depth:
        survey.small_object = int(np.percentile(list(kept.voxels.values()), _SMALL) * step)
        deep, y, x = (float(np.median(list(axis.values()))) for axis in (kept.depth, kept.height, kept.width))
        survey.object_size = (min(deep * step, float(labels.shape[0])), y, x)
        if survey.is_mask:
            survey.objects = len(kept.depth)
            survey.object_size = (y if labels.shape[0] > 1 else 1.0, y, x)
    return survey


def _counted(picture: NDArray[Any], found: NDArray[Any]) -> SliceCounts:
    """What a slice holds; voxels are counted where the numbers are few."""
    if not found.any():
        return SliceCounts(slices=1)
    counts = SliceCounts(slices=1, labelled=1)
    if len(found) > _FEW:
        counts.voxels = dict.fromkeys((int(value) for value in found if value != 0), 1)
        return counts
    counts.unlabelled = int((picture == 0).sum())
    counts.voxels = {int(value): int((picture == value).sum()) for value in found if value != 0}
    if EDGE in counts.voxels and OBJECT in counts.voxels:
        beside = ndimage.binary_dilation(picture == OBJECT, ndimage.generate_binary_structure(2, 2))
        counts.edges = int((beside & (picture == EDGE)).sum())
    return counts


def _class_picture(picture: NDArray[Any], dataset: DatasetConfig) -> NDArray[Any]:
    """Class values of labels that also number objects; other labels as they are."""
    if dataset.kind == "objects" or dataset.label_divisor is None:
        return picture
    unlabelled = picture == dataset.unknown if dataset.unknown is not None else np.zeros(picture.shape, bool)
    return np.where(unlabelled, picture, picture // np.uint32(dataset.label_divisor))


def _is_mask(extents: _Extents, islands: _Extents) -> bool:
    return len(extents.depth) == 1 and len(islands.depth) > max(extents.depth.values(), default=0)


def _measure(picture: NDArray[np.generic], things: list[int], extents: _Extents, *, ends: bool) -> None:
    """Add the objects of a slice; ``ends``: it is the first or the last of several."""
    numbered = np.searchsorted(np.array(things), picture).clip(0, len(things) - 1)
    numbered = np.where(np.array(things)[numbered] == picture, numbered + 1, 0)
    for label, box in zip(things, ndimage.find_objects(numbered), strict=False):
        if box is not None:
            count = int(np.count_nonzero(picture[box] == label))
            extents.add(label, box[0].stop - box[0].start, box[1].stop - box[1].start, count)
            if ends or any(s.start == 0 or s.stop == edge for s, edge in zip(box, picture.shape, strict=True)):
                extents.cut.add(label)


def _measure_islands(mask: NDArray[np.bool_], islands: _Extents) -> None:
    numbered, _ = ndimage.label(mask)
    first = len(islands.depth)
    for number, box in enumerate(ndimage.find_objects(numbered)):
        count = int(np.count_nonzero(numbered[box] == number + 1))
        islands.add(first + number, box[0].stop - box[0].start, box[1].stop - box[1].start, count)


@dataclass(frozen=True, slots=True)
class ImageSurvey:
    """What grey values look like.

    Attributes:
        finite: Whether all looked-at values are numbers.
        constant: Whether they are all the same.
    """

    finite: bool
    constant: bool


def survey_image(image: Volume) -> ImageSurvey:
    """Look at up to eight slices of each channel."""
    finite, lowest, highest = True, np.inf, -np.inf
    for channel in range(image.channels):
        for z in np.unique(np.linspace(0, image.shape[0] - 1, _IMAGE_SLICES).round().astype(int)):
            picture = image.read(Region((int(z), 0, 0), (int(z) + 1, *image.shape[1:])), channel)
            usable = picture[np.isfinite(picture)] if picture.dtype.kind == "f" else picture
            finite = finite and usable.size == picture.size
            if usable.size:
                lowest, highest = min(lowest, float(usable.min())), max(highest, float(usable.max()))
    return ImageSurvey(finite, not highest > lowest)
