"""Mark images of a project as done, so that their labels are learned from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from desktop_app.core.errors import UserError
from desktop_app.io.projects import open_project


def mark_done(folder: Path, names: Sequence[str]) -> None:
    """Say that everything in these images is labelled.

    Raises:
        UserError: If the project cannot be opened or written, or has no image of a name, or that has no labels.
    """
    with open_project(folder) as opened:
        project = opened.project
        for name in names:
            item = next((item for item in project.items if item.name == name), None)
            if item is None:
                known = ", ".join(i.name for i in project.items[:5])
                raise UserError(f"There is no image “{name}” in this project.", hint=f"There are: {known}.")
            if not opened.labelled_times(item.id):
                raise UserError(f"“{name}” has no labels yet.", hint="Label it, or import labels, first.")
            project = project.replaced(item.model_copy(update={"all_done": True, "status": "done"}))
        opened.save(project)
