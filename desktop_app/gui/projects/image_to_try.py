"""Which image of a project a model is tried on while none is open."""

from __future__ import annotations

from desktop_app.core.project import Item, Project
from desktop_app.gui.notifications.notifier import Notifier


def image_to_try(project: Project, notifier: Notifier) -> Item | None:
    """The image that the user chooses; offered is the first that is not labelled, from which no model learned.

    Returns:
        None if the user thought better of it, or the project has no image, which is said.
    """
    items = project.items
    if not items:
        notifier.warning(
            "The project has no image yet to try a model on: add one with “Add images”. “Run on a folder” needs none."
        )
        return None
    if len(items) == 1:
        return items[0]
    offered = next((item for item in items if item.status == "new"), items[0])
    names = [item.name for item in items]
    chosen = notifier.ask_choice("Try the model", _QUESTION, names, offered.name)
    return items[names.index(chosen)] if chosen in names else None


_QUESTION = "On which image? One that the model did not learn from shows best how good it is."
