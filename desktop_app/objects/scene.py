"""A volume as the 3D view holds it: small enough for a budget of memory, with the surfaces of its objects."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.camera import Camera, Vector
from desktop_app.core.imaging.contrast import Window
from desktop_app.core.imaging.label_colors import folded
from desktop_app.core.imaging.region import BoxReader, Index3, Region
from desktop_app.objects.surfaces import Mesh, object_boxes, object_surface

# Bytes that a voxel costs: 4 for its label, 2 for its row in the table of colours, 1 for its grey value, as many again
# while they are read and while surfaces are made.
BYTES_PER_VOXEL = 14
_SLAB_VOXELS = 2**20  # read and looked through at once, some 10 ms: other threads wait no longer
_RAY_STEP = 0.4  # voxels between two looks along a line of sight: no voxel that it crosses well is missed


def stride_for(shape: Index3, budget: int) -> int:
    """Every how many voxels one is kept, so that a volume of ``shape`` takes at most ``budget`` bytes."""
    stride = 1
    while math.prod(-(-n // stride) for n in shape) * BYTES_PER_VOXEL > budget:
        stride += 1
    return stride


@dataclass(slots=True)
class ThinnedScene:
    """What is seen, thinned out by a stride; objects that fall between two kept voxels are not there.

    Attributes:
        shape: Of the whole volume (z, y, x).
        voxel: Edges of one of its voxels.
        stride: Every how many voxels one is kept.
        labels: (Z, Y, X) uint32, thinned out.
        rows: The same as rows of the table of colours.
        grey: (Z, Y, X) uint8, from black to white; None before it has been read.
        boxes: Where each object is, in kept voxels.
    """

    shape: Index3
    voxel: Vector
    stride: int = 1
    labels: NDArray[np.uint32] = field(init=False)
    rows: NDArray[np.uint16] = field(init=False)
    grey: NDArray[np.uint8] | None = None
    boxes: dict[int, Region] = field(default_factory=dict)

    def __post_init__(self) -> None:
        small = tuple(-(-n // self.stride) for n in self.shape)
        self.labels = np.zeros(small, np.uint32)
        self.rows = np.zeros(small, np.uint16)

    @property
    def spacing(self) -> Vector:
        """Edges of a kept voxel (z, y, x)."""
        z, y, x = (edge * self.stride for edge in self.voxel)
        return z, y, x

    @property
    def extent(self) -> Vector:
        """Edges of the volume (z, y, x)."""
        z, y, x = (n * edge for n, edge in zip(self.shape, self.voxel, strict=True))
        return z, y, x

    def read_labels(self, read: BoxReader) -> Iterator[float]:
        """Take all labels over, piece by piece; yields how much is done (0 to 1)."""
        for small, done in self._slabs():
            self._take(small, read)
            for label, box in object_boxes(self.labels[small.slices], small.start).items():
                self.boxes[label] = box.union(self.boxes.get(label, box))
            yield done

    def read_grey(self, read: BoxReader, window: Window) -> Iterator[float]:
        """Take the image over, piece by piece; it is there when all is read."""
        grey = np.zeros(self.labels.shape, np.uint8)
        scale = 255 / max(window.high - window.low, 1e-12)
        for small, done in self._slabs():
            found = self._thin(read, small).astype(np.float32)
            grey[small.slices] = np.clip(np.nan_to_num((found - window.low) * scale), 0, 255)
            yield done
        self.grey = grey

    def change(self, region: Region, read: BoxReader) -> set[int]:
        """Labels in ``region`` (whole voxels) have changed; gives the objects whose surfaces are others now."""
        small = self._small(region)
        if small.empty:
            return set()
        before = self.labels[small.slices].copy()
        self._take(small, read)
        after = self.labels[small.slices]
        differs = before != after
        touched = {int(v) for v in np.unique(before[differs])} | {int(v) for v in np.unique(after[differs])}
        for label, box in object_boxes(after, small.start).items():
            self.boxes[label] = box.union(self.boxes.get(label, box))
        return touched - {0}

    def surface(self, label: int, coarseness: int = 1) -> Mesh | None:
        """The surface of an object; None where it is gone. Its box shrinks to what it is."""
        box = self.boxes.get(label)
        if box is None:
            return None
        mask = self.labels[box.slices] == label
        kept = [np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis))) for axis in range(3)]
        if not kept[0].size:
            del self.boxes[label]
            return None
        low, high = [int(k[0]) for k in kept], [int(k[-1]) + 1 for k in kept]
        tight = Region((low[0], low[1], low[2]), (high[0], high[1], high[2]))
        self.boxes[label] = tight.shift(box.start)
        return object_surface(mask[tight.slices], self.spacing, offset=self.boxes[label].start, coarseness=coarseness)

    def coarseness_for(self, triangles: int) -> int:
        """How coarse surfaces must be so that all of them together have about so many triangles at most."""
        faces = 0
        for small, _ in self._slabs():
            part = self.labels[small.slices]
            faces += sum(int(np.count_nonzero(np.diff(part, axis=axis))) for axis in range(3))
        # Voxels: coarser ones are no shapes; by eye.
        return max(1, min(8, math.ceil(math.sqrt(2 * faces / max(1, triangles)))))

    def object_at(self, camera: Camera, across: float, along: float) -> tuple[int, Index3] | None:
        """The first object behind a pixel (right of the middle, below it) and the voxel of the volume; None if none."""
        edges = np.asarray(self.spacing)
        reach = math.hypot(*self.extent) + math.dist(camera.center, np.asarray(self.extent) / 2)
        step = _RAY_STEP * float(edges.min())
        way = np.arange(-reach, reach, step)[:, None]
        places = (np.asarray(camera.ray(across, along)) + way * np.asarray(camera.forward)) / edges
        index = np.floor(places).astype(np.intp)
        index = index[((index >= 0) & (index < self.labels.shape)).all(axis=1)]
        hit = np.flatnonzero(self.labels[tuple(index.T)])
        if not hit.size:
            return None
        z, y, x = (int(i) for i in index[hit[0]])
        middle = [min(i * self.stride + self.stride // 2, n - 1) for i, n in zip((z, y, x), self.shape, strict=True)]
        return int(self.labels[z, y, x]), (middle[0], middle[1], middle[2])

    def _take(self, small: Region, read: BoxReader) -> None:
        found = self._thin(read, small).astype(np.uint32, copy=False)
        self.labels[small.slices] = found
        self.rows[small.slices] = folded(found)

    def _thin(self, read: BoxReader, small: Region) -> NDArray[Any]:
        """The kept voxels of a box; slices that are left out are not read."""
        s, (z0, y0, x0), (z1, y1, x1) = self.stride, small.start, small.stop
        bottom, right = min(y1 * s, self.shape[1]), min(x1 * s, self.shape[2])
        if s == 1:
            return read(small)
        rows = [read(Region((z * s, y0 * s, x0 * s), (z * s + 1, bottom, right)))[0, ::s, ::s] for z in range(z0, z1)]
        return np.stack(rows)

    def _small(self, region: Region) -> Region:
        """The kept voxels inside a box of the volume."""
        start = [-(-a // self.stride) for a in region.start]
        stop = [-(-b // self.stride) for b in region.stop]
        whole = Region.whole((self.labels.shape[0], self.labels.shape[1], self.labels.shape[2]))
        return Region((start[0], start[1], start[2]), (stop[0], stop[1], stop[2])).intersect(whole)

    def _slabs(self) -> Iterator[tuple[Region, float]]:
        depth, height, width = self.labels.shape
        thick = max(1, _SLAB_VOXELS // max(1, height * width))
        for z in range(0, depth, thick):
            stop = min(z + thick, depth)
            yield Region((z, 0, 0), (stop, height, width)), stop / depth
