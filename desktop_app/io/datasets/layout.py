"""What a layout of a data set is: one record of this kind, in one file, and one line in the table of ``layouts``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.project.model import Role


@dataclass(frozen=True, slots=True)
class FoundPairs:
    """What a folder holds.

    Attributes:
        pairs: Images with their labels; each has its part and its group where the layout says them.
        unmatched: Images without labels and labels without an image.
        unlabelled: Images of a part whose folder of labels is not there.
    """

    pairs: tuple[PairConfig, ...]
    unmatched: tuple[Path, ...] = ()
    unlabelled: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class PairPlace:
    """Where a pair stands in a data set.

    Attributes:
        name: File name without ending.
        role: The part that it belongs to.
        group: What must not be split, such as one specimen; "" where there is none.
    """

    name: str
    role: Role = "auto"
    group: str = ""


@dataclass(frozen=True, slots=True)
class DatasetLayout:
    """One way in which images and labels lie in folders.

    Attributes:
        name: Key in the table.
        title: What it looks like, for the user.
        find: The pairs of a folder, or None where it is not laid out like this; the part that they belong to, as far as
            the caller knows it, is given. Raises ``UnreadableFileError``.
        place: Where a pair is written below a folder: the image file and the label file, both without ending.
    """

    name: str
    title: str
    find: Callable[[Path, Role], FoundPairs | None]
    place: Callable[[Path, PairPlace], tuple[Path, Path]]
