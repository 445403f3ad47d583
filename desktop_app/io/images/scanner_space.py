"""Where an image lies in the space of a scanner: matrices of NIfTI, NRRD and DICOM as ``Volume.affine``."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desktop_app.core.imaging import VoxelSize
from desktop_app.core.imaging.volume import Affine

_SAME = 1e-4  # relative; single precision, in which files hold edges, differs by a thousandth of that
_STRAIGHT_DEGREES = 0.1  # degrees; below this a slice shifts by less than a voxel over some 500 voxels


def affine_of(matrix: ArrayLike) -> Affine | None:
    """A 4 × 4 matrix as ``Volume.affine``; None where it makes no sense: not finite, or voxels without a size."""
    values = np.asarray(matrix, dtype=np.float64)
    if values.shape != (4, 4) or not bool(np.isfinite(values).all()):
        return None
    edges = np.linalg.norm(values[:3, :3], axis=0)
    if not bool((edges > 0).all()) or abs(np.linalg.det(values[:3, :3] / edges)) < 1e-6:  # flat but for rounding
        return None
    return tuple((float(a), float(b), float(c), float(d)) for a, b, c, d in values)


def edges_of(affine: Affine) -> tuple[float, float, float]:
    """Edges of a voxel (z, y, x) in millimetres, as a matrix says."""
    x, y, z = (math.hypot(*(row[i] for row in affine[:3])) for i in range(3))
    return z, y, x


def resized(affine: Affine, size: VoxelSize) -> Affine:
    """The same place with the edges of ``size``, where the user corrected it; unchanged where the size is unknown."""
    if not size.known:
        return affine
    wanted, stated = size.converted("mm").zyx[::-1], edges_of(affine)[::-1]
    if np.allclose(wanted, stated, rtol=_SAME):
        return affine
    factors = [*(a / b for a, b in zip(wanted, stated, strict=True)), 1.0]
    return tuple((r[0] * factors[0], r[1] * factors[1], r[2] * factors[2], r[3]) for r in affine)


def place_notes(affine: Affine | None) -> tuple[str, ...]:
    """A sentence where the rows, columns and slices of an image do not run along the axes of the body."""
    if affine is None:
        return ()
    turned = obliqueness(np.asarray(affine))
    if turned < _STRAIGHT_DEGREES:
        return ()
    return (
        f"It lies obliquely in the scanner (turned by {turned:.1f} degrees); it is shown along its own rows and "
        "slices, and results keep its place.",
    )


def obliqueness(matrix: NDArray[np.float64]) -> float:
    """By how many degrees the axes of an image at most differ from the nearest axis of the body."""
    directions = matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=0)
    return float(np.degrees(np.arccos(np.clip(np.abs(directions).max(axis=0), 0, 1)).max()))


def flipped(matrix: NDArray[np.float64], letters: str) -> NDArray[np.float64]:
    """A matrix of another convention as one whose axes run to right, anterior and superior.

    Args:
        matrix: 4 × 4, from voxel indices to a space.
        letters: Where each axis of that space runs to, as ``LPS`` for left, posterior, superior.
    """
    signs = [1.0 if letter in "RAS" else -1.0 for letter in letters.upper()]
    return np.diag([*signs, 1.0]) @ matrix
