"""Voxel size and channel names of a TIFF file: ImageJ, OME, and plain resolution tags."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from typing import Any

import tifffile

from desktop_app.core.imaging.voxel_size import VoxelSize
from desktop_app.io.images.ome_description import tag_of
from desktop_app.io.images.voxel_sizes import length_unit, seconds, voxel_size

_MEANINGLESS_ABOVE_MM = 0.02  # mm: no microscope has pixels of 20 µm; this is a printer's resolution
_RESOLUTION_UNITS = {2: "inch", 3: "cm", 4: "mm", 5: "µm"}


def tiff_voxel_size(tif: tifffile.TiffFile, page: Any, slices: int) -> tuple[VoxelSize, tuple[str, ...]]:
    """The voxel size of an open file, and notes where a part of it was assumed.

    Args:
        tif: The file.
        page: A page of the image, with its tags.
        slices: Number of slices; a single slice needs no slice distance.
    """
    if tif.ome_metadata:
        return _from_ome(tif.ome_metadata, slices)
    if tif.imagej_metadata:
        return _from_imagej(page, tif.imagej_metadata, slices)
    for extra in tif.shaped_metadata or ():
        if "unit" in extra and "spacing" in extra:
            return _from_imagej(page, extra, slices)
    return _from_tags(page, slices)


def tiff_time_step(tif: tifffile.TiffFile) -> float | None:
    """Seconds between time points where an OME or ImageJ file states them."""
    if tif.ome_metadata:
        pixels = _first(_parsed(tif.ome_metadata), "Pixels")
        facts = {} if pixels is None else pixels.attrib
        stated, unit = facts.get("TimeIncrement"), facts.get("TimeIncrementUnit", "s")
    else:
        info = tif.imagej_metadata or next(iter(tif.shaped_metadata or ()), {})
        stated, unit = info.get("finterval"), str(info.get("tunit", "s"))
    return seconds(_number(stated) or 0.0, unit)


def tiff_channel_names(tif: tifffile.TiffFile, channels: int) -> tuple[str, ...]:
    """Names of the channels where an OME or ImageJ file has one for each, else nothing."""
    names: list[str] = []
    if tif.ome_metadata:
        image = _first(_parsed(tif.ome_metadata), "Pixels")
        names = [] if image is None else [e.get("Name", "") for e in image if tag_of(e) == "Channel"]
    elif tif.imagej_metadata:
        labels = tif.imagej_metadata.get("Labels") or []
        names = [str(v) for v in labels] if len(labels) == channels else []
    return tuple(names) if len(names) == channels and all(names) else ()


def _from_ome(xml: str, slices: int) -> tuple[VoxelSize, tuple[str, ...]]:
    pixels = _first(_parsed(xml), "Pixels")
    if pixels is None:
        return VoxelSize.unknown(), ()
    edges = {axis: _number(pixels.get(f"PhysicalSize{axis}")) for axis in "XYZ"}
    units = {axis: pixels.get(f"PhysicalSize{axis}Unit", "µm") for axis in "XYZ"}
    x, z = edges["X"], edges["Z"] if length_unit(units["Z"]) else None
    if x is None:
        return VoxelSize.unknown(), ()
    y, y_unit = (x, units["X"]) if edges["Y"] is None else (edges["Y"], units["Y"])
    size = voxel_size(z, y, x, units["X"], y_unit=y_unit, z_unit=units["Z"])
    return size, _assumed(size, slices, stated=z is not None)


def _from_imagej(page: Any, info: dict[str, Any], slices: int) -> tuple[VoxelSize, tuple[str, ...]]:
    edges = _pixel_edges(page)
    unit = str(info.get("unit", ""))
    if edges is None or length_unit(unit) is None:
        return VoxelSize.unknown(), ()
    spacing = _number(info.get("spacing"))
    z_unit = str(info.get("zunit", ""))
    stated = bool(spacing)
    if not stated and slices > 1:
        spacing, z_unit = 1.0, unit
    size = voxel_size(spacing, *edges, unit, y_unit=str(info.get("yunit", "")), z_unit=z_unit)
    return size, _assumed(size, slices, stated=stated)


def _from_tags(page: Any, slices: int) -> tuple[VoxelSize, tuple[str, ...]]:
    edges = _pixel_edges(page)
    tag = page.tags.get("ResolutionUnit")
    unit = _RESOLUTION_UNITS.get(int(tag.value)) if tag is not None else None
    if edges is None or unit is None:
        return VoxelSize.unknown(), ()
    size = voxel_size(None, *edges, unit).converted("mm")
    if not size.known or max(size.x, size.y) > _MEANINGLESS_ABOVE_MM:
        return VoxelSize.unknown(), ()
    size = size.converted("µm")
    return size, _assumed(size, slices, stated=False)


def _assumed(size: VoxelSize, slices: int, *, stated: bool) -> tuple[str, ...]:
    if stated or slices <= 1 or not size.known:
        return ()
    return (f"The file does not state the slice distance; {size.z:.4g} {size.unit} is assumed.",)


def _pixel_edges(page: Any) -> tuple[float, float] | None:
    """(height, width) of a pixel in the file's unit, None where the tags are missing or useless."""
    edges = []
    for name in ("YResolution", "XResolution"):
        tag = page.tags.get(name)
        value = tag.value if tag is not None else None
        if not isinstance(value, tuple) or len(value) != 2 or value[0] == 0 or value[1] == 0:
            return None
        edges.append(value[1] / value[0])
    return edges[0], edges[1]


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _parsed(xml: str) -> ET.Element | None:
    try:
        return ET.fromstring(xml)
    except ET.ParseError:
        return None


def _first(root: ET.Element | None, tag: str) -> ET.Element | None:
    return None if root is None else next((e for e in root.iter() if tag_of(e) == tag), None)
