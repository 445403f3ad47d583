"""Images and labels of a data set that are links to files which were moved away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.shown_name import shown_name
from desktop_app.io.datasets.folders import DEEPEST, folders_in, may_hold_data
from desktop_app.io.images.registry import no_real_files

_LAYOUT = "Put images into a folder “images” and their labels, under the same names, into “labels”."


def dead_links_words(folder: Path) -> str:
    """A sentence on links in a folder, and in folders inside, that lead nowhere; empty where there are none."""
    found = list(_dead_links(folder, 1))
    if not found:
        return ""
    first = f"{shown_name(found[0].relative_to(folder))}"
    files = "1 file is a link" if len(found) == 1 else f"{len(found)} files are links"
    return (
        f"{files} to what is not there any more ({first}{', …' if len(found) > 1 else ''}): were the originals moved? "
        "Bring them back, or prepare the folder anew."
    )


def pairs_hint(folder: Path) -> str:
    """What to do where a folder holds no pairs of images and labels."""
    return dead_links_words(folder) or _LAYOUT


def _dead_links(folder: Path, depth: int) -> Iterator[Path]:
    try:
        yield from (path for path in no_real_files(folder) if path.is_symlink())
        if depth < DEEPEST:
            for child in folders_in(folder):
                if may_hold_data(child):
                    yield from _dead_links(child, depth + 1)
    except UnreadableFileError:
        return
