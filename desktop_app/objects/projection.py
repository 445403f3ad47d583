"""Volumes seen from any side, drawn on the processor: no graphics card, no OpenGL.

Slices are shifted over each other along the axis that the eye looks along most, and the picture of them is turned and
stretched once at the end (P. Lacroute and M. Levoy, "Fast volume rendering using a shear-warp factorization", SIGGRAPH
1994): each voxel is touched once, by whole-array arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from desktop_app.core.imaging.camera import Camera, Vector

_AMBIENT = 0.3  # share of light that reaches faces turned away, by eye
# Of the cloud, by eye on light and electron microscopy: how dense a white volume is through its diagonal (optical
# depth), and the exponent with which grey values become density, so that dim background stays thin.
_DENSITY, _DENSITY_CURVE = 60.0, 2.0
_FAR = np.float32(np.inf)  # depth of pixels behind which there is nothing


@dataclass(frozen=True, slots=True)
class _Shear:
    """How slices lie over each other.

    Attributes:
        main: Axis along which slices are stacked.
        order: Their numbers, farthest first.
        shifts: (slices, 2) whole pixels by which each is moved.
        shape: Rows and columns of the sheared picture.
        matrix: (2, 2) from pixels (down, right) of the final picture, about its middle, to pixels of the sheared one.
        depth: (3,) units that one voxel along z, y, x lies farther from the eye.
        offset: (2,) pixel of the sheared picture that lies in the middle of the final one.
    """

    main: int
    order: NDArray[np.intp]
    shifts: NDArray[np.intp]
    shape: tuple[int, int]
    matrix: NDArray[np.float64]
    offset: NDArray[np.float64]
    depth: NDArray[np.float64]


def brightest(grey: NDArray[np.uint8], spacing: Vector, camera: Camera, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The brightest voxel along each line of sight (maximum intensity projection).

    Args:
        grey: (Z, Y, X).
        spacing: Edges of a voxel (z, y, x).
        camera: From where; its places are in the unit of ``spacing``.
        size: Width and height of the picture.

    Returns:
        (height, width) uint8.
    """
    shear = _shear(grey.shape, spacing, camera)
    picture = np.zeros(shear.shape, np.uint8)
    slices = np.moveaxis(grey, shear.main, 0)
    rows, columns = slices.shape[1:]
    for number in shear.order:
        top, left = shear.shifts[number]
        part = picture[top : top + rows, left : left + columns]
        np.maximum(part, slices[number], out=part)
    return _warped(picture, shear, size, order=1)


def cloud(
    grey: NDArray[np.uint8], spacing: Vector, camera: Camera, size: tuple[int, int]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The image as a cloud that shines and hides what is behind it (emission and absorption, N. Max, "Optical models
    for direct volume rendering", IEEE Trans. Vis. Comput. Graph. 1(2), 1995): bright voxels are dense.

    Args:
        grey: (Z, Y, X).
        spacing: Edges of a voxel (z, y, x).
        camera: From where.
        size: Width and height of the picture.

    Returns:
        Light and density of each pixel, (height, width) uint8 each; where the density is 0 all is seen through.
    """
    shear = _shear(grey.shape, spacing, camera)
    step = abs(float(np.asarray(spacing)[shear.main] / max(abs(camera.basis[2, shear.main]), 1e-6)))
    whole = float(np.linalg.norm(np.multiply(grey.shape, spacing)))
    dense = (np.arange(256, dtype=np.float32) / 255) ** _DENSITY_CURVE
    opacity = 1 - np.exp(-dense * np.float32(_DENSITY * step / whole))
    shine = opacity * np.arange(256, dtype=np.float32)
    light, through = np.zeros(shear.shape, np.float32), np.ones(shear.shape, np.float32)
    slices = np.moveaxis(grey, shear.main, 0)
    rows, columns = slices.shape[1:]
    for number in shear.order[::-1]:  # the nearest first
        top, left = shear.shifts[number]
        part = (slice(top, top + rows), slice(left, left + columns))
        here = slices[number]
        light[part] += through[part] * shine[here]
        through[part] *= 1 - opacity[here]
    shown = (np.clip(values, 0, 255).astype(np.uint8) for values in (light, 255 * (1 - through)))
    found = [_warped(values, shear, size, order=1) for values in shown]
    return found[0], found[1]


def objects_and_depth(
    rows_of: NDArray[np.uint16],
    spacing: Vector,
    camera: Camera,
    size: tuple[int, int],
    colors: NDArray[np.uint8],
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """The nearest object along each line of sight, lit from the eye.

    Args:
        rows_of: (Z, Y, X) row of ``colors`` of each label, as ``folded`` gives it; 0 is nothing.
        spacing: Edges of a voxel (z, y, x).
        camera: From where.
        size: Width and height of the picture.
        colors: The table of colours (``color_table``); transparent ones are not drawn.

    Returns:
        (height, width, 4) uint8 RGBA, transparent where there is no object; and how far away each pixel is, in units
        along the line of sight from the corner of the volume.
    """
    shear = _shear(rows_of.shape, spacing, camera)
    found = np.zeros(shear.shape, np.uint16)
    depth = np.full(shear.shape, _FAR, np.float32)
    seen = colors[:, 3] > 0
    slices = np.moveaxis(rows_of, shear.main, 0)
    rows, columns = slices.shape[1:]
    plane = _plane_depth(shear, (rows, columns))
    along = shear.depth[shear.main]
    for number in shear.order:
        top, left = shear.shifts[number]
        part = (slice(top, top + rows), slice(left, left + columns))
        here = seen[slices[number]]
        np.copyto(found[part], slices[number], where=here)
        np.copyto(depth[part], plane + np.float32(along * number), where=here)
    light = _light(depth, shear)
    lit = np.dstack([colors[found][..., :3] * light[..., None], np.where(found > 0, 255, 0)]).astype(np.uint8)
    drawn = np.dstack([_warped(lit[..., c], shear, size, order=0) for c in range(4)])
    far = _warped(np.where(found > 0, depth, 0), shear, size, order=0)
    return drawn, np.where(drawn[..., 3] > 0, far, _FAR).astype(np.float32)


def _shear(shape: tuple[int, ...], spacing: Vector, camera: Camera) -> _Shear:
    edges = np.asarray(spacing)
    across = camera.basis * edges  # (3, 3): pixels of the picture over scale, and depth, per voxel along z, y, x
    main = int(np.abs(across[2]).argmax())
    u, v = (axis for axis in range(3) if axis != main)
    flat = across[:2][:, [u, v]]  # from (u, v) to (right, down)
    if abs(np.linalg.det(flat)) < 1e-9 * np.abs(flat).max() ** 2:  # seen from the side, but for rounding
        flat = flat + 1e-6 * np.abs(flat).max() * np.eye(2)  # a hair turned, so that it has an answer
    step = np.linalg.solve(flat, across[:2, main])  # voxels along u, v that one slice is moved
    count = shape[main]
    exact = np.arange(count)[:, None] * step[None]
    base = exact.min(axis=0)
    shifts = np.rint(exact - base).astype(np.intp)
    height, width = np.add(shifts.max(axis=0), (shape[u], shape[v]))
    order = np.arange(count) if across[2, main] < 0 else np.arange(count)[::-1]
    inverse = np.linalg.inv(flat) / camera.scale  # (right, down) pixels -> (u, v)
    at = np.asarray(camera.center) / edges - 0.5
    middle = at[[u, v]] + at[main] * step - base
    return _Shear(main, order, shifts, (int(height), int(width)), inverse[:, ::-1], middle, across[2])


def _plane_depth(shear: _Shear, shape: tuple[int, int]) -> NDArray[np.float32]:
    u, v = (axis for axis in range(3) if axis != shear.main)
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return np.asarray(shear.depth[u] * rows + shear.depth[v] * columns, np.float32)


def _light(depth: NDArray[np.float32], shear: _Shear) -> NDArray[np.float32]:
    """How bright each pixel is, from the slope of the surface there (a light at the eye, Lambert's law)."""
    smooth = np.where(np.isfinite(depth), depth, np.float32(0))
    weight = np.isfinite(depth).astype(np.float32)
    for axis in (0, 1):  # three pixels wide: steps of voxels are one pixel
        smooth, weight = (_three(values, axis) for values in (smooth, weight))
    mean = smooth / np.maximum(weight, 1e-6)
    down, right = np.gradient(mean) if min(mean.shape) > 1 else (np.zeros_like(mean), np.zeros_like(mean))
    per_pixel = shear.matrix
    slope_down = down * per_pixel[0, 0] + right * per_pixel[1, 0]
    slope_right = down * per_pixel[0, 1] + right * per_pixel[1, 1]
    unit = np.sqrt(np.abs(np.linalg.det(per_pixel)))
    steep = (slope_down**2 + slope_right**2) / max(unit, 1e-12) ** 2 / max(abs(shear.depth[shear.main]), 1e-12) ** 2
    return np.asarray(_AMBIENT + (1 - _AMBIENT) / np.sqrt(1 + steep), np.float32)


def _three(values: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """The sum over each pixel and its two neighbours."""
    padded = np.pad(values, [(1, 1) if a == axis else (0, 0) for a in (0, 1)])
    size = values.shape[axis]
    parts = [np.take(padded, np.arange(k, k + size), axis=axis) for k in range(3)]
    return np.asarray(parts[0] + parts[1] + parts[2])


def _warped(picture: NDArray[Any], shear: _Shear, size: tuple[int, int], order: int) -> NDArray[Any]:
    """The sheared picture turned and stretched to (height, width)."""
    width, height = size
    offset = shear.offset - shear.matrix @ ((height - 1) / 2, (width - 1) / 2)
    return np.asarray(scipy.ndimage.affine_transform(picture, shear.matrix, offset, (height, width), order=order))
