"""What a folder holds for somebody who points at it: images, images with labels, or images in folders inside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.datasets.folders import DEEPEST, folders_in, may_hold_data
from desktop_app.io.datasets.layouts import recognise
from desktop_app.io.images.registry import list_images


@dataclass(frozen=True, slots=True)
class FolderContents:
    """What is in a folder.

    Attributes:
        images: Image files, without those that are labels.
        labelled: Those that have labels.
        deeper: Images in folders inside, where the folder itself has none.
    """

    images: tuple[Path, ...] = ()
    labelled: Mapping[Path, PairConfig] = field(default_factory=dict)
    deeper: tuple[Path, ...] = ()

    @property
    def every(self) -> tuple[Path, ...]:
        """Its images, or those of the folders inside."""
        return self.images or self.deeper


def look_into(folder: Path) -> FolderContents:
    """Find the images of a folder, and their labels where it is laid out as a data set.

    Raises:
        UnreadableFileError: If the folder is missing or may not be read.
    """
    at_once = _in_folder(folder)
    return at_once if at_once.images else FolderContents(deeper=tuple(_below(folder)))


def _in_folder(folder: Path) -> FolderContents:
    """The images of a folder, or of a data set in it with all that stands beside the pairs."""
    found = recognise(folder)
    pairs = [pair for pair in found.pairs if pair.labels and pair.time is None] if found else []
    labelled = {Path(pair.image): pair for pair in pairs}
    if found is None or len(labelled) < len(found.pairs):
        return FolderContents(tuple(list_images(folder)))
    labels = {pair.label_path for pair in pairs}
    of_labels = {path.parent for path in labels} - {path.parent for path in labelled}
    others = (*found.unmatched, *_below(folder)) if not list_images(folder) else found.unmatched
    alone = [path for path in others if path not in labels and path.parent not in of_labels]
    return FolderContents(tuple(dict.fromkeys((*labelled, *alone))), labelled)


def _below(folder: Path, depth: int = 1) -> list[Path]:
    """Images of the folders inside, in counting order.

    Projects, results of batches, links and folders that may not be read are left out.
    """
    files: list[Path] = []
    for child in folders_in(folder):
        if not may_hold_data(child):
            continue
        try:
            inside = _in_folder(child)
            files += inside.images
            if depth < DEEPEST and not inside.labelled:  # a data set is looked through already; it holds labels, too
                files += _below(child, depth + 1)
        except UnreadableFileError:
            continue
    return files
