"""The shape of an object whose slices are further apart than pixels, from its outline in each slice.

Between two slices the outline changes smoothly: what is interpolated is a function that is 0 on it, as between drawn
slices of an interpolation (G. Herman, J. Zheng, C. Bucholtz, IEEE Computer Graphics and Applications 12(3), 1992).
The function is R² - r², R being how far the middle of the slice is from its outline, and r how far a place is from that
middle: of a ball it is a parabola along z, so that few slices tell all of it, and where it goes on behind the last one.
Smoothing over slices would count the steps between them, and those of a ball that is five slices thick are a fifth of
its surface.
"""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

_BLUR = 0.65  # pixels: the steps of pixels vanish, and balls of 8 pixels and more keep their surface within 2 %
_KEPT = 0.35  # pixels from the outline at which a pixel is held that smoothing would lose
_GOES_ON = 0.25  # of R² of the last slice: an object that would be larger than this in the next one was cut flat
_LONGEST = 0.1  # of the bend of a ball: an ellipsoid three times as long along z
_NEXT_SLICE = 1e-3  # of R²: how far outside the next slice is at least, since nothing was drawn there
_MOST_PARTS = 8  # of the room between two slices: finer steps change the surface by less than 0.1 %


def parts_between(edges: NDArray[np.float64]) -> int:
    """Into how many parts the room between two slices is cut, so that they are about as high as pixels are wide."""
    return int(min(_MOST_PARTS, np.ceil(edges[0] / edges[1:].min())))


def layered_shape(inside: NDArray[np.bool_], edges: NDArray[np.float64]) -> NDArray[np.float32]:
    """A function that is above 0 inside, below outside.

    Args:
        inside: The object (Z, Y, X), with three empty slices and pixels around it.
        edges: Of a voxel (z, y, x), z being the longest.

    Returns:
        ((Z - 1) * ``parts_between`` + 1, Y, X) in squared units; 0 is the surface. The slices given are every
        ``parts_between``-th of it.
    """
    return _between(_in_slices(inside, edges), parts_between(edges))


def _in_slices(inside: NDArray[np.bool_], edges: NDArray[np.float64]) -> NDArray[np.float32]:
    """The function (Z, Y, X) in each slice; in empty ones as it goes on from those beside them."""
    bend = 2 * float(edges[0]) ** 2  # the second difference of the parabola of a ball
    filled = np.asarray(inside.any(axis=(1, 2)))
    shape = np.zeros(inside.shape, np.float32)
    for z in np.flatnonzero(filled).tolist():
        shape[z] = _parabola(inside[z], edges[1:])
    beside = {
        z: [k for k in (z - 1, z + 1) if 0 <= k < len(shape) and filled[k]] for z in np.flatnonzero(~filled).tolist()
    }
    deepest = shape.max(axis=(1, 2))
    for z, near in beside.items():
        if near:
            shape[z] = np.max([_gone_on(shape, filled, deepest, k, k - z, bend) for k in near], axis=0)
    first = {z for z, near in beside.items() if near}
    for z in sorted(beside.keys() - first):
        # Further off it only must not come back: as it was in the nearest of the slices above, and lower.
        k = min(first, key=lambda known: abs(known - z))
        inwards = k + (1 if k > z else -1)
        shape[z] = np.minimum(shape[k], 2 * shape[k] - shape[inwards] - bend)
    # Where one of several branches ends, the distance from the others says nothing: it ends half-way.
    around = scipy.ndimage.maximum_filter1d(deepest, 3)
    there = np.flatnonzero(filled)
    nearest = there[np.abs(np.arange(len(shape))[:, None] - there).argmin(axis=1)]
    np.maximum(shape, -np.maximum(around[nearest], bend)[:, None, None], out=shape)
    return shape


def _gone_on(
    shape: NDArray[np.float32],
    filled: NDArray[np.bool_],
    deepest: NDArray[np.float32],
    last: int,
    inwards: int,
    bend: float,
) -> NDArray[np.float32]:
    """The function in the first empty slice behind ``last``; without one before that the object ends half-way to it."""
    before, third = last + inwards, last + 2 * inwards
    flat = shape[last] - 2 * deepest[last]
    if not (0 <= before < len(shape) and filled[before]):
        return flat
    if 0 <= third < len(shape) and filled[third]:
        bend = float(np.clip(2 * deepest[before] - deepest[last] - deepest[third], _LONGEST * bend, bend))
    found = 2 * shape[last] - shape[before] - bend
    top = float(found.max())
    if top > _GOES_ON * deepest[last]:
        return flat
    return np.asarray(found - max(0.0, top + _NEXT_SLICE * deepest[last]), np.float32)


def _between(shape: NDArray[np.float32], parts: int) -> NDArray[np.float32]:
    """Cubic through all slices (E. Catmull and R. Rom, Computer Aided Geometric Design, 1974)."""
    ends = np.concatenate([shape[:1], shape, shape[-1:]])
    a, b, c, d = ends[:-3], ends[1:-2], ends[2:-1], ends[3:]
    fine = np.empty(((len(shape) - 1) * parts + 1, *shape.shape[1:]), np.float32)
    for part in range(parts):
        t = part / parts
        # Catmull and Rom 1974: through b and c, with the slopes of their neighbours.
        fine[part:-1:parts] = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    fine[-1] = shape[-1]
    return fine


def _parabola(mask: NDArray[np.bool_], edges: NDArray[np.float64]) -> NDArray[np.float32]:
    """R² - r² (Y, X) of one slice, by the distance from its outline, d = R - r."""
    pixel = float(edges.min())
    half = np.where(mask, pixel / 2, -pixel / 2)  # the outline runs between the middles of pixels
    found = (
        scipy.ndimage.distance_transform_edt(mask, edges) - scipy.ndimage.distance_transform_edt(~mask, edges) - half
    )
    smooth = scipy.ndimage.gaussian_filter(found, _BLUR)
    lost, gained = mask & (smooth <= 0), ~mask & (smooth > 0)
    smooth[lost], smooth[gained] = _KEPT * pixel, -_KEPT * pixel
    return np.asarray(smooth * (2 * smooth.max() - smooth), np.float32)
