"""Layout: one folder per volume, each with images and masks."""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.project.model import Role
from desktop_app.io.datasets.folders import folders_in, joined
from desktop_app.io.datasets.layout import DatasetLayout, FoundPairs, PairPlace
from desktop_app.io.datasets.two_folders import find_two_folders


def find_volumes(folder: Path, role: Role = "auto") -> FoundPairs | None:
    """Pairs of every folder inside; the folder is their group."""
    inner = ((child.name, find_two_folders(child, role, f"{child.name}/")) for child in folders_in(folder))
    return joined(_of_group(found, name) for name, found in inner if found)


def place_in_volume(folder: Path, pair: PairPlace) -> tuple[Path, Path]:
    """``GROUP/images/NAME`` and ``GROUP/masks/NAME``."""
    return folder / pair.group / "images" / pair.name, folder / pair.group / "masks" / pair.name


def _of_group(found: FoundPairs, group: str) -> FoundPairs:
    return FoundPairs(tuple(pair.model_copy(update={"group": group}) for pair in found.pairs), found.unmatched)


VOLUMES = DatasetLayout("volumes", "One folder per volume, each with images and masks", find_volumes, place_in_volume)
