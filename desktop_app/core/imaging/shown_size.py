"""Sizes as people read them: x first, as places are named everywhere on the screen. Files and arrays begin with z."""

from __future__ import annotations

ORDER = "(x, y, z)"
"""Said behind a size where it could be mistaken."""


def shown_size(shape: tuple[int, ...]) -> str:
    """The (Z, Y, X) or (Y, X) shape of an image as ``1,024 × 512 × 60``, x first; a single slice is left out."""
    kept = shape[1:] if len(shape) == 3 and shape[0] == 1 else shape
    return " × ".join(f"{n:,}" for n in reversed(kept))
