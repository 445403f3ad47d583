"""How a project refers to images outside of its folder, and how it finds them again after they were moved."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path, PurePath, PureWindowsPath

from desktop_app.core.project import Item


def stored_path(folder: Path, path: Path) -> str:
    """``path`` as saved in a project: relative to ``folder`` where both share more than the root, else absolute.

    Always with forward slashes.
    """
    full = Path(os.path.normpath(path.absolute()))
    base = Path(os.path.normpath(folder.absolute()))
    shared = 0
    for a, b in zip(full.parts, base.parts, strict=False):
        if a != b:
            break
        shared += 1
    if shared < 2:
        return full.as_posix()
    return PurePath(os.path.relpath(full, base)).as_posix()


def actual_path(folder: Path, stored: str) -> Path:
    """The file behind a path saved in a project."""
    if PureWindowsPath(stored).drive:
        return Path(stored)
    return Path(os.path.normpath(folder / stored))


def moved_items(folder: Path, missing: Iterable[Item], old: Path, new: Path) -> dict[str, Path]:
    """Where other missing images are now, given that ``old`` is now ``new``: by item id, only those found.

    Looks at the same place relative to the moved folder, then right beside ``new``.
    """
    old_root, new_root = _moved_roots(old, new)
    found = {}
    for item in missing:
        was = actual_path(folder, item.image)
        candidates = [new.parent / was.name]
        if was.is_relative_to(old_root):
            candidates.insert(0, new_root / was.relative_to(old_root))
        place = next((c for c in candidates if c.exists()), None)
        if place is not None:
            found[item.id] = place
    return found


def _moved_roots(old: Path, new: Path) -> tuple[Path, Path]:
    """The folders above which two paths differ."""
    a, b = old.parent, new.parent
    while a.name and a.name == b.name:
        a, b = a.parent, b.parent
    return a, b
