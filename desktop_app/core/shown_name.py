"""File names as they can be shown and written."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

_DATED = re.compile(r"(?P<day>\d{4}-\d\d-\d\d)-(?:\d{6}-)?(?P<name>.+)")


def shown_name(path: Path | str) -> str:
    r"""The name of a file; bytes that are no text, as an old archive leaves them, as ``\xff``."""
    return shown(Path(path).name)


def shown(text: str) -> str:
    r"""Text with a path in it; bytes of the path that are no text as ``\xff``."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # halves of a character, which names may hold on Windows
        return text.encode("utf-8", "backslashreplace").decode("utf-8")


def name_and_day(name: str) -> tuple[str, str]:
    """``2026-11-21-090130-Nuclei`` as ``Nuclei`` and ``21 Nov``; other names as they are."""
    found = _DATED.match(name)
    if found is None:
        return name.removesuffix(".vwmodel"), ""
    try:
        day = date.fromisoformat(found["day"])
    except ValueError:
        return name, ""
    return found["name"], f"{day.day} {day:%b}"


def dated(name: str) -> str:
    """``2026-11-21-090130-Nuclei`` as ``Nuclei, 21 Nov``; other names as they are."""
    title, day = name_and_day(name)
    return f"{title}, {day}" if day else title
