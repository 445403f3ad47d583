"""What a label group says beside its voxels: names and colours of the classes for other viewers, and the largest id."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.io.atomic import write_json
from desktop_app.io.json_files import read_json

ATTRIBUTES = ".zattrs"
"""Name of the file, as Zarr 2 has it."""
_OWN = "voxelwright"


def attributes_of(scheme: LabelScheme, max_id: int | None) -> dict[str, Any]:
    """What is written for labels.

    Args:
        scheme: Names and colours of their classes.
        max_id: The largest id that was ever used; None where that is not known.
    """
    colors = [{"label-value": c.value, "rgba": [*c.color, 255]} for c in scheme.classes]
    names = [{"label-value": c.value, "class": c.name} for c in scheme.classes]
    classes = scheme.kind == "classes"
    label = {"version": "0.4", **({"colors": colors, "properties": names} if classes else {})}
    return {"image-label": label, _OWN: {"schema_version": 1, "kind": scheme.kind, "max_id": max_id}}


def stored_max_id(group: Path) -> int | None:
    """The largest id that was ever used in a label group; None where it does not say so.

    Raises:
        UnreadableFileError: If the description of the labels is damaged.
    """
    stored = _attributes(group).get(_OWN, {}).get("max_id")
    return stored if isinstance(stored, int) else None


def store_max_id(group: Path, max_id: int | None) -> None:
    """Note the largest id.

    Raises:
        UnreadableFileError: If the description of the labels is damaged.
        UnwritableFileError: If the disk refuses.
    """
    change_attributes(group, {_OWN: {**_attributes(group).get(_OWN, {}), "max_id": max_id}})


def change_attributes(group: Path, wanted: dict[str, Any]) -> None:
    """Write some attributes, where they are other than now; all others stay.

    Raises:
        UnreadableFileError: If the description of the labels is damaged.
        UnwritableFileError: If the disk refuses.
    """
    now = _attributes(group)
    if {key: now.get(key) for key in wanted} != wanted:
        write_json(group / ATTRIBUTES, {**now, **wanted})


def _attributes(group: Path) -> dict[str, Any]:
    try:
        data = read_json(group / ATTRIBUTES)
    except (OSError, ValueError) as error:
        why = "the description of the labels is damaged."
        raise UnreadableFileError(group, why, details=repr(error)) from error
    return data if isinstance(data, dict) else {}
