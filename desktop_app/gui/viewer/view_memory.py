"""Remembers with the project how each image is looked at: its channels, and the files that lie over it."""

from __future__ import annotations

import logging

from PySide6.QtCore import QObject, QTimer

from desktop_app.core.errors import UserError
from desktop_app.core.imaging.look import first_look
from desktop_app.core.project.view import MOST_LAYERS, ItemView, SavedLayer
from desktop_app.gui.session import Session
from desktop_app.gui.viewer.viewer import ViewerWidget
from desktop_app.io.labels.layer_file import open_layer
from desktop_app.io.projects import OpenProject
from desktop_app.io.projects.paths import actual_path
from desktop_app.io.projects.views import read_view, write_view

_SAVE_MS = 600  # a look that changes all the time is stored once it rests
_log = logging.getLogger(__name__)


class ViewMemory(QObject):
    """Brings back how the open image was looked at, and writes changes down once they rest."""

    def __init__(self, session: Session, viewer: ViewerWidget) -> None:
        super().__init__(viewer)
        self._session, self._viewer = session, viewer
        self._place: tuple[OpenProject, str] | None = None
        self._known = ItemView()
        self._save = QTimer(self, singleShot=True, interval=_SAVE_MS)
        self._save.timeout.connect(self.flush)
        viewer.channels.changed.connect(self._save.start)
        viewer.layers.changed.connect(self._save.start)

    def flush(self) -> None:
        """Write down what has changed; call before another image is shown."""
        self._save.stop()
        if self._place is None:
            return
        opened, item_id = self._place
        view = self._view(opened)
        if view == self._known:
            return
        try:
            write_view(opened.folder, item_id, view)
            self._known = view
        except UserError as error:
            _log.warning("How the image is looked at was not stored: %s", error)

    def restore(self) -> None:
        """Look at the open image as it was looked at last; files that have gone are passed over."""
        opened, item, volume = self._session.open_project, self._session.item, self._session.volume
        self._place = None
        if opened is None or item is None or volume is None:
            return
        view = read_view(opened.folder, item.id)
        if view.image is not None:
            self._viewer.channels.set_look(view.image)
        for saved in view.layers:
            path = actual_path(opened.folder, saved.path)
            try:
                layer = open_layer(path, volume, opened.project.scheme, title=saved.title, look=saved.look)
            except UserError as error:
                _log.info("%s is not shown again: %s", saved.title, error)
                continue
            self._viewer.layers.put(layer)
        self._place, self._known = (opened, item.id), self._view(opened)
        self._save.stop()

    def _view(self, opened: OpenProject) -> ItemView:
        channels = self._viewer.channels
        look = None if channels.look == first_look(len(channels.names)) else channels.look
        layers = tuple(
            SavedLayer(path=opened.relative(layer.path), title=layer.title, look=layer.look)
            for layer in self._viewer.layers.uncompared()
            if layer.path is not None
        )
        return ItemView(image=look, layers=layers[:MOST_LAYERS])
