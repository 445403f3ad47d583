"""OME-Zarr as an image format; the library behind it is loaded with the first such image."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

from desktop_app.core.imaging import Volume, VoxelSource
from desktop_app.io.images.image_format import ImageFormat, Keeps, LabelSink, nothing_to_sniff


def _open(path: Path, cache_bytes: int) -> Volume:
    from desktop_app.io.images.ome_zarr import open_ome_zarr

    return open_ome_zarr(path, cache_bytes)


def _write(path: Path, source: VoxelSource, like: Volume) -> None:
    from desktop_app.io.images.ome_zarr_writer import write_image

    write_image(path, source, like)


def _label_sink(path: Path, like: Volume, dtype: np.dtype[Any]) -> AbstractContextManager[LabelSink]:
    from desktop_app.io.images.ome_zarr_writer import zarr_labels

    return zarr_labels(path, like, dtype)


OME_ZARR = ImageFormat(
    name="ome-zarr",
    title="OME-Zarr",
    kind="OME-Zarr image",
    endings=(".ome.zarr", ".zarr"),
    open=_open,
    sniff=nothing_to_sniff,
    folder=True,
    label_endings=(".ome.zarr", ".zarr"),
    keeps=Keeps(),
    write=_write,
    label_sink=_label_sink,
    label_ending=".ome.zarr",
)
