"""The shape of an object whose slices are further apart than pixels, from its outline in each slice.

Between two slices the outline changes evenly, as between the drawn slices of an interpolation (G. Herman, J. Zheng,
C. Bucholtz, IEEE Computer Graphics and Applications 12(3), 1992): what is interpolated is the distance from it.
Smoothing over slices would count the steps between them, and those of a ball that is five slices thick are a fifth of
its surface.
"""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

_BLUR = 0.65  # pixels: the steps of pixels vanish, and balls of 8 pixels and more keep their surface within 2 %
_KEPT = 0.35  # pixels from the outline at which a pixel is held that smoothing would lose
_CAP = 1.0  # times as deep as the last slice is wide: the object ends in a cone half a slice behind it
_NOWHERE = -1e3  # edges: no outline is anywhere near


def layered_shape(inside: NDArray[np.bool_], edges: NDArray[np.float64]) -> NDArray[np.float32]:
    """Distances from the outline of each slice, above 0 inside, below outside.

    Args:
        inside: The object (Z, Y, X), with room around it.
        edges: Of a voxel (z, y, x), z being the longest.

    Returns:
        (Z, Y, X) in units; 0 is the surface. An empty slice beside one with something is as if the object ended
        half-way to it.
    """
    pixel = float(edges[1:].min())
    shape = np.full(inside.shape, _NOWHERE * pixel, np.float32)
    filled = np.asarray(inside.any(axis=(1, 2)))
    for z in np.flatnonzero(filled):
        shape[z] = _from_outline(inside[z], edges[1:], pixel)
    for z in np.flatnonzero(~filled):
        beside = [shape[k] - (1 + _CAP) * shape[k].max() for k in (z - 1, z + 1) if 0 <= k < len(shape) and filled[k]]
        if beside:
            shape[z] = np.max(beside, axis=0)
    return shape


def _from_outline(mask: NDArray[np.bool_], edges: NDArray[np.float64], pixel: float) -> NDArray[np.float32]:
    """Distances (Y, X) from the outline of one slice."""
    half = np.where(mask, pixel / 2, -pixel / 2)  # the outline runs between the middles of pixels
    found = (
        scipy.ndimage.distance_transform_edt(mask, edges) - scipy.ndimage.distance_transform_edt(~mask, edges) - half
    )
    smooth = scipy.ndimage.gaussian_filter(found, _BLUR)
    lost, gained = mask & (smooth <= 0), ~mask & (smooth > 0)
    smooth[lost], smooth[gained] = _KEPT * pixel, -_KEPT * pixel
    return np.asarray(smooth, np.float32)
