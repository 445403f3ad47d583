"""Voxel sizes as files state them."""

from __future__ import annotations

import math

from desktop_app.core.imaging.voxel_size import Unit, VoxelSize, parse_unit

_OTHER_UNITS: dict[str, tuple[Unit, float]] = {
    "m": ("mm", 1e3),
    "meter": ("mm", 1e3),
    "metre": ("mm", 1e3),
    "cm": ("mm", 10.0),
    "centimeter": ("mm", 10.0),
    "inch": ("mm", 25.4),
    "in": ("mm", 25.4),
    "å": ("nm", 0.1),
    "angstrom": ("nm", 0.1),
    "pm": ("nm", 1e-3),
    "picometer": ("nm", 1e-3),
}


def length_unit(text: str) -> tuple[Unit, float] | None:
    """A unit known here and how many of it one ``text`` is (``cm`` is 10 mm); None if it is no length."""
    unit = parse_unit(text)
    return (unit, 1.0) if unit else _OTHER_UNITS.get(text.strip().lower())


def voxel_size(z: float | None, y: float, x: float, unit_text: str) -> VoxelSize:
    """A voxel size from edges in a unit of the file; unknown where an edge or the unit makes no sense.

    Args:
        z: Slice distance; None where the file does not state it: then the pixel width is taken.
        y: Pixel height.
        x: Pixel width.
        unit_text: As it stands in the file.
    """
    unit = length_unit(unit_text)
    edges = [abs(v) for v in (x if z is None or z == 0 else z, y, x)]
    if unit is None or not all(math.isfinite(v) and v > 0 for v in edges):
        return VoxelSize.unknown()
    name, factor = unit
    return VoxelSize(z=edges[0] * factor, y=edges[1] * factor, x=edges[2] * factor, unit=name)
