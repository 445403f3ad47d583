"""Small files that stand for an image at a web address: wherever an image file may be, such a file may be, too."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from desktop_app.core.errors import UnreadableFileError, UserError
from desktop_app.io.atomic import make_folder, write_text
from desktop_app.io.json_files import read_json

WEB_ENDING = ".web.json"
"""Of files that name a web address."""
_SCHEMA = 1  # version of such files; the first
_SCHEMES = ("http", "https")
_LONGEST_NAME = 80  # characters of a file's name: shorter than what any disk allows


def is_address(text: str) -> bool:
    """Whether a text is a web address."""
    return text.strip().lower().startswith(tuple(f"{scheme}://" for scheme in _SCHEMES))


def cleaned_address(text: str) -> str:
    """An address as it is asked for: without what viewers put around it, and without a slash at the end.

    Raises:
        UserError: If it is none.
    """
    address = text.strip().strip("<>\"'").removeprefix("zarr:")
    parts = urlsplit(address)
    if parts.scheme.lower() not in _SCHEMES or not parts.hostname:
        raise UserError(
            f"“{text.strip()}” is no web address of an image.", hint="It begins with https:// and ends in .zarr."
        )
    return urlunsplit((parts.scheme.lower(), parts.netloc, parts.path.rstrip("/"), parts.query, ""))


def write_link(folder: Path, text: str) -> Path:
    """A file in ``folder`` that stands for the image at an address; another one of the same address is taken again.

    Raises:
        UserError: If the text is no address.
        UnwritableFileError: If the disk refuses.
    """
    address = cleaned_address(text)
    name, number = _name_of(address), 1
    while True:
        path = folder / f"{name}{f'_{number}' if number > 1 else ''}{WEB_ENDING}"
        if not path.exists():
            break
        if address_of(path) == address:
            return path
        number += 1
    make_folder(folder)
    write_text(path, json.dumps({"schema": _SCHEMA, "address": address}, indent=1) + "\n")
    return path


def address_of(path: Path) -> str:
    """The address that a file names.

    Raises:
        UnreadableFileError: If it names none.
    """
    try:
        return cleaned_address(str(read_json(path)["address"]))
    except (OSError, ValueError, KeyError, TypeError, UserError) as error:
        raise UnreadableFileError(path, "it names no web address.", hint="Add the image again.") from error


def _name_of(address: str) -> str:
    """What the image is called: the last part of its address that says something."""
    parts = urlsplit(address)
    words = [unquote(part) for part in parts.path.split("/") if part]
    said = next((w for w in reversed(words) if not w.isdecimal()), parts.hostname or "image")
    kept = "".join(c if c.isalnum() or c in "-_ ." else "_" for c in said).strip(". ")
    return kept.removesuffix(".zarr").removesuffix(".ome")[:_LONGEST_NAME] or "image"
