"""Layout: images IM, labels GT and masks CM, by the end of their names or in folders of these names (mmv_im2im)."""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.project.model import Role
from desktop_app.io.datasets.folders import folders_in
from desktop_app.io.datasets.layout import DatasetLayout, FoundPairs, PairPlace
from desktop_app.io.images.registry import image_stem, list_images

IMAGE, LABELS, MASK = "IM", "GT", "CM"


def find_tagged(folder: Path, role: Role = "auto") -> FoundPairs | None:
    """Files ``a_IM``, ``a_GT`` and ``a_CM``, or folders ``IM``, ``GT`` and ``CM`` with files of equal names."""
    tagged = _in_folders(folder) or _by_ends(folder)
    images, labels = tagged.get(IMAGE, {}), tagged.get(LABELS, {})
    if not images or not labels:
        return None
    masks = tagged.get(MASK, {})
    pairs = tuple(
        PairConfig(
            name=name,
            image=str(images[name]),
            labels=str(labels[name]),
            mask=str(masks[name]) if name in masks else None,
            role=role,
        )
        for name in images
        if name in labels
    )
    alone = [path for tag in tagged.values() for name, path in tag.items() if not (name in images and name in labels)]
    return FoundPairs(pairs, tuple(alone))


def place_tagged(folder: Path, pair: PairPlace) -> tuple[Path, Path]:
    """``NAME_IM`` and ``NAME_GT``."""
    return folder / f"{pair.name}_{IMAGE}", folder / f"{pair.name}_{LABELS}"


def _in_folders(folder: Path) -> dict[str, dict[str, Path]]:
    """Files of the folders, by tag and name."""
    named = {child.name: child for child in folders_in(folder) if child.name in (IMAGE, LABELS, MASK)}
    if IMAGE not in named or LABELS not in named:
        return {}
    return {tag: {image_stem(path): path for path in list_images(place)} for tag, place in named.items()}


def _by_ends(folder: Path) -> dict[str, dict[str, Path]]:
    """Files whose names end in a tag, by tag and name without it."""
    found: dict[str, dict[str, Path]] = {}
    for path in list_images(folder):
        name, _, tag = image_stem(path).rpartition("_")
        if name and tag in (IMAGE, LABELS, MASK):
            found.setdefault(tag, {})[name] = path
    return found


TAGGED = DatasetLayout("tagged", "Images IM, labels GT and masks CM", find_tagged, place_tagged)
