"""Images at web addresses: asked for in the background, so that a slow server never holds the window up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from desktop_app.gui.window_context import WindowContext
from desktop_app.io.images.web_links import WEB_ENDING, is_address

FOLDER = "web"
"""Of a project, where the files lie that name addresses."""


class WebImages(QObject):
    """Adds images by their address, and reaches them before they are opened.

    Args:
        context: Session, runner and notifier.
        add: Adds image files to the project.
    """

    def __init__(self, context: WindowContext, add: Callable[[Sequence[Path]], None] | None = None) -> None:
        super().__init__(context.window)
        self._session, self._runner, self._notifier = context.session, context.runner, context.notifier
        self._add = add

    def ask(self) -> None:
        """Ask for an address, then add the image that lies there."""
        if self._session.open_project is None:
            self._notifier.warning("Make or open a project first, then add your images.")
            return
        copied = QGuiApplication.clipboard().text()
        address = self._notifier.ask_text(
            "Add image from a web address",
            "Address of an OME-Zarr image, as https://…/cells.ome.zarr (it is read piece by piece as you look at it)",
            copied.strip() if is_address(copied) else "https://",
        )
        if address and address != "https://":
            self.add_address(address)

    def add_address(self, address: str) -> None:
        """Reach the image at an address, then add it; what is wrong is said, and nothing is added."""
        from desktop_app.jobs.data.web_images import add_web_image

        opened = self._session.open_project
        if opened is None:
            self._notifier.warning("Make or open a project first, then add your images.")
        else:
            job = self._runner.start("Add web image", partial(add_web_image, opened.folder / FOLDER, address))
            job.succeeded.connect(self._on_added)

    def when_reached(self, path: Path, then: Callable[[], None]) -> None:
        """Do something with an image file: at once, or after its server has answered."""
        if not path.name.lower().endswith(WEB_ENDING):
            then()
            return
        from desktop_app.jobs.data.web_images import reach_image

        job = self._runner.start(f"Reach {path.name.removesuffix(WEB_ENDING)}", partial(reach_image, path))
        job.succeeded.connect(lambda _path: then())

    def _on_added(self, path: Path) -> None:
        if self._add is not None:
            self._add([path])
