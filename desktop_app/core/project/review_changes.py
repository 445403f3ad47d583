"""What was said of objects and slices in one step, so that it can be taken back and said again."""

from __future__ import annotations

import json
import zlib
from typing import Any

from desktop_app.core.json_text import parse_json
from desktop_app.core.project.review import Review

_TABLES = ("classes", "states", "notes")
_SETS = ("locked", "doubtful_slices")
_MOST_BYTES = 256 * 2**20  # of a step unpacked: notes of the longest kind to half a million objects


def packed_change(before: Review, after: Review) -> bytes:
    """What differs between two reviews but for times, as ``moved`` takes it; empty where nothing does."""
    parts: dict[str, dict[Any, tuple[Any, Any]]] = {}
    for name in _TABLES:
        old, new = getattr(before, name), getattr(after, name)
        parts[name] = {n: (old.get(n), new.get(n)) for n in old.keys() | new.keys() if old.get(n) != new.get(n)}
    for name in _SETS:
        was, now = set(getattr(before, name)), set(getattr(after, name))
        parts[name] = {n: (n in was, n in now) for n in was ^ now}
    told = {name: part for name, part in parts.items() if part}
    return zlib.compress(json.dumps(told, separators=(",", ":")).encode(), level=1) if told else b""


def moved(review: Review, change: bytes, *, back: bool) -> Review:
    """The review before a step, or after it; what else was said since stays.

    Raises:
        ValueError: If the step is damaged.
    """
    try:
        told = parse_json(zlib.decompressobj().decompress(change, _MOST_BYTES))
        place = 0 if back else 1
        said: dict[str, Any] = {}
        for name in _TABLES:
            values = {int(number): pair[place] for number, pair in told.get(name, {}).items()}
            together = {**getattr(review, name), **values}
            said[name] = {number: value for number, value in together.items() if value is not None}
        for name in _SETS:
            sides = {int(number): pair[place] for number, pair in told.get(name, {}).items()}
            kept = {number for number in getattr(review, name) if sides.get(number, True)}
            said[name] = sorted(kept | {number for number, inside in sides.items() if inside})
        return Review.model_validate({**review.model_dump(), **said})
    except (zlib.error, TypeError, LookupError, AttributeError) as error:
        raise ValueError(f"what was said in a step is damaged: {error!r}") from error
