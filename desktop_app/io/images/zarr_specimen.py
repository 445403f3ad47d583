"""The specimen that an OME-Zarr folder says its image is of."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from desktop_app.io.images.ome_description import tag_of
from desktop_app.io.images.specimen_facts import plain_name, specimen_in
from desktop_app.io.images.tiff_specimen import ome_facts
from desktop_app.io.json_files import read_json

_LEVELS = 3
"""Folders above a field of a plate: its well, the row, the plate (OME-NGFF 0.4 and 0.5)."""
_CONVERTED = Path("OME", "METADATA.ome.xml")
"""Where bioformats2raw puts what the original file said."""
_LONGEST = 16 * 2**20  # bytes of such a description; real ones have some thousand


def zarr_specimen(path: Path) -> str:
    """From its own attributes, from the description of the file that it was converted from, or from its plate.

    The name of the image is none: it is that of the file.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is damaged.
    """
    if not path.is_dir():
        return ""
    attributes = _attributes(path)
    own = specimen_in({key: value for key, value in attributes.items() if isinstance(value, str | int)})
    return own or specimen_in(_converted(path)) or _plate(path)


def _attributes(folder: Path) -> dict[str, Any]:
    """The attributes of a group, those of OME among them."""
    for name, key in ((".zattrs", None), ("zarr.json", "attributes")):
        if (folder / name).is_file():
            read = read_json(folder / name)
            found = read if key is None or not isinstance(read, Mapping) else read.get(key)
            found = dict(found) if isinstance(found, Mapping) else {}
            inner = found.pop("ome", None)
            return {**(inner if isinstance(inner, Mapping) else {}), **found}
    return {}


def _converted(folder: Path) -> dict[str, Any]:
    """What the original file said, where it held one image: of several, this does not tell which is meant."""
    file = folder / _CONVERTED
    if not file.is_file() or file.stat().st_size > _LONGEST:
        return {}
    xml = file.read_text(encoding="utf-8")
    several = sum(tag_of(element) == "Image" for element in ET.fromstring(xml).iter()) > 1
    return {} if several else ome_facts(xml)


def _plate(path: Path) -> str:
    """The plate that the image is a field of, or holds: its name, or that of its folder."""
    for folder in (path, *path.absolute().parents[:_LEVELS]):
        plate = _attributes(folder).get("plate")
        if isinstance(plate, Mapping):
            return plain_name(plate.get("name")) or plain_name(folder.name.partition(".")[0])
    return ""
