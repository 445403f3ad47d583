"""Opening an image whose labels may be gone."""

from __future__ import annotations

from desktop_app.core.errors import MissingLabelsError
from desktop_app.core.project import Item
from desktop_app.core.project.named_labels import FIRST_LAYER
from desktop_app.gui.notifications import Notifier
from desktop_app.gui.session import Session


def select_item(session: Session, notifier: Notifier, item: Item) -> None:
    """Open an image of the project; where its labels are gone the user may begin with empty ones.

    Of a movie that is open these may be the labels of the time point that is shown.

    Raises:
        UserError: If it cannot be opened otherwise.
    """
    try:
        _opened(session, item)
    except MissingLabelsError as error:
        if _may_begin_anew(notifier, item, error):
            _begin_anew(session, item)
            _opened(session, item)


def _opened(session: Session, item: Item) -> None:
    session.select_item(item.id)
    if session.volume is not None and session.labels is None:
        session.set_time(session.volume.time)


def _may_begin_anew(notifier: Notifier, item: Item, error: MissingLabelsError) -> bool:
    return notifier.ask(
        "Labels are missing",
        f"{error.message}\n\nIf their drive was disconnected, or the project moved, put “{error.path.name}” back "
        f"into “labels” in the project's folder first. Or begin “{item.name}” with empty labels: its other labels, "
        "its notes and its places are kept.",
        "Begin with empty labels",
        careful=True,
    )


def _begin_anew(session: Session, item: Item) -> None:
    """Give an image empty labels; what was marked done of those that are gone is not done any more."""
    opened = session.open_project
    if opened is None:
        return
    is_open = session.item is not None and session.item.id == item.id and session.volume is not None
    opened.begin_labels(item, session.volume if is_open and session.volume is not None else opened.open_image(item))
    if item.edited == FIRST_LAYER:
        session.update_item(item.with_labels_lost(others=len(opened.labelled_times(item.id)) > 1))
