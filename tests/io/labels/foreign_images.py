"""OME-Zarr images with labels inside, written as other programs write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import zarr

TOLD = {
    "version": "0.4",
    "colors": [{"label-value": 1, "rgba": [255, 0, 0, 255]}, {"label-value": 2, "rgba": [0, 0, 255, 128]}],
    "properties": [{"label-value": 1, "class": "nucleus", "area (pixels)": 12}, {"label-value": 2, "class": "vessel"}],
    "source": {"image": "../../"},
}


def write_image_with_labels(
    path: Path, labels: np.ndarray, *, version: int = 2, axes: str = "zyx", levels: int = 3,
    shards: tuple[int, ...] | None = None, name: str = "nuclei",
) -> Path:  # fmt: skip
    """An image whose group ``labels/NAME`` holds an array; returns the group of the labels.

    Args:
        path: Of the image.
        labels: With an axis for each of ``axes``.
        version: Of Zarr: 2 (OME-NGFF 0.4) or 3 (0.5).
        axes: Their names.
        levels: Resolutions; rows and columns are halved, and slices.
        shards: Of the arrays.
        name: Of the labels.
    """
    root = zarr.open_group(str(path), mode="w", zarr_format=version)
    _image(root, np.zeros(labels.shape, np.uint8), axes, 1, version, None, {})
    group = root.create_group("labels")
    group.attrs.update({"labels": [name]} if version == 2 else {"ome": {"version": "0.5", "labels": [name]}})
    _image(group.create_group(name), labels, axes, levels, version, shards, {"image-label": TOLD})
    return path / "labels" / name


def _image(
    group: zarr.Group, values: np.ndarray, axes: str, levels: int, version: int, shards: tuple[int, ...] | None,
    extra: dict[str, Any],
) -> None:  # fmt: skip
    datasets = []
    for level in range(levels):
        step = tuple(2**level if a in "zyx" else 1 for a in axes)
        part = values[tuple(slice(None, None, s) for s in step)]
        chunks = tuple(min(4, n) for n in part.shape)
        array = group.create_array(f"s{level}", shape=part.shape, dtype=part.dtype, chunks=chunks, shards=shards)
        array[:] = part
        datasets.append(
            {"path": f"s{level}", "coordinateTransformations": [{"type": "scale", "scale": [float(s) for s in step]}]}
        )
    listed = [{"name": a, "type": {"t": "time", "c": "channel"}.get(a, "space")} for a in axes]
    scales = [{"version": "0.4", "name": "x", "axes": listed, "datasets": datasets, "type": "nearest"}]
    told = {"multiscales": scales, **extra}
    group.attrs.update(told if version == 2 else {"ome": {"version": "0.5", **told}})
