"""Where file dialogs begin; no Qt."""

from __future__ import annotations

from pathlib import Path

from desktop_app.gui.session.session import Session


def image_place(session: Session) -> Path:
    """The folder of the image that was added last, the user's own folder where there is none."""
    opened = session.open_project
    if opened is not None and opened.project.items:
        return opened.image_path(opened.project.items[-1]).parent
    return Path.home()
