"""Layout: folders train, val and test, each with images and labels."""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.project.model import Role
from desktop_app.io.datasets.beside import find_beside
from desktop_app.io.datasets.folders import folders_in, joined
from desktop_app.io.datasets.layout import DatasetLayout, FoundPairs, PairPlace
from desktop_app.io.datasets.tagged import find_tagged
from desktop_app.io.datasets.two_folders import find_two_folders, place_in_two_folders
from desktop_app.io.datasets.volumes import find_volumes

PART_FOLDERS: dict[Role, str] = {"train": "train", "validation": "val", "test": "test"}
"""The folder of each part, as it is written."""

_ROLES: dict[str, Role] = {
    "train": "train", "training": "train", "val": "validation", "valid": "validation", "validation": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip


def role_of_folder(folder: Path) -> Role | None:
    """The part that a folder holds, by its name; None for any other folder."""
    return _ROLES.get(folder.name.casefold())


def find_parts(folder: Path, role: Role = "auto") -> FoundPairs | None:
    """Pairs of every part, each laid out in one of the other ways."""
    found: list[FoundPairs] = []
    for child in folders_in(folder):
        part = role_of_folder(child)
        if part is not None:
            inner = find_tagged(child, part)
            inner = inner or find_two_folders(child, part) or find_volumes(child, part) or find_beside(child, part)
            found += [inner] if inner else []
    return joined(found)


def place_in_part(folder: Path, pair: PairPlace) -> tuple[Path, Path]:
    """``PART/images/NAME`` and ``PART/labels/NAME``."""
    return place_in_two_folders(folder / PART_FOLDERS[pair.role], pair)


PARTS = DatasetLayout("parts", "Folders train, val and test, each with images and labels", find_parts, place_in_part)
