"""Slices of any plane of a volume, as network input."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3, Plane, Region, Volume
from desktop_app.core.imaging.seen_at_scale import means
from desktop_app.core.networks.panoptic import CELL
from desktop_app.ml.data.greys import GreyScale
from desktop_app.ml.recipes.panoptic.maps import across

_FIRST_SLICES = 16  # read at once until it is known how long that takes
_QUICK, _SLOW = 0.2, 0.5  # s: reading takes between these, so that a stop is noticed soon
_BLOCK_PIXELS = 2**15  # scaled at once: their places in the table, 8 bytes each, stay in a cache of the processor
_MOST_PIECE_BYTES = 64 * 2**20  # of a piece of a slab beside the slab; more at once is no quicker


@dataclass(frozen=True, slots=True)
class PaddedFrame:
    """Where a picture lies in the larger one that the network sees.

    Attributes:
        top: Rows of surroundings above it, a multiple of the coarse cell.
        left: Columns of surroundings to the left of it, likewise.
        height: Its rows.
        width: Its columns.
    """

    top: int
    left: int
    height: int
    width: int


@dataclass(frozen=True, slots=True)
class SliceReader:
    """The slices of a region, with surroundings within their plane, normalised and shrunk.

    Attributes:
        volume: The image.
        channels: Those that the network gets.
        greys: How grey values become network input.
        plane: Which slices.
        region: What is wanted.
        scale: Averages over so many pixels along each edge.
        margin: Pixels of surroundings, where the image has them.
    """

    volume: Volume
    channels: tuple[int, ...]
    greys: GreyScale
    plane: Plane
    region: Region
    scale: int = 1
    margin: int = 0

    @property
    def count(self) -> int:
        """Number of slices."""
        return self.region.shape[self.plane.depth_axis]

    def after(self, first: int) -> SliceReader:
        """The same without the slices before ``first``."""
        start = list(self.region.start)
        start[self.plane.depth_axis] += first
        return replace(self, region=Region(_index(start), self.region.stop))

    @property
    def frame(self) -> PaddedFrame:
        """Where the region lies in what is read."""
        rows, columns = (a for a in range(3) if a != self.plane.depth_axis)
        box = self.box
        return PaddedFrame(
            self.region.start[rows] - box.start[rows],
            self.region.start[columns] - box.start[columns],
            self.region.shape[rows],
            self.region.shape[columns],
        )

    @property
    def box(self) -> Region:
        """What is read: the region with surroundings, such that it begins on a coarse cell."""
        step = CELL * self.scale
        start, stop = list(self.region.start), list(self.region.stop)
        for axis in range(3):
            if axis != self.plane.depth_axis:
                start[axis] -= min(self.margin, start[axis]) // step * step
                stop[axis] = min(stop[axis] + self.margin, self.volume.shape[axis])
        return Region((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))

    @property
    def input_shape(self) -> tuple[int, int]:
        """Rows and columns of the network's image."""
        rows, columns = (n for a, n in enumerate(self.box.shape) if a != self.plane.depth_axis)
        return -(-rows // self.scale), -(-columns // self.scale)

    def batches(
        self, size: int, slab_bytes: int, check: Callable[[], None] = lambda: None
    ) -> Iterator[NDArray[np.float32]]:
        """Network input ``(B, C, h, w)``, ``size`` slices at a time, from the first to the last.

        Files are read in slabs of many slices, up to ``slab_bytes``: across the slices of a file every single one
        would mean to go through the whole file.

        Args:
            size: Slices of a batch.
            slab_bytes: Raw voxels read at once.
            check: Called about twice a second while a file is read; may raise to stop.
        """
        thickness = self._thickness(size, slab_bytes)
        for first in range(0, self.count, thickness):
            slab = self._slab(first, min(first + thickness, self.count), check)
            for low in range(0, slab.shape[1], size):
                yield self._input(slab[:, low : low + size])
            del slab  # before the next one is read: a slab may be the largest array of a run

    def _thickness(self, size: int, slab_bytes: int) -> int:
        """Slices of a slab: a multiple of ``size`` where possible, so that batches do not depend on the budget."""
        rows, columns = (n for a, n in enumerate(self.box.shape) if a != self.plane.depth_axis)
        slices = slab_bytes // max(1, rows * columns * self.volume.dtype.itemsize * len(self.channels))
        return min(self.count, max(1, slices // size) * size)

    def _slab(self, first: int, last: int, check: Callable[[], None]) -> NDArray[Any]:
        """Raw voxels ``(C, N, rows, columns)``."""
        axis = self.plane.depth_axis
        box = self.box
        start, stop = list(box.start), list(box.stop)
        start[axis], stop[axis] = box.start[axis] + first, box.start[axis] + last
        part = Region(_index(start), _index(stop))
        rows, columns = (n for a, n in enumerate(part.shape) if a != axis)
        slab = np.empty((len(self.channels), last - first, rows, columns), self.volume.dtype)
        for slices, channel in zip(slab, self.channels, strict=True):
            self._read_into(across(slices, self.plane), part, channel, check)
        return slab

    def _read_into(self, voxels: NDArray[Any], box: Region, channel: int, check: Callable[[], None]) -> None:
        """Fill ``voxels`` ``(Z, Y, X)`` with a box, in pieces that take about half a second each."""
        low, slices = 0, _FIRST_SLICES
        most = max(_FIRST_SLICES, _MOST_PIECE_BYTES // max(1, voxels[:1].nbytes))
        while low < box.shape[0]:
            check()
            begin = time.perf_counter()
            high = min(low + slices, box.shape[0])
            piece = Region((box.start[0] + low, *box.start[1:]), (box.start[0] + high, *box.stop[1:]))
            voxels[low:high] = self.volume.read(piece, channel)
            took = time.perf_counter() - begin
            slices = min(2 * slices, most) if took < _QUICK else max(1, slices // 2) if took > _SLOW else slices
            low = high

    def _input(self, slices: NDArray[Any]) -> NDArray[np.float32]:
        scaled = means(scaled_greys(slices, self.greys), self.scale)
        return np.ascontiguousarray(scaled.swapaxes(0, 1))


def scaled_greys(voxels: NDArray[Any], greys: GreyScale) -> NDArray[np.float32]:
    """Network input of grey values ``(C, …)``; of large pictures of 8 or 16 bits each grey value is scaled once."""
    levels = 1 << (8 * voxels.dtype.itemsize)
    if voxels.dtype.kind != "u" or voxels.dtype.itemsize > 2 or voxels[0].size < levels:
        return greys.apply(voxels)
    every = np.broadcast_to(np.arange(levels, dtype=voxels.dtype), (len(voxels), levels))
    scaled = np.empty((len(voxels), voxels[0].size), np.float32)
    for table, channel, out in zip(greys.apply(every), voxels.reshape(scaled.shape), scaled, strict=True):
        for low in range(0, channel.size, _BLOCK_PIXELS):
            block = slice(low, low + _BLOCK_PIXELS)
            table.take(channel[block], out=out[block], mode="clip")  # no value is outside the table
    return scaled.reshape(voxels.shape)


def _index(values: list[int]) -> Index3:
    return values[0], values[1], values[2]
