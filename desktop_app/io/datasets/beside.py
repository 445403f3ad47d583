"""Layout: images with their labels beside them, told apart by a word in the name."""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.project.model import Role
from desktop_app.io.datasets.layout import DatasetLayout, FoundPairs, PairPlace
from desktop_app.io.datasets.names import match, names_labels, without_words
from desktop_app.io.datasets.pairing import as_pairs
from desktop_app.io.images.registry import list_images


def find_beside(folder: Path, role: Role = "auto") -> FoundPairs | None:
    """Pairs such as ``cell.tif`` and ``cell_mask.tif``; a pair without a name of its own is named after the folder."""
    files = list_images(folder)
    labels = [p for p in files if names_labels(p)]
    images = [p for p in files if not names_labels(p)]
    result = match(images, labels)
    if not result.pairs:
        return None
    named = tuple(
        PairConfig(name=without_words(image) or folder.name, image=str(image), labels=str(mask), role=role)
        if not without_words(image) else pair
        for (image, mask), pair in zip(result.pairs, as_pairs(result, role), strict=True)
    )  # fmt: skip
    return FoundPairs(named, (*result.unmatched_images, *result.unmatched_labels))


def place_beside(folder: Path, pair: PairPlace) -> tuple[Path, Path]:
    """``NAME`` and ``NAME_labels``."""
    return folder / pair.name, folder / f"{pair.name}_labels"


BESIDE = DatasetLayout("beside", "Images with their labels beside them", find_beside, place_beside)
