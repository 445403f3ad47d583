"""File names as they can be shown and written."""

from __future__ import annotations

from pathlib import Path


def shown_name(path: Path | str) -> str:
    r"""The name of a file; bytes that are no text, as an old archive leaves them, as ``\xff``."""
    return shown(Path(path).name)


def shown(text: str) -> str:
    r"""Text with a path in it; bytes of the path that are no text as ``\xff``."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # halves of a character, which names may hold on Windows
        return text.encode("utf-8", "backslashreplace").decode("utf-8")
