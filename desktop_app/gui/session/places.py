"""Where the images of a project are, and where file dialogs begin; no Qt."""

from __future__ import annotations

from pathlib import Path

from desktop_app.gui.session.session import Session


def image_place(session: Session) -> Path:
    """The folder of the image that was added last, the user's own folder where there is none."""
    opened = session.open_project
    if opened is not None and opened.project.items:
        return opened.image_path(opened.project.items[-1]).parent
    return Path.home()


def project_images(session: Session) -> list[Path]:
    """The images of the project that are there, without the patches picked from them."""
    opened = session.open_project
    if opened is None:
        return []
    paths = [opened.image_path(item) for item in opened.project.items]
    return [path for path in paths if path.exists() and not path.is_relative_to(opened.folder / "datasets")]


def images_to_label(session: Session) -> list[Path]:
    """Those of the project's images that have no labels yet; all of them where each has some."""
    opened = session.open_project
    if opened is None:
        return []
    new = {opened.image_path(item) for item in opened.project.items if item.status == "new"}
    images = project_images(session)
    return [path for path in images if path in new] or images
