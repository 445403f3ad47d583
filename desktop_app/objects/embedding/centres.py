"""The centre of an object: the voxel that all others of it shall point at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

CentreMethod: TypeAlias = Literal["centroid", "approximate-medoid", "medoid"]
Edges: TypeAlias = tuple[float, float, float]
"""Edges of a voxel (z, y, x), all in one unit."""

_SLACK = 1e-9  # share of a sum of distances below which two sums count as equal: rounding of float64 with room


def centroid(places: NDArray[np.int64], edges: Edges) -> NDArray[np.int64]:
    """Mean of the places ``(n, 3)`` of an object, rounded; it may lie outside of the object."""
    return np.rint(places.mean(axis=0)).astype(np.int64)


def approximate_medoid(places: NDArray[np.int64], edges: Edges) -> NDArray[np.int64]:
    """The voxel of the object that is nearest to the median along each axis."""
    apart = (places - np.median(places, axis=0)) * np.array(edges)
    nearest: NDArray[np.int64] = places[(apart**2).sum(axis=1).argmin()]
    return nearest


def medoid(places: NDArray[np.int64], edges: Edges) -> NDArray[np.int64]:
    """The voxel whose distances to all others of the object add up to the least; of equal ones the first.

    Exact without a table of all distances (Newling and Fleuret 2017, arXiv 1605.06950): the sum that was worked out for
    one voxel bounds those of all others by the triangle inequality, and most are ruled out before they are looked at.
    Memory follows the voxels, time about their number to the power of one and a half.
    """
    points = places * np.array(edges, np.float64)
    bounds, count = np.zeros(len(points)), len(points)
    middle = ((points - points.mean(axis=0)) ** 2).sum(axis=1)
    best, least = 0, np.inf
    for index in np.argsort(middle, kind="stable"):
        if bounds[index] > least * (1 + _SLACK):
            continue
        distances = np.sqrt(((points - points[index]) ** 2).sum(axis=1))
        total = float(distances.sum())
        if total < least * (1 - _SLACK) or (total <= least * (1 + _SLACK) and index < best):
            best, least = int(index), total
        np.maximum(bounds, np.abs(total - count * distances), out=bounds)
    found: NDArray[np.int64] = places[best]
    return found


METHODS: dict[CentreMethod, Callable[[NDArray[np.int64], Edges], NDArray[np.int64]]] = {
    "centroid": centroid,
    "approximate-medoid": approximate_medoid,
    "medoid": medoid,
}


def centre_image(objects: NDArray[Any], method: CentreMethod, edges: Edges) -> NDArray[np.uint8]:
    """1 at the centre of each object, 0 elsewhere.

    Args:
        objects: ``(Z, Y, X)`` numbers from 1, best without gaps; of an object that is cut off, what is seen counts.
        method: What a centre is.
        edges: Edges of a voxel.
    """
    centres = np.zeros(objects.shape, np.uint8)
    for number, box in enumerate(ndimage.find_objects(objects), start=1):
        if box is None:
            continue
        corner = np.array([part.start for part in box])
        places = np.argwhere(objects[box] == number)
        centres[tuple(METHODS[method](places, edges) + corner)] = 1
    return centres
