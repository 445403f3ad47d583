"""What a folder that the user adds holds: images, images with labels, or images in folders inside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.datasets.folders import folders_in
from desktop_app.io.datasets.layouts import recognise
from desktop_app.io.images.registry import is_image_file, list_images
from desktop_app.io.projects import PROJECT_SUFFIX

_DEEPEST = 4  # folders below the one that is added: experiment, day, plate, well; deeper ones are added by themselves


@dataclass(frozen=True, slots=True)
class FolderContents:
    """What is in a folder.

    Attributes:
        images: Image files to add, without those that are labels.
        labelled: Those that have labels, by their absolute path.
        deeper: Images in folders inside, where the folder itself has none.
    """

    images: tuple[Path, ...] = ()
    labelled: Mapping[Path, PairConfig] = field(default_factory=dict)
    deeper: tuple[Path, ...] = ()


def look_into(folder: Path) -> FolderContents:
    """Find the images of a folder, and their labels where it is laid out as a data set.

    Raises:
        UnreadableFileError: If the folder is missing or may not be read.
    """
    found = recognise(folder)
    pairs = [pair for pair in found.pairs if pair.labels and pair.time is None] if found else []
    labelled = {Path(pair.image).absolute(): pair for pair in pairs}
    if found is None or len(labelled) < len(found.pairs):
        direct = tuple(path.absolute() for path in list_images(folder))
        return FolderContents(direct) if direct else FolderContents(deeper=tuple(_below(folder)))
    of_labels = {Path(str(pair.labels)).parent for pair in pairs} - {path.parent for path in labelled}
    others = (path.absolute() for path in found.unmatched if path.parent not in of_labels)
    return FolderContents((*labelled, *others), labelled)


def _below(folder: Path, depth: int = 1) -> list[Path]:
    """Images of the folders inside, in counting order; projects, links and folders that may not be read left out."""
    files: list[Path] = []
    for child in folders_in(folder):
        if child.is_symlink() or child.name.endswith(PROJECT_SUFFIX) or is_image_file(child):
            continue
        try:
            files += (path.absolute() for path in list_images(child))
            if depth < _DEEPEST:
                files += _below(child, depth + 1)
        except UnreadableFileError:
            continue
    return files
