"""The one door through which JSON comes in: whatever is wrong with it is a ``ValueError``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

_DEEPEST = 200  # levels; files of this program have 8, and pydantic and json.dumps give up at some 255


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
