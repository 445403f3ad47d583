"""Layout: one folder per volume, each with images and masks; or folders of such folders, as mouse and day."""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.project.model import Role
from desktop_app.io.datasets.folders import DEEPEST, folders_in, joined, may_hold_data
from desktop_app.io.datasets.layout import DatasetLayout, FoundPairs, PairPlace
from desktop_app.io.datasets.two_folders import find_two_folders
from desktop_app.io.images.registry import list_images


def find_volumes(folder: Path, role: Role = "auto") -> FoundPairs | None:
    """Pairs of every folder inside, and of those further inside.

    The outermost folder is their group: days of one mouse are not split. Where there is but one, it is the next. A
    folder that holds images itself is looked through no deeper than one folder.
    """
    return _inside(folder, role, 1)


def place_in_volume(folder: Path, pair: PairPlace) -> tuple[Path, Path]:
    """``GROUP/images/NAME`` and ``GROUP/masks/NAME``."""
    return folder / pair.group / "images" / pair.name, folder / pair.group / "masks" / pair.name


def _inside(folder: Path, role: Role, depth: int) -> FoundPairs | None:
    """Pairs of the folders inside a folder, and further inside; None where there are none."""
    inner = {child.name: find_two_folders(child, role) for child in folders_in(folder)}
    if depth < DEEPEST and (any(inner.values()) or not list_images(folder)):
        inner = {name: found or _further(folder / name, role, depth + 1) for name, found in inner.items()}
    kept = {name: found for name, found in inner.items() if found is not None}
    return joined(_named(found, name, alone=len(kept) == 1) for name, found in kept.items())


def _further(folder: Path, role: Role, depth: int) -> FoundPairs | None:
    try:
        return _inside(folder, role, depth) if may_hold_data(folder) else None
    except UnreadableFileError:
        return None


def _named(found: FoundPairs, folder: str, *, alone: bool) -> FoundPairs:
    """The pairs of a folder inside, with its name before theirs."""

    def named(pair: PairConfig) -> PairConfig:
        group = f"{folder}/{pair.group}" if alone and pair.group else folder
        return pair.model_copy(update={"name": f"{folder}/{pair.name}", "group": group})

    return FoundPairs(tuple(map(named, found.pairs)), found.unmatched)


VOLUMES = DatasetLayout("volumes", "One folder per volume, each with images and masks", find_volumes, place_in_volume)
