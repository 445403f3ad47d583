"""What a look at training data finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from desktop_app.core.imaging import Index3, VoxelSize
from desktop_app.core.job import NoteLevel
from desktop_app.core.networks.base import ImageFacts
from desktop_app.core.project.model import Role
from desktop_app.core.recipes.example import ExampleSlice


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
    """

    rows: tuple[DataRow, ...]
    problems: tuple[Problem, ...] = ()
    object_size: tuple[float, float, float] | None = None
    n_channels: int = 1
    dimensions: Literal[2, 3] = 3
    example: ExampleSlice | None = None

    @property
    def usable(self) -> tuple[DataRow, ...]:
        """Rows that can be read."""
        return tuple(row for row in self.rows if row.voxel_size is not None)

    @property
    def voxel_size(self) -> VoxelSize:
        """The first known one."""
        known = [row.voxel_size for row in self.rows if row.voxel_size is not None and row.voxel_size.known]
        return known[0] if known else VoxelSize.unknown()

    def facts(self, gpu_memory_gb: float = 0.0) -> ImageFacts:
        """What a network may know of the images, and of the graphics card (memory in GB, 0 without one)."""
        return ImageFacts(tuple(row.shape for row in self.usable), self.object_size, self.voxel_size, gpu_memory_gb)
