"""The labels of an image of a project as a volume with all its time points."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3, Region, Volume, VoxelSource
from desktop_app.core.imaging.volume import Movie
from desktop_app.core.project import Item
from desktop_app.io.labels.label_file import LabelFile
from desktop_app.io.labels.transfer import StoreSource
from desktop_app.io.projects import OpenProject


@dataclass(frozen=True, slots=True)
class _Nothing:
    """Where nothing was labelled."""

    size: Index3

    @property
    def shape(self) -> tuple[int, int, int, int]:
        return (1, *self.size)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.uint32)

    def read(self, _channel: int, region: Region) -> NDArray[Any]:
        return np.zeros(region.shape, np.uint32)


def saved_labels(opened: OpenProject, item: Item, volume: Volume) -> Volume:
    """The saved labels of an image, of the layer that is edited, at the time point of ``volume`` and all others."""
    at = partial(_labels_at, opened, item, volume.shape)
    movie = None if volume.movie is None else Movie(volume.times, at)
    return Volume(at(volume.time), volume.voxel_size, volume.name, movie=movie, time=volume.time)


def _labels_at(opened: OpenProject, item: Item, shape: Index3, time: int) -> VoxelSource:
    path = opened.label_path(item.id, time, item.edited)
    return StoreSource(LabelFile.open(path)) if path.exists() else _Nothing(shape)
