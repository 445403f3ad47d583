"""What N5 and Zarr arrays without OME metadata say of their axes and voxel size: each program has its own words.

Known are those of n5-viewer and BigDataViewer (``pixelResolution``, ``resolution``), Paintera (``resolution``), ilastik
(``axistags``), xarray (``_ARRAY_DIMENSIONS``), funlib (``axis_names``, ``voxel_size``) and CellMap (``transform``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from desktop_app.core.imaging import VoxelSize
from desktop_app.core.json_text import parse_json
from desktop_app.io.images.voxel_sizes import length_unit, seconds, voxel_size

_UNNAMED = "TCZYX"
_AXIS_KEYS = ("axes", "axis_names", "_ARRAY_DIMENSIONS", "dimension_names", "axistags")
_WORDS = {"TIME": "T", "CHANNEL": "C", "CHANNELS": "C", "DEPTH": "Z", "HEIGHT": "Y", "WIDTH": "X"}


@dataclass(frozen=True, slots=True)
class DescribedArray:
    """The axes and sizes of an array.

    Attributes:
        axes: A letter for each axis, the outermost first.
        voxel_size: Edges of a voxel.
        time_step: Seconds between time points, where stated.
        notes: What the user should know.
    """

    axes: str
    voxel_size: VoxelSize
    time_step: float | None = None
    notes: tuple[str, ...] = ()


def described(attributes: Mapping[str, Any], count: int, *, innermost_first: bool) -> DescribedArray:
    """What attributes say of an array.

    Args:
        attributes: Of the array, and of the groups around it where it says nothing itself.
        count: Its number of axes.
        innermost_first: Whether numbers are listed from the innermost axis, as in N5, or from the outermost.
    """
    axes = letters(attributes, count) or unnamed(count)
    numbers, units = _scale(attributes, innermost_first=innermost_first)
    edges = dict(zip(axes[-len(numbers) :], numbers, strict=True)) if 2 <= len(numbers) <= count else {}
    named = dict(zip(axes[-len(numbers) :], units, strict=True)) if len(units) == len(numbers) and edges else {}
    if not {"Y", "X"} <= set(edges):
        return DescribedArray(axes, VoxelSize.unknown())
    step = seconds(edges.get("T", 0.0), named.get("T", ""))
    if not named.get("X"):
        return DescribedArray(axes, VoxelSize.unknown(), step, _without_unit(edges))
    z_unit = named.get("Z", "")
    size = voxel_size(
        edges.get("Z"), edges["Y"], edges["X"], named["X"], y_unit=named.get("Y", ""),
        z_unit=z_unit if length_unit(z_unit) else "",
    )  # fmt: skip
    return DescribedArray(axes, size, step)


def _without_unit(edges: Mapping[str, float]) -> tuple[str, ...]:
    listed = " × ".join(f"{edges[axis]:.4g}" for axis in "XYZ" if axis in edges)
    if all(edges[axis] == 1 for axis in "XYZ" if axis in edges):
        return ()
    return (f"The file states voxels of {listed} (x × y × z) without a unit. Set the voxel size by hand.",)


def unnamed(count: int) -> str:
    """Letters for axes that nobody names, from the innermost."""
    return "Q" * (count - len(_UNNAMED)) + _UNNAMED[-count:]


def letters(attributes: Mapping[str, Any], count: int) -> str:
    """A letter for each axis, the outermost first; "" where they are not named, or not all of them.

    Programs list them in either order: X is the innermost of an image, so where it comes before Y they are turned.
    """
    for key in _AXIS_KEYS:
        named = "".join(_letter(name) for name in _listed(attributes.get(key)))
        if len(named) == count and {"Y", "X"} <= set(named):
            return named[::-1] if named.index("X") < named.index("Y") else named
    return ""


def _letter(name: str) -> str:
    name = name.strip().upper().rstrip("^[]")
    letter = _WORDS.get(name, name[:1] or "Q")
    return letter if letter in "TCZYXS" else "Q"


def _listed(value: Any) -> list[str]:
    """Names of axes in whatever way they are listed."""
    if isinstance(value, str):
        try:
            value = parse_json(value)
        except (ValueError, json.JSONDecodeError):
            return list(value)
    if isinstance(value, Mapping):
        value = value.get("axes")
    if not isinstance(value, Sequence) or isinstance(value, str):
        return []
    return [str(v.get("key", v.get("name", ""))) if isinstance(v, Mapping) else str(v or "") for v in value]


def _scale(attributes: Mapping[str, Any], *, innermost_first: bool) -> tuple[list[float], list[str]]:
    """Edges and units, the outermost first."""
    transform, resolution = attributes.get("transform"), attributes.get("pixelResolution")
    if isinstance(transform, Mapping) and "scale" in transform:
        numbers, units, turned = transform["scale"], transform.get("units"), False  # says so in its own description
    elif isinstance(resolution, Mapping):
        numbers, units, turned = resolution.get("dimensions"), resolution.get("unit"), innermost_first
    elif "element_size_um" in attributes:
        numbers, units, turned = attributes["element_size_um"], "um", False
    else:
        numbers = attributes.get("resolution", attributes.get("voxel_size", resolution))
        units, turned = attributes.get("units", attributes.get("unit")), innermost_first
    try:
        edges = [float(number) for number in numbers]
    except (TypeError, ValueError):
        return [], []
    listed = [units] * len(edges) if isinstance(units, str) else [str(unit) for unit in units or ()]
    return (edges[::-1], listed[::-1]) if turned else (edges, listed)
