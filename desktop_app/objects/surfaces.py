"""Surfaces of objects as triangles.

An object's mask is smoothed a little, but never so far that a voxel changes sides, and marching cubes (W. Lorensen and
H. Cline, SIGGRAPH 1987, in the variant of T. Lewiner et al., 2003) finds where it is one half. So steps of voxels
vanish, thin processes stay, and no point is further than a voxel from the outline that was drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import fastremap
import numpy as np
import scipy
from numpy.typing import NDArray

from desktop_app.core.imaging.region import Index3, Region

# Voxels: steps are one voxel high, so this evens them out; balls of radius 8 and more get a sphericity of 1.00 to 1.02.
_BLUR = 1.0
_MARGIN = 2  # voxels around an object, and where the blur is cut off: it is nothing there that one would see
_TAPS = np.exp(-0.5 * (np.arange(-_MARGIN, _MARGIN + 1) / _BLUR) ** 2)
_WEIGHTS = _TAPS / _TAPS.sum()  # the blur along an axis
_NEAREST = 0.05  # by how much a smoothed mask stays above or below one half where the voxel is inside or outside
_TILE = 48  # voxels: marching cubes holds up every other thread, and so many take it some 10 ms
_FEWEST = 8  # triangles of an octahedron: an object so small is not made coarser
_GRID = 256  # places per voxel to which points of neighbouring tiles are rounded, to see that they are one


@dataclass(frozen=True, slots=True)
class Mesh:
    """Triangles around one object.

    Attributes:
        points: (N, 3) float32 as (z, y, x) in the unit of the voxel size; voxel 0 goes from 0 to its edge.
        normals: (N, 3) float32 as (z, y, x), of length 1, out of the object.
        triangles: (M, 3) int32 rows of ``points``; from outside they go anticlockwise where x, y, z are right-handed.
    """

    points: NDArray[np.float32]
    normals: NDArray[np.float32]
    triangles: NDArray[np.int32]

    @property
    def nbytes(self) -> int:
        """Memory taken."""
        return self.points.nbytes + self.normals.nbytes + self.triangles.nbytes

    def area(self) -> float:
        """Of all triangles, in squared units."""
        return float(np.linalg.norm(self._spans(), axis=1).sum() / 2)

    def volume(self) -> float:
        """Of the space inside, in cubed units (divergence theorem)."""
        corner = self.points[self.triangles[:, 0]].astype(np.float64)
        return float(np.einsum("ij,ij->", corner, self._spans()) / 6)  # of a parallelepiped: a tetrahedron

    def _spans(self) -> NDArray[np.float64]:
        """(M, 3) outward, twice the area of each triangle long, as (z, y, x)."""
        a, b, c = (self.points[column].astype(np.float64) for column in self.triangles.T)
        return np.asarray(np.cross(c - a, b - a))  # in (z, y, x) the hand is turned


def object_surface(
    mask: NDArray[np.bool_],
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0),
    *,
    offset: Index3 = (0, 0, 0),
    coarseness: int = 1,
) -> Mesh:
    """The closed surface of one object; what lies outside the array counts as background.

    Args:
        mask: (Z, Y, X) True inside.
        spacing: Edges of a voxel (z, y, x).
        offset: Voxel of the volume at which ``mask`` begins.
        coarseness: Edge, in voxels, of cubes whose points become one; 1 leaves all, 2 a third of the triangles.
    """
    points, triangles = _marched(_field(mask))
    if coarseness > 1:
        coarse = _clustered(points, triangles, coarseness)
        if len(coarse[1]) >= _FEWEST:
            points, triangles = coarse
    places = (points - (_MARGIN - 0.5) + np.asarray(offset, np.float32)) * np.asarray(spacing, np.float32)
    return Mesh(places, _normals(places, triangles), triangles)


def object_boxes(labels: NDArray[np.unsignedinteger], offset: Index3 = (0, 0, 0)) -> dict[int, Region]:
    """The box around each object of a label array (Z, Y, X) that begins at voxel ``offset``."""
    numbers, ids = _numbered(labels)
    boxes = scipy.ndimage.find_objects(numbers)
    found = {}
    for label, number in ids.items():
        if label:
            (a, b, c), (d, e, f) = zip(*((s.start, s.stop) for s in boxes[number - 1]), strict=True)
            found[int(label)] = Region((a, b, c), (d, e, f)).shift(offset)
    return found


def _numbered(labels: NDArray[np.unsignedinteger]) -> tuple[NDArray[np.uint32], dict[int, int]]:
    """Labels counted from 1, and the number of each; in 32 bits, of which SciPy finds objects five times as fast."""
    numbers, ids = fastremap.renumber(labels, in_place=False)
    return numbers.astype(np.uint32, copy=False), {int(label): int(number) for label, number in ids.items()}


def _field(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The smoothed mask with a margin: above one half exactly where ``mask`` is True."""
    inside = np.zeros([n + 2 * _MARGIN for n in mask.shape], np.float32)
    inside[(slice(_MARGIN, -_MARGIN),) * 3] = mask
    smooth = inside
    for axis in range(3):
        smooth = scipy.ndimage.correlate1d(smooth, _WEIGHTS, axis, mode="nearest")
    np.maximum(smooth, inside * np.float32(0.5 + _NEAREST), out=smooth)
    return np.minimum(smooth, inside + np.float32(0.5 - _NEAREST), out=smooth)


def marched_tiles(field: NDArray[np.float32]) -> Iterator[tuple[NDArray[np.float32], NDArray[np.int32]]]:
    """Points (N, 3) in voxels and triangles (M, 3) where ``field`` (Z, Y, X) is one half, tile by tile."""
    from skimage.measure import marching_cubes  # a second of import that the window does without

    for corner in product(*(range(0, n - 1, _TILE) for n in field.shape)):
        tile = field[tuple(slice(c, c + _TILE + 1) for c in corner)]
        if tile.min() <= 0.5 <= tile.max():
            found, faces, _, _ = marching_cubes(tile, 0.5, gradient_direction="descent")  # type: ignore[no-untyped-call]
            yield found + np.asarray(corner, np.float32), faces


def _marched(field: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Points (N, 3) and triangles (M, 3) where ``field`` is one half."""
    points, triangles, count = [], [], 0
    for found, faces in marched_tiles(field):
        points.append(found)
        triangles.append(faces + count)
        count += len(found)
    whole = np.concatenate(points), np.concatenate(triangles).astype(np.int32)
    return whole if len(points) == 1 else _welded(*whole)


def _welded(points: NDArray[np.float32], triangles: NDArray[np.int32]) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Points that two tiles both have become one."""
    return _merged(points, triangles, np.rint(points * _GRID).astype(np.int64))


def _clustered(
    points: NDArray[np.float32], triangles: NDArray[np.int32], coarseness: int
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """One point in the middle of all in a cube.

    J. Rossignac and P. Borrel, "Multi-resolution 3D approximations for rendering complex scenes", 1993.
    """
    return _merged(points, triangles, (points / np.float32(coarseness)).astype(np.int64))


def _merged(
    points: NDArray[np.float32], triangles: NDArray[np.int32], cells: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Points with equal ``cells`` (N, 3) become their mean; triangles without an area go."""
    extent = cells.max(axis=0) + 1
    key = (cells[:, 0] * extent[1] + cells[:, 1]) * extent[2] + cells[:, 2]
    _, groups = np.unique(key, return_inverse=True)
    counts = np.bincount(groups)
    middle = np.stack([np.bincount(groups, points[:, axis]) / counts for axis in range(3)], axis=1)
    a, b, c = corners = groups[triangles].astype(np.int32).T
    return middle.astype(np.float32), np.ascontiguousarray(corners[:, (a != b) & (b != c) & (a != c)].T)


def _normals(points: NDArray[np.float32], triangles: NDArray[np.int32]) -> NDArray[np.float32]:
    """Mean direction (N, 3) of the triangles around each point, large ones counting more."""
    corners = np.ascontiguousarray(triangles.T)
    a, b, c = (np.ascontiguousarray(points[column].T) for column in corners)
    (z, y, x), (dz, dy, dx) = c - a, b - a
    spans = (y * dx - x * dy, x * dz - z * dx, z * dy - y * dz)
    flat = corners.reshape(-1)
    total = np.stack([np.bincount(flat, np.concatenate((span, span, span)), len(points)) for span in spans])
    lengths = np.maximum(np.sqrt((total * total).sum(axis=0)), np.finfo(np.float32).tiny)
    return np.ascontiguousarray((total / lengths).T, np.float32)
