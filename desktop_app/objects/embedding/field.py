"""What a network of spatial embeddings says of each voxel, and its places in a common measure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class EmbeddingField:
    """Embeddings of a box; lengths count pixels along x, so that thick slices lie further apart.

    Attributes:
        seeds: ``(Z, Y, X) float32``: how surely a voxel is the centre of an object, 0 to 1.
        offsets: ``(D, Z, Y, X) float32``: from the voxel to the centre of its object, D = 2 (y, x) or 3 (z, y, x).
        radii: ``(D, Z, Y, X) float32``: half the axes of the ellipsoid about the centre inside which embeddings belong
            to the object.
        aspect: Edges of a voxel (z, y, x) over that along x.
    """

    seeds: NDArray[np.float32]
    offsets: NDArray[np.float32]
    radii: NDArray[np.float32]
    aspect: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @property
    def axes(self) -> int:
        """2 or 3."""
        return len(self.offsets)


@dataclass(frozen=True, slots=True)
class FieldMembers:
    """The voxels of a field that may belong to an object, in the order in which they lie.

    Attributes:
        at: ``(n,) int64`` their places, counted through the box.
        seeds: ``(n,) float32``.
        embeddings: ``(n, D) float32`` where the centres of their objects are.
        log_radii: ``(n, D) float32`` logarithms of the radii.
    """

    at: NDArray[np.int64]
    seeds: NDArray[np.float32]
    embeddings: NDArray[np.float32]
    log_radii: NDArray[np.float32]


_SMALLEST_RADIUS = 1e-3  # px: less than any voxel, so that a logarithm can be taken


def members_of(field: EmbeddingField, foreground: float) -> FieldMembers:
    """The voxels whose seed is above ``foreground``."""
    at = np.flatnonzero(field.seeds.reshape(-1) > foreground)
    places = np.unravel_index(at, field.seeds.shape)[-field.axes :]
    embeddings = np.empty((at.size, field.axes), np.float32)
    log_radii = np.empty_like(embeddings)
    for axis, (place, edge) in enumerate(zip(places, field.aspect[-field.axes :], strict=True)):
        embeddings[:, axis] = place * np.float32(edge) + field.offsets[axis].reshape(-1)[at]
        log_radii[:, axis] = np.log(np.maximum(field.radii[axis].reshape(-1)[at], _SMALLEST_RADIUS))
    return FieldMembers(at, field.seeds.reshape(-1)[at], embeddings, log_radii)
