"""Programs inside model files that the user has agreed to run on this computer, by their checksum."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from desktop_app.io.atomic import make_folder, write_json
from desktop_app.io.json_files import read_json
from desktop_app.io.settings import settings_folder

_FILE = "trusted.json"


def is_trusted(sha256: str) -> bool:
    """Whether the user has agreed to run this very file."""
    return sha256 in _record()


def trust(sha256: str, name: str) -> None:
    """Write down that the user agrees to run a file; ``name`` is for people who read the record."""
    record = _record()
    if sha256 not in record:
        make_folder(settings_folder())
        write_json(_path(), {**record, sha256: name})


def _path() -> Path:
    return settings_folder() / _FILE


def _record() -> dict[str, str]:
    with suppress(OSError, ValueError):
        data = read_json(_path())
        if isinstance(data, dict):
            return {str(key): str(value) for key, value in data.items()}
    return {}
