"""Layout: a folder with images and one with labels."""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.project.model import Role
from desktop_app.io.datasets.folders import folders_in
from desktop_app.io.datasets.layout import DatasetLayout, FoundPairs, PairPlace
from desktop_app.io.datasets.pairing import as_pairs, find_pairs

IMAGE_FOLDERS = ("images", "image", "img", "imgs", "raw")
_LABELS = ("labels", "label", "masks", "mask", "annotations", "ground_truth", "groundtruth", "gt")


def find_two_folders(folder: Path, role: Role = "auto") -> FoundPairs | None:
    """Pairs of ``images`` and ``labels``."""
    images, labels = image_folder(folder), _child(folder, _LABELS)
    if images is None or labels is None:
        return None
    result = find_pairs(images, labels)
    return FoundPairs(as_pairs(result, role), (*result.unmatched_images, *result.unmatched_labels))


def image_folder(folder: Path) -> Path | None:
    """The folder of images inside a folder; None where there is none."""
    return _child(folder, IMAGE_FOLDERS)


def place_in_two_folders(folder: Path, pair: PairPlace) -> tuple[Path, Path]:
    """``images/NAME`` and ``labels/NAME``."""
    return folder / "images" / pair.name, folder / "labels" / pair.name


def _child(folder: Path, names: tuple[str, ...]) -> Path | None:
    children = {p.name.casefold(): p for p in folders_in(folder)}
    return next((children[name] for name in names if name in children), None)


TWO_FOLDERS = DatasetLayout(
    "two folders", "A folder with images and one with labels", find_two_folders, place_in_two_folders
)
