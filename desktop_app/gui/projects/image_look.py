"""Looking at an image without a project: nothing is kept, and a project is asked for when something shall be."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop_app.core.imaging import Volume
from desktop_app.core.job import JobContext
from desktop_app.gui.session import Session
from desktop_app.gui.widgets.offer_bar import OfferBar
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.images.page_cache import viewing_cache_bytes
from desktop_app.io.images.registry import open_volume


class LooseImage(QObject):
    """Shows an image file that belongs to no project, with a bar that leads to one.

    Attributes:
        bar: Says so, and offers a project.
        find: The button in it that finds nuclei at once.
        path: The file that is looked at; None for none.

    Signals:
        project_wanted: A project shall be made with the image at a ``Path``.
        find_wanted: Nuclei shall be found at once in the image at a ``Path``.
    """

    project_wanted = Signal(object)
    find_wanted = Signal(object)

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self._session, self._runner, self._window = context.session, context.runner, context.window
        self.path: Path | None = None
        self.bar = OfferBar("Make a project with it…", "Close it")
        self.bar.no.setToolTip("Back to the start page; the file stays as it is.")
        self.find = self.bar.add_choice("Find nuclei now…")
        self.find.clicked.connect(lambda: self.find_wanted.emit(self.path))
        self.bar.taken.connect(self._on_taken)
        self.bar.declined.connect(partial(look_at, self._session, None))
        self._session.volume_changed.connect(self._on_volume)

    def open(self, path: Path) -> None:
        """Open an image in the background and show it; what cannot be opened is said."""
        memory = viewing_cache_bytes(self._session.settings.viewing_memory_mb)
        job = self._runner.start(f"Open {path.name}", partial(_opened, path, memory))
        job.succeeded.connect(partial(self._on_opened, path))

    def _on_opened(self, path: Path, volume: Volume) -> None:
        if self._session.project is not None:
            return
        self.path = path
        look_at(self._session, volume)
        self._entitle(f"{path.name} – Voxelwright")
        said = " ".join(volume.notes)
        text = f"{path.name} is open to look at. To label it, or to keep anything, make a project. {said}"
        self.bar.offer(text.strip())

    def _on_taken(self) -> None:
        if self.path is not None:
            self.bar.show()  # until there is a project
            self.project_wanted.emit(self.path)

    def _on_volume(self, volume: Volume | None) -> None:
        if volume is None and self.path is not None:
            self.path = None
            self.bar.hide()
            self._entitle("Voxelwright")

    def _entitle(self, title: str) -> None:
        if self._window is not None:
            self._window.setWindowTitle(title)


def look_at(session: Session, volume: Volume | None) -> None:
    """Show an image without a project; None shows nothing."""
    if session.project is None:
        session.volume = volume
        session.volume_changed.emit(volume)


def _opened(path: Path, memory: int, _ctx: JobContext) -> Volume:
    return open_volume(path, memory)
