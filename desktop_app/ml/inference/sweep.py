"""Sweeping tiles over a volume with bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3, Region, Volume
from desktop_app.core.job import JobContext, Progress
from desktop_app.ml.data.greys import GreyScale
from desktop_app.ml.inference.maps import VoxelMaps
from desktop_app.ml.inference.tiling import Window2, blend_weights, tile_starts, windows

_Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Sweep:
    """Tiles on one grid for the whole region, computed window by window of the slice plane, each from top to bottom.

    Every voxel is the weighted mean of all tiles of the grid that cover it; tiles on a window's rim are computed for
    both windows. So the result does not depend on the memory budget. MONAI's ``sliding_window_inference`` does not
    serve: it takes the whole image and gives whole maps, which has to fit into memory.

    Attributes:
        volume: The image.
        region: The box to predict.
        channels: Channels of the image for the network.
        greys: How grey values become network input.
        forward: The network: ``(B, C, Z, Y, X)`` to maps ``(B, M, Z, Y, X)``.
        n_maps: Number of maps M.
        tile: Size of a tile (z, y, x).
        overlap: Share of a tile that its neighbour covers too, along each axis.
        margin: Voxels of the surroundings that are computed, too, so that the region's rim has context.
        memory_bytes: Budget for grey values and sums of maps.
        batch: Tiles per call of the network.
    """

    volume: Volume
    region: Region
    channels: tuple[int, ...]
    greys: GreyScale
    forward: Callable[[NDArray[np.float32]], NDArray[np.float32]]
    n_maps: int
    tile: Index3
    overlap: tuple[float, float, float]
    margin: Index3
    memory_bytes: int
    batch: int

    def run(self, maps: VoxelMaps, ctx: JobContext) -> None:
        """Fill ``maps`` (of the region's shape); asks to go on before each call of the network."""
        parts = windows(self._field.shape, self._most_pixels(), 2 * max(self.tile[1:]))
        rows = self._starts(0)
        total = sum(len(rows) * len(list(self._columns(part))) for part in parts)
        done = 0
        for part in parts:
            for values, region in self._window(part, ctx, done, total):
                self._store(maps, values, region)
            done += len(rows) * len(list(self._columns(part)))
        ctx.report(Progress(total, total, f"{total} of {total} tiles"))

    @property
    def _field(self) -> Region:
        """The region with surroundings, so that its rim is predicted with context."""
        return self.region.expand(self.margin, self.volume.shape)

    def _starts(self, axis: int) -> tuple[int, ...]:
        """Starts of tiles along an axis, counted from the field's corner."""
        return tile_starts(self._field.shape[axis], self.tile[axis], self.overlap[axis])

    def _most_pixels(self) -> int:
        """Pixels of the slice plane whose sums and grey values fit the budget."""
        # Bytes; sums and maps twice, each channel with its copies.
        per_pixel = 4 * self.tile[0] * (2 * self.n_maps + 2 + 3 * len(self.channels))
        return max(1, self.memory_bytes // per_pixel)

    def _columns(self, part: Window2) -> Iterator[tuple[int, int]]:
        """Starts (y, x) of the tiles that touch a window."""
        _, height, width = self.tile
        for y in self._starts(1):
            if y < part.bottom and y + height > part.top:
                for x in self._starts(2):
                    if x < part.right and x + width > part.left:
                        yield y, x

    def _window(
        self, part: Window2, ctx: JobContext, done: int, total: int
    ) -> Iterator[tuple[NDArray[np.float32], Region]]:
        """Finished slabs ``(M, Z, Y, X)`` of a window with their place in the field, from top to bottom."""
        depth = self._field.shape[0]
        rows, columns = self._starts(0), list(self._columns(part))
        sums = np.zeros((self.n_maps + 1, self.tile[0], part.height, part.width), np.float32)
        for row, z in enumerate(rows):
            grey = self._grey_slab(z, columns)
            for count, group in enumerate(_groups(columns, self.batch)):
                ctx.raise_if_cancelled()
                self._add(sums, grey, group, columns[0], part)
                finished = done + row * len(columns) + min((count + 1) * self.batch, len(columns))
                ctx.report(Progress(finished, total, f"{finished} of {total} tiles"))
            following = rows[row + 1] if row + 1 < len(rows) else depth
            ready = min(following - z, depth - z)
            values = sums[:-1, :ready] / sums[-1:, :ready]
            yield values, Region((z, part.top, part.left), (z + ready, part.bottom, part.right))
            sums[:, : self.tile[0] - ready] = sums[:, ready:].copy()
            sums[:, self.tile[0] - ready :] = 0

    def _grey_slab(self, z: int, columns: list[tuple[int, int]]) -> NDArray[np.float32]:
        """Network input for all tiles of one row, padded at the volume's border by its outermost values."""
        (top, left), (last_y, last_x) = columns[0], columns[-1]
        start = (z, top, left)
        stop = (z + self.tile[0], last_y + self.tile[1], last_x + self.tile[2])
        wanted = Region(start, stop).shift(self._field.start)
        inside = wanted.intersect(self._field)
        grey = np.stack([self.volume.read(inside, channel) for channel in self.channels])
        pads = [(0, w - i) for w, i in zip(wanted.stop, inside.stop, strict=True)]
        return np.pad(self.greys.apply(grey), [(0, 0), *pads], mode="edge")

    def _add(
        self,
        sums: NDArray[np.float32],
        grey: NDArray[np.float32],
        group: list[tuple[int, int]],
        corner: tuple[int, int],
        part: Window2,
    ) -> None:
        """Add the weighted maps of some tiles to the sums; the last channel sums the weights."""
        _, height, width = self.tile
        weights = blend_weights(self.tile)
        places = [(y - corner[0], x - corner[1]) for y, x in group]
        maps = self.forward(np.stack([grey[:, :, y : y + height, x : x + width] for y, x in places]))
        for (y, x), values in zip(group, maps, strict=True):
            (a, b), (c, d) = _overlap(y, height, part.top, part.bottom), _overlap(x, width, part.left, part.right)
            inner = np.s_[:, a - y : b - y, c - x : d - x]
            outer = np.s_[:, a - part.top : b - part.top, c - part.left : d - part.left]
            weight = weights[inner]
            sums[:-1][(slice(None), *outer)] += values[(slice(None), *inner)] * weight
            sums[-1][outer] += weight

    def _store(self, maps: VoxelMaps, values: NDArray[np.float32], place: Region) -> None:
        """Write what lies in the region; surroundings are dropped."""
        absolute = place.shift(self._field.start)
        kept = absolute.intersect(self.region)
        if kept.empty:
            return
        z, y, x = (-s for s in absolute.start)
        inner = kept.shift((z, y, x)).slices
        z, y, x = (-s for s in self.region.start)
        maps.write(kept.shift((z, y, x)), values[(slice(None), *inner)])


def _overlap(start: int, length: int, low: int, high: int) -> _Span:
    return max(start, low), min(start + length, high)


def _groups(items: list[tuple[int, int]], size: int) -> Iterator[list[tuple[int, int]]]:
    for first in range(0, len(items), size):
        yield items[first : first + size]
