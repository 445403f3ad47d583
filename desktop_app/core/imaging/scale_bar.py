"""A bar of a round length."""

from __future__ import annotations

import math
from dataclasses import dataclass

from desktop_app.core.imaging.voxel_size import VoxelSize

_IN_NM = {"nm": 1.0, "µm": 1e3, "mm": 1e6}  # by definition


@dataclass(frozen=True, slots=True)
class ScaleBar:
    """A length to draw.

    Attributes:
        pixels: On the screen.
        text: For a person, such as ``500 nm``.
    """

    pixels: float
    text: str


def scale_bar(size: VoxelSize, scale: float, longest: float) -> ScaleBar:
    """The longest bar of 1, 2 or 5 times a power of ten that is no longer than ``longest`` screen pixels.

    Args:
        size: Of a voxel; lengths are along x.
        scale: Screen pixels per pixel width.
        longest: In screen pixels.
    """
    if not size.known:
        length = max(1.0, round_length(longest / scale))
        return ScaleBar(length * scale, f"{length:g} px")
    pixel_nm = size.x * _IN_NM[size.unit]
    length = round_length(longest / scale * pixel_nm)
    return ScaleBar(length / pixel_nm * scale, length_text(length))


def round_length(longest: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not above ``longest``."""
    power = 10.0 ** math.floor(math.log10(longest))
    return next(f * power for f in (5.0, 2.0, 1.0) if f * power <= longest * (1 + 1e-9))


def length_text(nm: float) -> str:
    """A length in nanometres, in the unit that a person would choose."""
    for unit, factor in (("mm", 1e6), ("µm", 1e3)):
        if nm >= factor * (1 - 1e-9):
            return f"{nm / factor:g} {unit}"
    return f"{nm:g} nm"
