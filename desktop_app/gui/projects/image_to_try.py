"""Which image of a project a model is tried on while none is open."""

from __future__ import annotations

from desktop_app.core.project import Item
from desktop_app.gui.notifications.notifier import Notifier
from desktop_app.io.projects import OpenProject


def image_to_try(opened: OpenProject, notifier: Notifier) -> Item | None:
    """The image that the user chooses; offered is the first that is there and not labelled: no model learned from it.

    Returns:
        None if the user thought better of it, or the project has no image, which is said.
    """
    items, missing = opened.project.items, opened.missing_items()
    if not items:
        notifier.warning(
            "The project has no image yet to try a model on: add one with “Add images”. “Run on a folder” needs none."
        )
        return None
    if len(items) == 1:
        return items[0]
    there = [item for item in items if item not in missing] or items
    offered = next((item for item in there if item.status == "new"), there[0])
    names = [item.name for item in items]
    chosen = notifier.ask_choice("Try the model", _QUESTION, names, offered.name)
    return items[names.index(chosen)] if chosen in names else None


_QUESTION = "On which image? One that the model did not learn from shows best how good it is."
