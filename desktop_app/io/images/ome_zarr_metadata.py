"""What stands beside the voxels of an OME-Zarr image: axes, sizes, resolutions, channels (OME-NGFF 0.4 and 0.5).

Source: ngff.openmicroscopy.org/0.4 and /0.5. The metadata are written and read as plain JSON: the models of
ome-zarr-models refuse what other programs leave out, where an image should still open, and hold the program to older
releases of pydantic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from desktop_app.core.imaging import Volume, VoxelSize

Version = Literal["0.4", "0.5"]
_UNITS = {"nm": "nanometer", "µm": "micrometer", "mm": "millimeter"}
_TYPES = {"T": "time", "Z": "space", "Y": "space", "X": "space", "C": "channel"}
_COLORS = ("00FF00", "FF00FF", "00FFFF", "FFFF00", "FF0000", "0000FF")
_RGB = ("FF0000", "00FF00", "0000FF")
RGB_NAMES = ("Red", "Green", "Blue")
"""Channels of these names in these colours are the colours of one picture."""


@dataclass(frozen=True, slots=True)
class DescribedImage:
    """What is told of an image.

    Attributes:
        name: Of the image.
        axes: Letters of the array's axes.
        voxel_size: Written as scale and unit where known.
        time_step: Seconds between time points, where known.
        factors: By resolution, how many voxels of the first make up one along each axis.
        extra: Further attributes, for example ``image-label`` or ``omero``.
    """

    name: str
    axes: str
    voxel_size: VoxelSize
    time_step: float | None = None
    factors: tuple[tuple[int, ...], ...] = ()
    extra: dict[str, Any] | None = None


def attributes(told: DescribedImage, version: Version) -> dict[str, Any]:
    """The attributes of the group of an image."""
    edges = {**dict(zip("ZYX", told.voxel_size.zyx, strict=True))}
    units = dict.fromkeys("ZYX", _UNITS[told.voxel_size.unit]) if told.voxel_size.known else {}
    if told.time_step is not None:
        edges["T"], units["T"] = told.time_step, "second"
    axes = told.axes
    listed = [{"name": a.lower(), "type": _TYPES[a], **({"unit": units[a]} if a in units else {})} for a in axes]
    first = [edges.get(a, 1.0) for a in axes]
    factors = told.factors or ((1,) * len(axes),)
    datasets = [{"path": str(i), "coordinateTransformations": _place(first, f)} for i, f in enumerate(factors)]
    multiscale: dict[str, Any] = {"name": told.name, "axes": listed, "datasets": datasets}
    extra = told.extra or {}
    if version == "0.4":
        return {"multiscales": [{"version": version, **multiscale}], **extra}
    return {"ome": {"version": version, "multiscales": [multiscale], **extra}}


def _place(edges: Sequence[float], factors: Sequence[int]) -> list[dict[str, Any]]:
    """Scale and, for smaller resolutions, where the middle of the first voxel lies."""
    steps: list[dict[str, Any]] = [{"type": "scale", "scale": [e * f for e, f in zip(edges, factors, strict=True)]}]
    if any(f > 1 for f in factors):
        moved = [e * (f - 1) / 2 for e, f in zip(edges, factors, strict=True)]
        steps.append({"type": "translation", "translation": moved})
    return steps


def display(like: Volume, channels: int, dtype: np.dtype[Any]) -> dict[str, Any]:
    """How other viewers show the channels at first; nothing for a single one without a name."""
    rgb = like.rgb and channels == len(RGB_NAMES)
    given = like.channel_names if len(like.channel_names) == channels else ()
    if channels == 1 and not given:
        return {}
    names = RGB_NAMES if rgb else given or tuple(f"Channel {i + 1}" for i in range(channels))
    low, high = (0, 1) if dtype.kind == "f" else (0, int(np.iinfo(dtype).max))
    window = {"min": low, "max": high, "start": low, "end": high}
    colors = _RGB if rgb else _COLORS
    listed = [
        {"label": name, "active": True, "color": colors[i % len(colors)], "window": window}
        for i, name in enumerate(names)
    ]
    return {"omero": {"channels": listed}}


def is_rgb(channels: Any) -> bool:
    """Whether the channels of ``omero`` are the colours of one picture."""
    try:
        return tuple((c["label"], c["color"]) for c in channels) == tuple(zip(RGB_NAMES, _RGB, strict=True))
    except (TypeError, KeyError):
        return False
