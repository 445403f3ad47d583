"""The one door through which JSON comes in: whatever is wrong with it is a ``ValueError``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from desktop_app.io.plain_files import open_plain

_LARGEST = 256 * 2**20  # bytes; the largest written here, a project of 100,000 images, has some 60 MB
_DEEPEST = 200  # levels; files of this program have 8, and pydantic and json.dumps give up at some 255


def read_json(path: Path) -> Any:
    """What a JSON file holds.

    Raises:
        OSError: If it is missing, no regular file, or may not be read.
        ValueError: If it is no JSON, too long, or nested too deeply to be meant.
    """
    with open_plain(path) as file:
        text = file.read(_LARGEST + 1)
    if len(text) > _LARGEST:
        raise ValueError(f"Longer than {_LARGEST} bytes")
    return parse_json(text)


def parse_json(text: bytes | str) -> Any:
    """What a JSON text holds.

    Raises:
        ValueError: If it is no JSON, or nested too deeply to be meant.
    """
    try:
        data = json.loads(text)
    except RecursionError as error:
        raise ValueError("Nested too deeply") from error
    level: list[Any] = [data]
    for _ in range(_DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return data
    raise ValueError(f"Nested more than {_DEEPEST} levels deep")


def _inside(value: Any) -> Iterable[Any]:
    """The tables and lists in a table or list."""
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (each for each in values if isinstance(each, dict | list))
