"""What the status bar says about the voxel under the pointer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3, VoxelSize
from desktop_app.core.imaging.shown_size import shown_place
from desktop_app.core.labelling import LabelScheme
from desktop_app.core.labelling.layers import OWN, LabelLayer


def position_text(voxel: Index3, size: VoxelSize, *, flat: bool) -> str:
    """Position in voxels, and in µm (or the stated unit) where the voxel size is known; ``flat`` images have no z."""
    text = shown_place(voxel, flat=flat, between="  ")
    if size.known:
        centers = [f"{(place + 0.5) * edge:.4g}" for place, edge in zip(voxel, size.zyx, strict=True)]
        lengths = reversed(centers[1:] if flat else centers)
        text += f"  ({', '.join(lengths)} {size.unit})"
    return text


def grey_text(values: Mapping[int, NDArray[Any]], names: Sequence[str]) -> str:
    """The grey value of one pixel, its three colours, or its values in several channels.

    Args:
        values: By channel.
        names: Of all channels.
    """
    if len(values) > 1:
        return ", ".join(f"{names[n]} {_number(value.reshape(-1)[0])}" for n, value in values.items())
    for value in values.values():
        if value.size > 1:
            return "colour " + ", ".join(_number(v) for v in value.reshape(-1))
        return f"grey {_number(value.reshape(-1)[0])}"
    return "no channel shown"


def _number(value: Any) -> str:
    return str(int(value)) if np.issubdtype(type(value), np.integer) else f"{float(value):.5g}"


def label_text(label: int, scheme: LabelScheme) -> str:
    """The label under the pointer in words."""
    if label == 0:
        return "not labelled"
    if scheme.kind == "objects" and label == scheme.background:
        return "background"
    if scheme.kind == "objects":
        return f"{scheme.classes[0].name.lower()} {label}"
    found = scheme.by_value(label)
    return f"label {label} {found.name}" if found else f"label {label} (no class)"


def layer_text(layer: LabelLayer, label: int) -> str:
    """What a layer has under the pointer in words; layers beside the labels say their name."""
    if layer.key == OWN:
        return label_text(label, layer.scheme)
    return f"{layer.title}: {label_text(label, layer.scheme) if label else 'nothing'}"
