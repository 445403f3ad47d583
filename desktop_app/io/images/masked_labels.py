"""Labels of which a mask leaves some voxels out, as the cost maps of mmv_im2im do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.dataset import DatasetConfig, PairConfig
from desktop_app.core.imaging import Movie, Region, Volume, VoxelSource
from desktop_app.io.images.label_reader import open_labels_of, require_same_shape
from desktop_app.io.images.registry import open_volume

_NOTE = "Voxels where the mask {name} is 0 are left out."


def mask_of(pair: PairConfig, dataset: DatasetConfig) -> Path | None:
    """The mask of a pair where it is to be used."""
    return Path(pair.mask) if pair.mask is not None and dataset.use_masks else None


def open_masked_labels(path: Path, image: Volume, mask: Path | None, unknown: int | None) -> Volume:
    """The labels of an image, with ``unknown`` in place of those where a mask is 0.

    Args:
        path: The label file.
        image: What it belongs to.
        mask: The mask file, of the same size; None without.
        unknown: Label of voxels of which nothing is learned.

    Raises:
        UnreadableFileError: If a file cannot be read or holds no labels.
        UserError: If labels or mask do not fit the image.
    """
    labels = open_labels_of(path, image)
    if mask is None or unknown is None:
        return labels
    cost = open_volume(mask)
    require_same_shape(image, cost)
    movie = labels.movie
    if movie is not None:
        movie = Movie(movie.count, partial(_masked, movie, cost, unknown), movie.step)
    source = MaskedSource(labels.source, cost.source, unknown)
    return replace(labels, source=source, movie=movie, notes=(*labels.notes, _NOTE.format(name=mask.name)))


def _masked(movie: Movie, mask: Volume, unknown: int, time: int) -> VoxelSource:
    return MaskedSource(movie.source(time), mask.at_time(min(time, mask.times - 1)).source, unknown)


@dataclass(frozen=True, slots=True)
class MaskedSource:
    """Labels below a mask.

    Attributes:
        labels: Whole numbers.
        mask: 0 where they do not count.
        unknown: What stands there.
    """

    labels: VoxelSource
    mask: VoxelSource
    unknown: int

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(1, Z, Y, X)."""
        return self.labels.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Always uint32."""
        return np.dtype(np.uint32)

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        """The labels (Z, Y, X) uint32 in ``region``."""
        values = self.labels.read(channel, region).astype(np.uint32)
        values[self.mask.read(0, region) == 0] = self.unknown
        return values
