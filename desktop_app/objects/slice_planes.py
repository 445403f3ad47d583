"""Three slices of a volume as planes in space, drawn on the processor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from desktop_app.core.imaging.camera import Camera, Vector
from desktop_app.core.imaging.region import Index3

_FLAT = 1e-6  # a slice seen so nearly from its edge covers no pixel


@dataclass(frozen=True, slots=True)
class SlicePlane:
    """One slice.

    Attributes:
        axis: Along which it is cut (0 z, 1 y, 2 x).
        place: Where it lies along that axis, in units.
        picture: Grey values (rows, columns) uint8; rows are the earlier of the other two axes.
    """

    axis: int
    place: float
    picture: NDArray[np.uint8]


def slice_planes(grey: NDArray[np.uint8], spacing: Vector, voxel: Vector, position: Index3) -> tuple[SlicePlane, ...]:
    """The three slices through a voxel.

    Args:
        grey: (Z, Y, X), thinned out.
        spacing: Edges of its voxels (z, y, x).
        voxel: Edges of the voxels of the whole volume.
        position: Voxel (z, y, x) of the whole volume.
    """
    found = []
    for axis in range(3):
        place = (position[axis] + 0.5) * voxel[axis]
        kept = min(int(place / spacing[axis]), grey.shape[axis] - 1)
        found.append(SlicePlane(axis, place, np.ascontiguousarray(np.take(grey, kept, axis=axis))))
    return tuple(found)


def painted_slices(
    planes: tuple[SlicePlane, ...], spacing: Vector, camera: Camera, size: tuple[int, int]
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """What is seen of slices: grey values (height, width) uint8, and how far away, infinite where there is none.

    Distances are along the line of sight, in units, from the corner of the volume; the nearer slice hides the other.
    """
    width, height = size
    seen, depth = np.zeros((height, width), np.uint8), np.full((height, width), np.inf, np.float32)
    for plane in planes:
        drawn = _drawn(plane, spacing, camera, size)
        if drawn is not None:
            picture, far = drawn
            nearer = far < depth
            seen[nearer], depth[nearer] = picture[nearer], far[nearer]
    return seen, depth


def _drawn(
    plane: SlicePlane, spacing: Vector, camera: Camera, size: tuple[int, int]
) -> tuple[NDArray[np.uint8], NDArray[np.float32]] | None:
    """A slice alone; None where it is seen from its edge."""
    width, height = size
    u, v = (axis for axis in range(3) if axis != plane.axis)
    across = camera.basis
    flat = across[:2][:, [u, v]] * camera.scale  # (right, down) pixels per unit along u and v
    if abs(np.linalg.det(flat)) < _FLAT * camera.scale**2:
        return None
    inverse = np.linalg.inv(flat)
    rest = across[:2, plane.axis] * (plane.place - camera.center[plane.axis]) * camera.scale
    middle = np.array([camera.center[u], camera.center[v]]) - inverse @ rest  # units at the middle of the picture
    edges = np.array([spacing[u], spacing[v]])
    matrix = inverse[:, ::-1] / edges[:, None]  # (down, right) pixels -> rows and columns of the slice
    offset = middle / edges - 0.5 - matrix @ ((height - 1) / 2, (width - 1) / 2)
    at = [
        matrix[k, 0] * np.arange(height)[:, None] + matrix[k, 1] * np.arange(width)[None] + offset[k] for k in range(2)
    ]
    inside = np.ones((height, width), bool)
    for place, length in zip(at, plane.picture.shape, strict=True):
        inside &= (place >= -0.5) & (place < length - 0.5)
    order = 1 if min(plane.picture.shape) > 1 else 0
    picture = scipy.ndimage.affine_transform(
        plane.picture, matrix, offset, (height, width), order=order, mode="nearest", output=np.uint8
    )
    far = across[2, plane.axis] * plane.place + sum(
        across[2, axis] * (place + 0.5) * edge for axis, place, edge in zip((u, v), at, edges, strict=True)
    )
    return picture, np.where(inside, far, np.inf).astype(np.float32)
