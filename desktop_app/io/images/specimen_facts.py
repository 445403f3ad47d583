"""What files say of the specimen that an image is of, under the words that programs and people use for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

_WORDS = (
    "specimen", "animal", "subject", "patient", "participant", "donor", "individual", "group", "mouse", "rat", "fish",
    "embryo", "larva", "fly", "worm", "plant", "organoid", "brain", "sample", "plate", "movie", "series",
)  # fmt: skip
"""What is asked for first, if a file says several: what lives before what it was put on."""
_ADDED = ("", "id", "name", "nr", "no", "number", "code", "label")
_LONGEST = 80  # letters: a name is shorter, and a description is no group


def key_of_specimen(keys: Iterable[str]) -> str | None:
    """The one of some keys, or headings of a table, under which the specimen stands; None where none does."""
    plain = {re.sub(r"[^a-z]", "", key.lower()): key for key in keys}
    wanted = (f"{word}{added}" for word in _WORDS for added in _ADDED)
    return next((plain[word] for word in wanted if word in plain), None)


def specimen_in(facts: Mapping[str, Any]) -> str:
    """The specimen by what a file says, or "" where it says nothing of it."""
    key = key_of_specimen(facts)
    return "" if key is None else plain_name(facts[key])


def plain_name(value: Any) -> str:
    """A value as the name of a group, or "" where it is none."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value).strip()
    return text if len(text) <= _LONGEST and text.isprintable() else ""
