"""Pairs of image and label files."""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.project.model import Role
from desktop_app.io.datasets.names import PairingResult, match
from desktop_app.io.images.registry import image_stem, list_images


def find_pairs(images: Path, labels: Path) -> PairingResult:
    """Images of one folder and label files of another, matched by name.

    Raises:
        UnreadableFileError: If a folder is missing or may not be read.
    """
    return match(list_images(images), list_images(labels))


def as_pairs(result: PairingResult, role: Role = "auto", prefix: str = "") -> tuple[PairConfig, ...]:
    """Matched files as training pairs; their names get ``prefix`` in front."""
    return tuple(
        PairConfig(name=prefix + image_stem(image), image=str(image), labels=str(labels), role=role)
        for image, labels in result.pairs
    )
