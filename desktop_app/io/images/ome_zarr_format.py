"""OME-Zarr as an image format; the library behind it is loaded with the first such image."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from desktop_app.core.imaging import ImageReading, Volume, VoxelSource
from desktop_app.io.images.image_format import ImageFormat, Keeps, LabelSink, Series, nothing_to_sniff
from desktop_app.io.images.zarr_specimen import zarr_specimen

_SIGNS = (b'"multiscales"', b'"array"')
_LONGEST_DESCRIPTION = 16 * 2**20  # bytes; real ones have some thousand


def _open(path: Path, cache_bytes: int, reading: ImageReading) -> Volume:
    from desktop_app.io.images.ome_zarr import open_ome_zarr

    return open_ome_zarr(path, cache_bytes, reading)


def _series(path: Path) -> tuple[Series, ...]:
    from desktop_app.io.images.ome_zarr import zarr_series

    return zarr_series(path)


def _label_series(path: Path) -> str:
    from desktop_app.io.images.ome_zarr import zarr_label_series

    return zarr_label_series(path)


def _is_image(folder: Path) -> bool:
    """Whether a folder is an array, or describes an image; as are label images inside of an OME-Zarr image."""
    if (folder / ".zarray").is_file():
        return True
    descriptions = (file for file in (folder / ".zattrs", folder / "zarr.json") if file.is_file())
    return any(sign in file.read_bytes()[:_LONGEST_DESCRIPTION] for file in descriptions for sign in _SIGNS)


def _write(
    path: Path, source: VoxelSource, like: Volume, version: Literal["0.4", "0.5"] = "0.4", *, pyramid: bool = True
) -> None:
    from desktop_app.io.images.ome_zarr_image import write_image

    write_image(path, source, like, version, pyramid=pyramid)


def _label_sink(path: Path, like: Volume, dtype: np.dtype[Any]) -> AbstractContextManager[LabelSink]:
    from desktop_app.io.images.ome_zarr_writer import zarr_labels

    return zarr_labels(path, like, dtype)


OME_ZARR = ImageFormat(
    name="ome-zarr",
    title="OME-Zarr",
    kind="OME-Zarr image",
    endings=(".ome.zarr", ".zarr"),
    open=_open,
    series=_series,
    specimen=zarr_specimen,
    in_pieces=True,
    label_series=_label_series,
    sniff=nothing_to_sniff,
    folder=True,
    sniff_folder=_is_image,
    label_endings=(".ome.zarr", ".zarr"),
    keeps=Keeps(axes="TCZYX"),
    write=_write,
    flavours={"0.4": _write, "0.5": partial(_write, version="0.5")},
    single={
        "": partial(_write, pyramid=False),
        "0.4": partial(_write, pyramid=False),
        "0.5": partial(_write, version="0.5", pyramid=False),
    },
    label_sink=_label_sink,
    label_ending=".ome.zarr",
)
