"""Labels in OME-Zarr images of other programs: found, and what is said of them. ``write_back`` changes them.

Source: ngff.openmicroscopy.org/0.4 and /0.5, “labels”.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import zarr
import zarr.errors

from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.io.images.zarr_files import OrdinaryFiles
from desktop_app.io.images.zarr_groups import ome_attributes
from desktop_app.io.json_files import read_json
from desktop_app.io.natural_order import natural_key

_LABELS = "labels"  # the group of label images in an image, by its description
_ABOVE = 3  # folders above a label group that may hold a copy of its description: labels, the image, a plate's well


def label_groups(image: Path) -> tuple[Path, ...]:
    """The label images inside of an OME-Zarr image, in the order in which it lists them; none for other images."""
    folder = image / _LABELS
    if not folder.is_dir():
        return ()
    listed = _listed(folder)
    found = sorted((p.name for p in folder.iterdir() if _is_group(p)), key=natural_key)
    names = [*(n for n in listed if n in found), *(n for n in found if n not in listed)]
    return tuple(folder / name for name in names)


def _listed(folder: Path) -> list[str]:
    for name in (".zattrs", "zarr.json"):
        try:
            told = read_json(folder / name)
            told = told.get("attributes", told)
            found = told.get("ome", told).get(_LABELS)
        except (OSError, ValueError, AttributeError):
            continue
        if isinstance(found, list):
            return [str(one) for one in found]
    return []


def _is_group(folder: Path) -> bool:
    return not folder.name.startswith(".") and any((folder / n).is_file() for n in (".zgroup", "zarr.json", ".zarray"))


def named_classes(group: Path) -> dict[int, tuple[str, tuple[int, int, int] | None]]:
    """What a label image says of its numbers: names, "" where there is none, and colours."""
    told = _attributes(group).get("image-label")
    if not isinstance(told, Mapping):
        return {}
    names: dict[int, str] = {}
    colors: dict[int, tuple[int, int, int]] = {}
    for one in _entries(told, "properties"):
        words = (one.get(key) for key in ("class", "name", "label-name", "label"))
        names[int(one["label-value"])] = str(next((w for w in words if isinstance(w, str) and w.strip()), "")).strip()
    for one in _entries(told, "colors"):
        rgba = one.get("rgba")
        # Opacity may follow.
        if isinstance(rgba, list) and len(rgba) >= 3 and all(isinstance(v, int) and 0 <= v <= 255 for v in rgba):
            colors[int(one["label-value"])] = (rgba[0], rgba[1], rgba[2])
    return {value: (names.get(value, ""), colors.get(value)) for value in sorted({*names, *colors})}


def _entries(told: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = told.get(key)
    listed = found if isinstance(found, list) else []
    return [one for one in listed if isinstance(one, Mapping) and isinstance(one.get("label-value"), int)]


def _attributes(group: Path) -> dict[str, Any]:
    try:
        node = zarr.open(store=OrdinaryFiles(group, read_only=True), mode="r")
        return ome_attributes(node) if isinstance(node, zarr.Group) else {}
    except (OSError, ValueError, KeyError, zarr.errors.BaseZarrError):
        return {}


def is_consolidated(group: Path) -> bool:
    """Whether a copy of the description lies in a folder above or in the group: a change would contradict it."""
    for folder in (group, *list(group.parents)[:_ABOVE]):
        if (folder / ".zmetadata").is_file():
            return True
        try:
            told = read_json(folder / "zarr.json")
        except (OSError, ValueError):
            continue
        if isinstance(told, dict) and told.get("consolidated_metadata"):
            return True
    return False


def add_names(folder: Path, scheme: LabelScheme) -> None:
    """Name the classes of a scheme that the image does not name itself; what it says stays."""
    node = zarr.open_group(str(folder), mode="r+", use_consolidated=False)
    whole: dict[str, Any] = dict(node.attrs)
    outer: dict[str, Any] = dict(whole["ome"]) if isinstance(whole.get("ome"), Mapping) else whole
    told: dict[str, Any] = dict(outer.get("image-label") or {})
    for key in ("properties", "colors"):
        had = _entries(told, key)
        known = {one["label-value"] for one in had}
        fresh = [_entry(key, c.value, c.name, c.color) for c in scheme.classes if c.value not in known]
        told[key] = [*(told.get(key) or []), *fresh]
    outer = {**outer, "image-label": told}
    node.attrs.update({"ome": outer} if "ome" in whole else outer)


def _entry(key: str, value: int, name: str, color: tuple[int, int, int]) -> dict[str, Any]:
    return {"label-value": value, **({"class": name} if key == "properties" else {"rgba": [*color, 255]})}
