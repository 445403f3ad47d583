"""Pairs of image and label files."""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.project.model import Role
from desktop_app.io.datasets.names import PairingResult, match, names_labels
from desktop_app.io.images.registry import image_stem, list_images


def find_pairs(images: Path, labels: Path) -> PairingResult:
    """Images of one folder and label files of another, matched by name.

    Raises:
        UnreadableFileError: If a folder is missing or may not be read.
    """
    return match(list_images(images), list_images(labels))


def label_files(folder: Path) -> list[Path]:
    """The label files of a folder: all images but those that have their labels beside them (``cell_mask.tif``)."""
    files = list_images(folder)
    labels = [path for path in files if names_labels(path)]
    beside = match([path for path in files if not names_labels(path)], labels)
    images = {image for image, _ in beside.pairs}
    return [path for path in files if path not in images]


def as_pairs(result: PairingResult, role: Role = "auto") -> tuple[PairConfig, ...]:
    """Matched files as training pairs."""
    return tuple(
        PairConfig(name=image_stem(image), image=str(image), labels=str(labels), role=role)
        for image, labels in result.pairs
    )
