"""OME-Zarr images at a web address as an image format: a small file stands for each."""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.imaging import ImageReading, Volume
from desktop_app.io.images.image_format import ImageFormat, Series
from desktop_app.io.images.web_links import WEB_ENDING


def _open(path: Path, cache_bytes: int, reading: ImageReading) -> Volume:
    from desktop_app.io.images.ome_zarr import open_ome_zarr

    return open_ome_zarr(path, cache_bytes, reading)


def _series(path: Path) -> tuple[Series, ...]:
    from desktop_app.io.images.ome_zarr import zarr_series

    return zarr_series(path)


def _sniff(start: bytes) -> str:
    return "a web address" if start.lstrip().startswith(b"{") and b'"address"' in start else ""


WEB_IMAGE = ImageFormat(
    name="web",
    title="OME-Zarr by web address",
    kind="web address",
    endings=(WEB_ENDING,),
    open=_open,
    sniff=_sniff,
    series=_series,
    label_ending=".ome.zarr",
)
