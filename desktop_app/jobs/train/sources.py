"""Images to learn from in a folder or a project."""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.errors import UserError
from desktop_app.io.datasets import images_in_folder, pairs_in_folder
from desktop_app.io.projects import PROJECT_SUFFIX, open_project
from desktop_app.jobs.data.project_data import is_marked, labelled_items, project_pairs


def is_project(folder: Path) -> bool:
    """Whether a folder is a project of this program."""
    return folder.name.endswith(PROJECT_SUFFIX)


def pairs_of_source(folder: Path, *, needs_labels: bool = True) -> tuple[PairConfig, ...]:
    """Images with their labels; of a project with marked slices, these alone.

    Args:
        folder: A folder in a known layout, or a project.
        needs_labels: Images without labels are left out; else they are taken, too.

    Raises:
        UserError: If there are none, or the folder cannot be read.
    """
    if is_project(folder):
        with open_project(folder) as opened:
            marked = any(is_marked(item) for item in labelled_items(opened))
            pairs = project_pairs(opened, marked_only=marked, needs_labels=needs_labels)
    else:
        pairs = pairs_in_folder(folder) if needs_labels else images_in_folder(folder)
    if not pairs:
        raise UserError(
            f"No pairs of images and labels were found in {folder.name}.",
            hint="Put images into a folder “images” and their labels, under the same names, into “labels”.",
        )
    return pairs
