"""What a look at training data finds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from statistics import mean, stdev
from typing import Literal

from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.imaging import Index3, VoxelSize
from desktop_app.core.job import NoteLevel
from desktop_app.core.networks.base import ImageFacts
from desktop_app.core.project.model import Role
from desktop_app.core.recipes.example import ExampleSlice
from desktop_app.core.recipes.sparse_labels import SliceCounts, SparseLabels, recognised

_FEWEST_ALIKE = 5
"""Images in which classes must lie alike; fewer may do so by chance."""
_LEAST_STEP, _SURE = 0.1, 3.0
"""Least distance of two classes, as a share of an edge of the image, and in standard deviations between images."""


NOT_NUMBERS = "Some grey values are not numbers (NaN) or infinite; they are taken as black."
"""Told of an image, with its name before it, by whoever looks at it first."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to know before training; ``error`` stops it."""

    level: NoteLevel
    text: str


@dataclass(frozen=True, slots=True)
class DataRow:
    """One pair of image and labels.

    Attributes:
        name: Of the pair.
        shape: Size (z, y, x); zeros where the image cannot be read.
        dtype: Type of the grey values.
        channels: Number of channels.
        color: Whether these are the colours of a picture.
        voxel_size: Edges of a voxel; None where the image cannot be read.
        objects: Number of objects, None for class labels.
        classes: Label values found, for class labels.
        object_size: Median size of the objects (z, y, x) in voxels, None where there are none.
        role: Part of the split.
        problems: Of this pair.
        small_object: Voxels of a small object (5th percentile); None where there are none.
        counts: What was counted in the labels; None where they were not looked at.
        places: For class labels: the middle of each class (z, y, x) as shares of the image's edges.
        left_over: Objects so much smaller than the others that nobody meant to label them.
        numbers: Of the objects, where they are few.
        even: Whether all grey values are the same, or none is a number.
        pieces: Separate places that a number stands at in a slice, on average; looked at where numbers are few.
    """

    name: str
    shape: Index3 = (0, 0, 0)
    dtype: str = ""
    channels: int = 1
    color: bool = False
    voxel_size: VoxelSize | None = None
    objects: int | None = None
    classes: tuple[int, ...] = ()
    object_size: tuple[float, float, float] | None = None
    role: Role = "train"
    problems: tuple[Problem, ...] = ()
    small_object: int | None = None
    counts: SliceCounts | None = None
    places: Mapping[int, tuple[float, float, float]] = field(default_factory=dict)
    left_over: int = 0
    numbers: tuple[int, ...] = ()
    even: bool = False
    pieces: float = 1.0


@dataclass(frozen=True, slots=True)
class DataReport:
    """What training data holds.

    Attributes:
        rows: One per pair.
        problems: Of the whole.
        object_size: Median size of all objects (z, y, x) in voxels.
        n_channels: Channels of the images.
        dimensions: 2 if all images are single slices, else 3.
        example: A slice to show what settings mean; None where there are no labels.
        class_names: Of label values, where the data set names them.
    """

    rows: tuple[DataRow, ...]
    problems: tuple[Problem, ...] = ()
    object_size: tuple[float, float, float] | None = None
    n_channels: int = 1
    dimensions: Literal[2, 3] = 3
    example: ExampleSlice | None = None
    class_names: Mapping[int, str] = field(default_factory=dict)

    @property
    def usable(self) -> tuple[DataRow, ...]:
        """Rows that can be read."""
        return tuple(row for row in self.rows if row.voxel_size is not None)

    @property
    def sparse(self) -> SparseLabels | None:
        """What the labels mean where they are those of a few slices; None for all others."""
        return recognised(row.counts for row in self.usable if row.counts is not None)

    @property
    def oriented(self) -> bool:
        """Whether the classes lie in the same direction from each other in all images, as organs do.

        Mirrored or turned patches would then show one class where the other belongs.
        """
        places = [row.places for row in self.usable if len(row.places) > 1]
        if len(places) < _FEWEST_ALIKE:
            return False
        pairs = combinations(sorted(set.intersection(*(set(found) for found in places))), 2)
        steps = ([found[b][axis] - found[a][axis] for found in places] for a, b in pairs for axis in range(3))
        return any(abs(mean(step)) > max(_LEAST_STEP, _SURE * stdev(step)) for step in steps)

    @property
    def voxel_size(self) -> VoxelSize:
        """The first known one."""
        known = [row.voxel_size for row in self.rows if row.voxel_size is not None and row.voxel_size.known]
        return known[0] if known else VoxelSize.unknown()

    def facts(self, gpu_memory_gb: float = 0.0) -> ImageFacts:
        """What a network may know of the images, and of the graphics card (memory in GB, 0 without one)."""
        return ImageFacts(tuple(row.shape for row in self.usable), self.object_size, self.voxel_size, gpu_memory_gb)


def with_classes_seen(dataset: DatasetConfig, rows: Iterable[DataRow]) -> DatasetConfig:
    """The data set whose pairs know the values in their class labels, by which they are shared out.

    Args:
        dataset: The pairs.
        rows: What was found in them; what could not be read stays unknown.
    """
    if dataset.kind != "classes":
        return dataset
    seen = {row.name: row.classes for row in rows if row.voxel_size is not None and row.objects is None}
    pairs = tuple(pair.model_copy(update={"classes": seen.get(pair.name)}) for pair in dataset.pairs)
    return dataset.model_copy(update={"pairs": pairs})
