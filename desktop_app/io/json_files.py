"""JSON files: whatever is wrong with one is a ``ValueError``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from desktop_app.core.json_text import parse_json
from desktop_app.io.plain_files import open_plain

_LARGEST = 256 * 2**20  # bytes; the largest written here, a project of 100,000 images, has some 60 MB


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
