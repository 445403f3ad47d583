"""What a panoptic network says of the slices of a region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.inference import RunMode
from desktop_app.core.imaging import Index3, Plane

CELL = 4
"""Pixels of the network's image from one cell of its coarse maps to the next."""


@dataclass(frozen=True, slots=True)
class SliceMaps:
    """Maps of N parallel slices, one after the other.

    Attributes:
        probabilities: ``(N, C, H, W) float16`` of the classes without the background, as large as the slices.
        heatmap: ``(N, h, w) float32``, how much a cell looks like a centre.
        offsets: ``(N, 2, h, w) float32``, dy and dx to the centre, in pixels of the network's image.
    """

    probabilities: NDArray[np.float16]
    heatmap: NDArray[np.float32]
    offsets: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.probabilities)

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""
        return self.probabilities.nbytes + self.heatmap.nbytes + self.offsets.nbytes

    def select(self, kept: Sequence[int]) -> SliceMaps:
        """Only some slices."""
        chosen = list(kept)
        return SliceMaps(self.probabilities[chosen], self.heatmap[chosen], self.offsets[chosen])

    @classmethod
    def joined(cls, parts: Sequence[SliceMaps]) -> SliceMaps:
        """The slices of several, one after the other."""
        return cls(
            np.concatenate([p.probabilities for p in parts]),
            np.concatenate([p.heatmap for p in parts]),
            np.concatenate([p.offsets for p in parts]),
        )


@dataclass(frozen=True, slots=True)
class PanopticMaps:
    """Maps of a region: of its slices in one plane, or in all three.

    Attributes:
        mode: ``slice`` (each slice by itself), ``stack`` or ``ortho``.
        planes: Which slices; three for ``ortho``.
        parts: The maps of each plane.
        downsampling: How many times smaller the network's image was.
        edges: Edge lengths of a voxel (z, y, x); all alike where they are not known.
    """

    mode: RunMode
    planes: tuple[Plane, ...]
    parts: tuple[SliceMaps, ...]
    downsampling: int = 1
    edges: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""
        return sum(part.nbytes for part in self.parts)

    @property
    def shape(self) -> Index3:
        """(Z, Y, X) of the region."""
        count, _, height, width = self.parts[0].probabilities.shape
        sizes = [height, width]
        sizes.insert(self.planes[0].depth_axis, count)
        return sizes[0], sizes[1], sizes[2]

    @property
    def step(self) -> int:
        """Pixels of the region from one coarse cell to the next."""
        return CELL * self.downsampling

    def select(self, kept: Sequence[int]) -> PanopticMaps:
        """Only some slices, each by itself from now on; not for maps of three directions."""
        if len(self.parts) != 1:
            raise ValueError("Slices can only be chosen from maps of one direction")
        return replace(self, mode="slice", parts=(self.parts[0].select(kept),))

    @classmethod
    def joined(cls, parts: Sequence[PanopticMaps]) -> PanopticMaps:
        """Slices of several maps of one plane and size, one after the other."""
        return replace(parts[0], parts=(SliceMaps.joined([p.parts[0] for p in parts]),))


def along(volume: NDArray[Any], plane: Plane) -> NDArray[Any]:
    """A ``(Z, Y, X)`` array as slices ``(N, rows, columns)`` of a plane, axes otherwise in their order; a view."""
    return np.moveaxis(volume, plane.depth_axis, 0)


def across(slices: NDArray[Any], plane: Plane) -> NDArray[Any]:
    """Slices ``(N, rows, columns)`` of a plane as a ``(Z, Y, X)`` array; a view."""
    return np.moveaxis(slices, 0, plane.depth_axis)


def in_order(values: Index3, plane: Plane) -> Index3:
    """Values of (z, y, x) in the order (slice, row, column) of a plane."""
    rest = list(values)
    first = rest.pop(plane.depth_axis)
    return first, rest[0], rest[1]
