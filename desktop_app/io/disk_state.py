"""Whether an image on disk is still the one it was, told without reading it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path


def disk_state(path: Path) -> str:
    """A code that changes when a file does; of a folder, such as a zarr image, when any file in it does.

    It comes from names, sizes and times, and is the same wherever the folder lies.

    Args:
        path: The file or folder. Links to files are followed, links to folders below it are not.

    Raises:
        OSError: If it is gone or cannot be read.
    """
    digest = hashlib.sha256()
    facts = path.stat()
    if not path.is_dir():
        digest.update(f"{facts.st_size}:{facts.st_mtime_ns}".encode())
        return digest.hexdigest()
    waiting = [("", str(path))]
    while waiting:
        place, folder = waiting.pop()
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
        for entry in entries:
            name = f"{place}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                waiting.append((name, entry.path))
                continue
            facts = _facts(entry)
            digest.update(os.fsencode(f"{name}:{facts.st_size}:{facts.st_mtime_ns};"))
    return digest.hexdigest()


def states_of(paths: Iterable[Path]) -> str:
    """A code of names and states of several files or folders, in this order.

    Raises:
        OSError: If one is gone or cannot be read.
    """
    return "".join(f"{path.name}:{disk_state(path)};" for path in paths)


def _facts(entry: os.DirEntry[str]) -> os.stat_result:
    """Of the file itself, or of a link that leads nowhere."""
    try:
        return entry.stat()
    except FileNotFoundError:
        return entry.stat(follow_symlinks=False)
