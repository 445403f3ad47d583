"""Growing, shrinking and smoothing the shape of one object. Masks (Z, Y, X) bool in, masks out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np
import scipy
from numpy.typing import NDArray

from desktop_app.core.imaging.region import Mask

Spacing: TypeAlias = tuple[float, float, float]
Shape: TypeAlias = Literal["grow", "shrink", "open", "close", "smooth", "hull"]

# A spacing that no radius reaches: slices that are treated one by one lie that far apart.
APART = 1e12
# A step along an axis is exactly one spacing, which rounding must not push beyond a radius of as much.
_ROUNDING = 1e-6


def grow(mask: Mask, radius: float, spacing: Spacing) -> Mask:
    """All voxels whose centre lies within ``radius`` of the centre of one of ``mask``; lengths as in ``spacing``."""
    if not mask.any():
        return mask
    distances: NDArray[np.float64] = scipy.ndimage.distance_transform_edt(~mask, sampling=spacing)
    return mask | _within(distances, radius, spacing)


def shrink(mask: Mask, radius: float, spacing: Spacing) -> Mask:
    """The voxels that have no voxel outside ``mask`` within ``radius``.

    Beyond the border of the array nothing is known, so an object cut by the border of the image is not eaten from
    there.
    """
    if mask.all():
        return mask
    distances: NDArray[np.float64] = scipy.ndimage.distance_transform_edt(mask, sampling=spacing)
    return mask & ~_within(distances, radius, spacing)


def opened(mask: Mask, radius: float, spacing: Spacing) -> Mask:
    """Without what is thinner than twice ``radius``: shrunk, then grown again."""
    return mask & grow(shrink(mask, radius, spacing), radius, spacing)


def closed(mask: Mask, radius: float, spacing: Spacing) -> Mask:
    """With gaps narrower than twice ``radius`` bridged: grown, then shrunk again.

    The mask needs a margin of ``radius``, or what is bridged at the border stays grown there.
    """
    return mask | shrink(grow(mask, radius, spacing), radius, spacing)


def smoothed(mask: Mask, radius: float, spacing: Spacing) -> Mask:
    """With bumps and dents below ``radius`` evened out: a Gaussian of that width, cut where the size stays the same.

    Cut at the half, as is usual, round objects would lose 7 % of a radius of 10 pixels with each smoothing of 1.5. The
    array is continued by its border, so that an object cut by the border of the image stays so.
    """
    sigma = [0.0 if step >= APART else radius / step for step in spacing]
    soft = scipy.ndimage.gaussian_filter(mask.astype(np.float32), sigma, mode="nearest")
    axis = _apart(spacing)
    if axis is None:
        return _largest(soft, mask)
    parts = zip(np.moveaxis(soft, axis, 0), np.moveaxis(mask, axis, 0), strict=True)
    return _stacked([_largest(picture, shape) for picture, shape in parts], axis)


def hull(mask: Mask, radius: float, spacing: Spacing) -> Mask:
    """The smallest convex shape around ``mask``; slice by slice where slices lie ``APART``. ``radius`` is not used."""
    del radius
    axis = _apart(spacing)
    return _hull(mask) if axis is None else _stacked([_hull(picture) for picture in np.moveaxis(mask, axis, 0)], axis)


SHAPES: dict[Shape, Callable[[Mask, float, Spacing], Mask]] = {
    "grow": grow,
    "shrink": shrink,
    "open": opened,
    "close": closed,
    "smooth": smoothed,
    "hull": hull,
}
"""By the word on the command line."""


def _hull(mask: Mask) -> Mask:
    """Convex hull of the voxels; those on one line stay as they are, and flat ones are filled in their plane."""
    from skimage.morphology import convex_hull_image  # brings half of scikit-image, which the window need not load

    voxels = np.argwhere(mask)
    if len(voxels) == 0:
        return mask
    low, high = voxels.min(0), voxels.max(0) + 1
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    inner = mask[box]
    flat = tuple(0 if size == 1 else slice(None) for size in inner.shape)
    picture = inner[flat]
    if picture.ndim < 2 or np.linalg.matrix_rank(np.argwhere(picture) - np.argwhere(picture)[0]) < picture.ndim:
        return mask
    out = mask.copy()
    filled = inner.copy()
    filled[flat] = convex_hull_image(picture, offset_coordinates=False)  # type: ignore[no-untyped-call]
    out[box] |= filled
    return out


def _apart(spacing: Spacing) -> int | None:
    """The axis across slices that are treated one by one."""
    return next((axis for axis, step in enumerate(spacing) if step >= APART), None)


def _stacked(pictures: list[Mask], axis: int) -> Mask:
    return np.ascontiguousarray(np.moveaxis(np.stack(pictures), 0, axis))


def _largest(soft: NDArray[np.float32], mask: Mask) -> Mask:
    """The voxels of the largest values, as many as ``mask`` has; more where the last ones are equal."""
    count = int(np.count_nonzero(mask))
    if count in (0, mask.size):
        return mask
    return np.asarray(soft >= np.partition(soft, mask.size - count, axis=None)[mask.size - count])


def _within(distances: NDArray[np.float64], radius: float, spacing: Spacing) -> Mask:
    return np.asarray(distances <= radius + _ROUNDING * min(spacing))
