"""The flipbooks among the images of a project: short stacks of which one slice is labelled."""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.project import Item
from desktop_app.io.datasets.flipbooks import flipbooks_in
from desktop_app.io.projects.open_project import OpenProject


def flipbooks_of(opened: OpenProject) -> dict[Path, int]:
    """The labelled slice (z, from 0) of each flipbook that was picked for a project, by its file."""
    return {file: number for folder in opened.datasets() for file, number in _flipbooks(folder).items()}


def flipbook_slice(opened: OpenProject | None, item: Item | None) -> int | None:
    """The slice (z, from 0) of the open image that is to be labelled, if it is a flipbook."""
    if opened is None or item is None:
        return None
    file = opened.image_path(item).resolve()
    return next(
        (_flipbooks(folder).get(file) for folder in opened.datasets() if file.is_relative_to(folder.resolve())), None
    )


def _flipbooks(folder: Path) -> dict[Path, int]:
    """Of one set of patches; none where its table is damaged: it says where patches lay, labels are elsewhere."""
    try:
        return flipbooks_in(folder)
    except UnreadableFileError:
        return {}
