"""Names of classes that a data set keeps in its ``dataset.json``, as nnU-Net and the Decathlon write it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from desktop_app.io.json_files import read_json

DATASET_FILE = "dataset.json"
_ABOVE = 3  # folders between an image and the file: {train,val,test}/images is the deepest layout


def names_around(images: Iterable[Path]) -> dict[int, str]:
    """Names of the label values, from the folder of the data set that images lie in; none where it names none.

    Args:
        images: Files; the folders above the first are looked at.
    """
    first = next(iter(images), None)
    if first is None:
        return {}
    for folder in list(first.parents)[:_ABOVE]:
        if (folder / DATASET_FILE).is_file():
            return class_names(folder)
    return {}


def class_names(folder: Path) -> dict[int, str]:
    """Names of the label values but 0, which ``dataset.json`` in a folder states; none where it cannot be read.

    nnU-Net 2 writes ``{"liver": 1}``, its first version and the Decathlon ``{"1": "liver"}``; names of several values
    at once (nnU-Net's regions) are left out.
    """
    try:
        stated = read_json(folder / DATASET_FILE)
    except (OSError, ValueError):
        return {}
    labels = stated.get("labels") if isinstance(stated, dict) else None
    found: dict[int, str] = {}
    for key, entry in labels.items() if isinstance(labels, dict) else ():
        value, name = _value_and_name(key, entry)
        if value > 0 and name and name not in found.values():
            found.setdefault(value, name)
    return found


def _value_and_name(key: str, entry: Any) -> tuple[int, str]:
    """Value and name of an entry, whichever is the key; 0 where neither is a number."""
    if isinstance(entry, int) and not isinstance(entry, bool):
        return entry, key.strip()
    if isinstance(entry, str) and key.isdecimal():
        return int(key), entry.strip()
    return 0, ""
