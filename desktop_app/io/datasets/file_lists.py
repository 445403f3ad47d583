"""Layout: text files that name an image and its labels on each line, as easyreg writes one for each part."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.project.model import Role
from desktop_app.io.datasets.folders import folders_in, joined
from desktop_app.io.datasets.layout import DatasetLayout, FoundPairs
from desktop_app.io.datasets.parts import place_in_part, role_of_folder
from desktop_app.io.images.registry import image_stem

_LIST = "file_path_list.txt"
_MOST_BYTES = 64 * 2**20  # of a list: a million lines; more is no list of images
_LONGEST_LINE = 2 * 4096  # characters: two paths as long as systems take them
_MOST_SPACES = 64  # in a line: each may part two paths, and two files are looked for; real paths have a few
_SHOWN = 200  # characters of a line that names no files


def find_file_lists(folder: Path, role: Role = "auto") -> FoundPairs | None:
    """The pairs of ``file_path_list.txt`` here, and in folders for training, validation and test.

    Paths count from the folder of the list. Lines whose files are gone are left out and told; easyreg's folder
    ``debug``, which repeats training images, is not looked at.
    """
    places = [(folder, role), *((child, role_of_folder(child)) for child in folders_in(folder))]
    found = [_listed(place / _LIST, part) for place, part in places if part is not None and (place / _LIST).is_file()]
    pairs = joined(found)
    return pairs if pairs is not None and pairs.pairs else None


def _listed(file: Path, role: Role) -> FoundPairs:
    pairs, gone = [], []
    for line in _lines(file):
        here = next((two for two in _partings(line, file.parent) if _there(two[0]) and _there(two[1])), None)
        if here is None:
            gone.append(file.parent / line[:_SHOWN])
        else:
            image, labels = here
            pairs.append(PairConfig(name=image_stem(image), image=str(image), labels=str(labels), role=role))
    return FoundPairs(tuple(pairs), tuple(gone))


def _lines(file: Path) -> list[str]:
    """Lines with something on them; none of a file that is no text."""
    try:
        if file.stat().st_size > _MOST_BYTES:
            return []
        return [line.strip() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError):
        return []


def _partings(line: str, folder: Path) -> Iterator[tuple[Path, Path]]:
    """The ways to part a line in two paths; both may have spaces in them. None of a line that is no list's."""
    spaces = list(islice(re.finditer(r"\s+", line), _MOST_SPACES + 1)) if len(line) <= _LONGEST_LINE else []
    if len(spaces) <= _MOST_SPACES:
        for space in spaces:
            yield folder / line[: space.start()], folder / line[space.end() :]


def _there(path: Path) -> bool:
    """Whether there is such a file or folder; of what is no name of a file there is none."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


FILE_LISTS = DatasetLayout("file lists", f"Lists of images and labels: {_LIST}", find_file_lists, place_in_part)
