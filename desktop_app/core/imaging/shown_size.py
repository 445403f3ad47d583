"""Sizes and places as people read them: x first. Files and arrays begin with z."""

from __future__ import annotations

ORDER = "(x, y, z)"
"""Said behind a size where it could be mistaken."""


def shown_size(shape: tuple[int, ...]) -> str:
    """The (Z, Y, X) or (Y, X) shape of an image as ``1,024 × 512 × 60``, x first; a single slice is left out."""
    kept = shape[1:] if len(shape) == 3 and shape[0] == 1 else shape
    return " × ".join(f"{n:,}" for n in reversed(kept))


def shown_place(voxel: tuple[int, int, int], *, flat: bool, between: str = ", ") -> str:
    """A voxel (z, y, x) as ``x 30, y 20, z 4``.

    Args:
        voxel: Counted from 0.
        flat: Whether the image has no depth, so that there is no slice to name.
        between: What parts the numbers.
    """
    parts = [f"{axis} {place}" for axis, place in zip("xyz", reversed(voxel), strict=True)]
    return between.join(parts[:2] if flat else parts)
