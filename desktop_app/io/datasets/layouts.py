"""The layouts of data sets, in one table, and how a folder is recognised by it."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.late_table import LateTable
from desktop_app.io.datasets.flipbooks import with_labelled_slices
from desktop_app.io.datasets.layout import DatasetLayout


def _read_layouts() -> tuple[DatasetLayout, ...]:
    from desktop_app.io.datasets.beside import BESIDE
    from desktop_app.io.datasets.file_lists import FILE_LISTS
    from desktop_app.io.datasets.nnunet import NNUNET
    from desktop_app.io.datasets.parts import PARTS
    from desktop_app.io.datasets.tagged import TAGGED
    from desktop_app.io.datasets.two_folders import TWO_FOLDERS
    from desktop_app.io.datasets.volumes import VOLUMES

    return (
        PARTS,
        NNUNET,
        TAGGED,
        TWO_FOLDERS,
        VOLUMES,
        BESIDE,
        FILE_LISTS,
    )


LAYOUTS: MutableMapping[str, DatasetLayout] = LateTable(_read_layouts)
"""Tried in this order; the first that finds pairs counts."""


@dataclass(frozen=True, slots=True)
class FoundDataset:
    """A folder of images and labels that was recognised.

    Attributes:
        layout: How it is laid out.
        folder: The folder.
        pairs: Images with their labels.
        unmatched: Images without labels and labels without an image.
        unlabelled: Images of a part whose folder of labels is not there.
    """

    layout: DatasetLayout
    folder: Path
    pairs: tuple[PairConfig, ...]
    unmatched: tuple[Path, ...] = ()
    unlabelled: tuple[Path, ...] = ()


def recognise(folder: Path) -> FoundDataset | None:
    """The images and labels of a folder; None where no image with labels is found.

    Raises:
        UnreadableFileError: If the folder is missing or may not be read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UnreadableFileError(folder, "there is no such folder.", hint="Was it moved or renamed?")
    for layout in LAYOUTS.values():
        found = layout.find(folder, "auto")
        if found is not None and found.pairs:
            pairs = with_labelled_slices(folder, found.pairs)
            return FoundDataset(layout, folder, pairs, found.unmatched, found.unlabelled)
    return None


def pairs_in_folder(folder: Path) -> tuple[PairConfig, ...]:
    """Images with their labels in a folder of any known layout; nothing where there are none.

    Raises:
        UnreadableFileError: If the folder is missing or may not be read.
    """
    found = recognise(folder)
    return found.pairs if found else ()
