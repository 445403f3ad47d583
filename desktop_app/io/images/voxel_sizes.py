"""Voxel sizes as files state them."""

from __future__ import annotations

import math
import re

from desktop_app.core.errors import UserError
from desktop_app.core.imaging.voxel_size import Unit, VoxelSize, parse_unit

_SYMBOLS: dict[str, tuple[Unit, float]] = {
    "Mm": ("mm", 1e9), "km": ("mm", 1e6), "hm": ("mm", 1e5), "dam": ("mm", 1e4), "m": ("mm", 1e3), "dm": ("mm", 100.0),
    "cm": ("mm", 10.0), "Å": ("nm", 0.1), "pm": ("nm", 1e-3), "fm": ("nm", 1e-6), "in": ("mm", 25.4),
    "thou": ("µm", 25.4), "li": ("mm", 25.4 / 12), "pt": ("mm", 25.4 / 72), "ft": ("mm", 304.8), "yd": ("mm", 914.4),
}  # fmt: skip
"""Units of OME as they are written there; capitals count (Mm is a million times mm)."""

_NAMES: dict[str, tuple[Unit, float]] = {
    "kilometer": ("mm", 1e6), "meter": ("mm", 1e3), "decimeter": ("mm", 100.0), "centimeter": ("mm", 10.0),
    "picometer": ("nm", 1e-3), "femtometer": ("nm", 1e-6), "angstrom": ("nm", 0.1), "å": ("nm", 0.1),
    "inch": ("mm", 25.4), "foot": ("mm", 304.8), "yard": ("mm", 914.4),
}  # fmt: skip
_NUMBER = r"\d*\.?\d+(?:[eE][+-]?\d+)?"
_SIZE = re.compile(rf"(?P<numbers>{_NUMBER}(?:[\s,x×]+{_NUMBER})*)\s*(?P<unit>[^\d\s]+)")
_NANOMETRES: dict[Unit, float] = {"nm": 1.0, "µm": 1e3, "mm": 1e6}  # by definition

_SECONDS = {
    "s": 1.0, "sec": 1.0, "second": 1.0, "ms": 1e-3, "msec": 1e-3, "millisecond": 1e-3, "µs": 1e-6, "us": 1e-6,
    "min": 60.0, "minute": 60.0, "h": 3600.0, "hr": 3600.0, "hour": 3600.0, "d": 86400.0, "day": 86400.0,
}  # fmt: skip
"""By definition; a plural is found without its s."""


def length_unit(text: str) -> tuple[Unit, float] | None:
    """A unit known here and how many of it one ``text`` is (``cm`` is 10 mm); None if it is no length."""
    text = text.strip()
    if text in _SYMBOLS:
        return _SYMBOLS[text]
    unit = parse_unit(text)
    name = text.lower().replace("metre", "meter").removesuffix("s")
    return (unit, 1.0) if unit else _NAMES.get(name) or _SYMBOLS.get(name)


def voxel_size(z: float | None, y: float, x: float, unit_text: str, *, y_unit: str = "", z_unit: str = "") -> VoxelSize:
    """A voxel size from edges in units of the file; unknown where an edge or the unit makes no sense.

    Args:
        z: Slice distance; None where the file does not state it: then the pixel width is taken.
        y: Pixel height.
        x: Pixel width.
        unit_text: As it stands in the file. The result has the unit of the pixel width.
        y_unit: Unit of the pixel height where it is another one; one that is no length is taken for the same.
        z_unit: The same for the slice distance.
    """
    unit = length_unit(unit_text)
    if unit is None:
        return VoxelSize.unknown()
    width = abs(x) * unit[1]
    height = abs(y) * _in_unit(y_unit or unit_text, unit)
    depth = width if z is None or z == 0 else abs(z) * _in_unit(z_unit or unit_text, unit)
    edges = (depth, height, width)
    if not all(math.isfinite(v) and v > 0 for v in edges):
        return VoxelSize.unknown()
    return VoxelSize(z=depth, y=height, x=width, unit=unit[0])


def _in_unit(text: str, target: tuple[Unit, float]) -> float:
    """How many of the unit of ``target`` one ``text`` is."""
    unit = length_unit(text) or target
    return unit[1] if unit[0] == target[0] else unit[1] * (_NANOMETRES[unit[0]] / _NANOMETRES[target[0]])


def seconds(step: float, unit: str) -> float | None:
    """A time step of a file in seconds; None where it or its unit makes no sense."""
    word = unit.strip().lower()
    factor = _SECONDS.get(word) or _SECONDS.get(word.removesuffix("s"))
    return step * factor if factor is not None and math.isfinite(step) and step > 0 else None


def parse_voxel_size(text: str) -> VoxelSize:
    """A voxel size as a person writes it: ``0.5, 0.1, 0.1 um`` (z, y, x), or one number for all three.

    Raises:
        UserError: If it is none.
    """
    parts = _SIZE.fullmatch(text.strip())
    numbers = [float(number) for number in re.split(r"[\s,x×]+", parts["numbers"].strip())] if parts else []
    unit = length_unit(parts["unit"]) if parts else None
    if unit is None or len(numbers) not in (1, 3) or min(numbers) <= 0:
        raise UserError(
            f"“{text}” is no voxel size.", hint="Write slice distance, height and width with a unit: 0.5,0.1,0.1 um"
        )
    z, y, x = numbers * (3 // len(numbers))
    return VoxelSize(z=z * unit[1], y=y * unit[1], x=x * unit[1], unit=unit[0])
