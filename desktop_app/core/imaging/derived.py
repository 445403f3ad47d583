"""Volumes made from others voxel by voxel, lazily, at all time points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.region import Index3, Region
from desktop_app.core.imaging.volume import Affine, Movie, Volume
from desktop_app.core.imaging.voxel_source import VoxelSource


@dataclass(frozen=True, slots=True)
class PartSource:
    """A box of another source.

    Attributes:
        source: The whole.
        box: The part.
    """

    source: VoxelSource
    box: Region

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(C, Z, Y, X)."""
        return (self.source.shape[0], *self.box.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a voxel."""
        return self.source.dtype

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        """The voxels (Z, Y, X) of one channel in ``region`` of the part."""
        return self.source.read(channel, region.shift(self.box.start))


def derived(volume: Volume, make: Callable[[VoxelSource], VoxelSource], **changes: Any) -> Volume:
    """A volume whose voxels are made from those of another at each time point; ``changes`` are further attributes."""
    movie = volume.movie
    if movie is not None:
        source = movie.source
        movie = Movie(movie.count, lambda time: make(source(time)), movie.step)
    return replace(volume, source=make(volume.source), movie=movie, **changes)


def part_of(volume: Volume, box: Region) -> Volume:
    """A box of a volume, which knows where it lies in a scanner."""
    affine = moved(volume.affine, box.start)
    return derived(volume, lambda source: PartSource(source, box), affine=affine)


def moved(
    affine: Affine | None, start: tuple[float, float, float] | Index3, scale: tuple[float, float, float] = (1, 1, 1)
) -> Affine | None:
    """Where an image lies of which voxel 0 is at ``start`` (z, y, x) of another, with edges ``scale`` times as long."""
    if affine is None:
        return None
    step = np.diag([*reversed(scale), 1.0])
    step[:3, 3] = start[::-1]
    found = np.asarray(affine) @ step
    return tuple((float(a), float(b), float(c), float(d)) for a, b, c, d in found)
