"""The specimen that a TIFF file says its image is of."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import tifffile

from desktop_app.io.images.ome_description import tag_of
from desktop_app.io.images.specimen_facts import specimen_in


def tiff_specimen(path: Path) -> str:
    """From the annotations and the plate of OME, from what ImageJ shows as *Info*, or from tifffile's own words.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is damaged; tifffile's own errors are of this kind.
    """
    with tifffile.TiffFile(path) as tif:
        return specimen_in(_facts(tif))


def _facts(tif: tifffile.TiffFile) -> dict[str, Any]:
    if tif.ome_metadata:
        return ome_facts(tif.ome_metadata)
    if tif.imagej_metadata:
        said = dict(tif.imagej_metadata)
        lines = (line.partition("=") for line in str(said.pop("Info", "")).splitlines())
        return {key.strip(): value.strip() for key, equals, value in lines if equals} | said
    return {key: value for said in tif.shaped_metadata or () for key, value in said.items()}


def ome_facts(xml: str) -> dict[str, Any]:
    """The annotations (keys and values) and the plate of an OME-XML description.

    Raises:
        ValueError: If it is none.
    """
    found: dict[str, Any] = {}
    for element in ET.fromstring(xml).iter():
        if tag_of(element) == "M" and element.get("K"):
            found[element.get("K", "")] = (element.text or "").strip()
        elif tag_of(element) == "Plate":
            found["plate"] = element.get("Name") or element.get("ID", "")
    return found
