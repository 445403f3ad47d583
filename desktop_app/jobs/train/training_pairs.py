"""Images to learn from in a folder or a project."""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.errors import UserError
from desktop_app.io.datasets import images_in_folder, pairs_in_folder
from desktop_app.io.projects import open_project
from desktop_app.jobs.data.project_data import has_marked, project_pairs
from desktop_app.jobs.patches.project import project_around


def pairs_of_source(folder: Path, *, needs_labels: bool = True) -> tuple[PairConfig, ...]:
    """Images with their labels; of a project with marked slices, these alone.

    Args:
        folder: A folder in a known layout, a project, or a set of patches of a project, whose labels lie in that.
        needs_labels: Images without labels are left out; else they are taken, too.

    Raises:
        UserError: If there are none, or the folder cannot be read.
    """
    project = project_around(folder)
    if project is not None:
        with open_project(project[0]) as opened:
            marked = has_marked(opened, within=project[1])
            pairs = project_pairs(opened, marked_only=marked, needs_labels=needs_labels, within=project[1])
    else:
        pairs = pairs_in_folder(folder) if needs_labels else images_in_folder(folder)
    if not pairs:
        raise UserError(
            f"No pairs of images and labels were found in {folder.name}.",
            hint="Put images into a folder “images” and their labels, under the same names, into “labels”.",
        )
    return pairs
