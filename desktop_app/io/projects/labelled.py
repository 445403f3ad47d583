"""``labelled.json``: which label files of a project something was painted into.

It lies outside of their folders: where labels and journal were deleted together, nothing else tells that there were
any.
"""

from __future__ import annotations

from pathlib import Path

from desktop_app.io.atomic import write_json
from desktop_app.io.json_files import read_json

LABELLED_FILE = "labelled.json"
_VERSION = 1  # of the file; counts up when an older program could not read it


class LabelledNames:
    """Names of label files, without their ending.

    Args:
        folder: The project. A file that is damaged or of a newer version counts as none.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / LABELLED_FILE
        self._names = _read(self._path)

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def add(self, name: str) -> None:
        """Remember a label file; quick where it is known.

        Raises:
            UnwritableFileError: If the disk refuses.
        """
        self._keep(self._names | {name})

    def discard(self, name: str) -> None:
        """Forget a label file.

        Raises:
            UnwritableFileError: If the disk refuses.
        """
        self._keep(self._names - {name})

    def _keep(self, names: frozenset[str]) -> None:
        if names != self._names:
            write_json(self._path, {"schema_version": _VERSION, "labels": sorted(names)})
            self._names = names


def _read(path: Path) -> frozenset[str]:
    try:
        found = read_json(path)
        names = found["labels"] if found["schema_version"] == _VERSION else ()
        return frozenset(str(name) for name in names)
    except (OSError, ValueError, LookupError, TypeError):
        return frozenset()
