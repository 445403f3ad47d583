"""The viewer shows what the session has open."""

from __future__ import annotations

from PySide6.QtCore import QObject

from desktop_app.core.config.app_settings import AppSettings
from desktop_app.core.imaging import Plane, Region
from desktop_app.gui.session import Session
from desktop_app.gui.viewer.viewer import ViewerWidget


class SessionLink(QObject):
    """Keeps a viewer in step with image, labels, undo and preferences. Make it before anything that changes colours."""

    def __init__(self, session: Session, viewer: ViewerWidget) -> None:
        super().__init__(viewer)
        self._session, self._viewer = session, viewer
        session.volume_changed.connect(viewer.set_volume)
        session.labels_replaced.connect(self._on_labels)
        session.labels_edited.connect(viewer.refresh_labels)
        session.edit_stepped.connect(self._on_stepped)
        session.settings_changed.connect(self._on_settings)
        viewer.set_volume(session.volume)
        self._on_labels()
        self._on_settings(session.settings)

    def _on_labels(self) -> None:
        labels, project = self._session.labels, self._session.project
        if project is not None:
            self._viewer.set_labels(labels.labels if labels is not None else None, project.scheme)

    def _on_stepped(self, region: Region) -> None:
        """Show where undo or redo changed something."""
        depth = self._viewer.current_depth(Plane.XY)
        if not region.start[0] <= depth < region.stop[0]:
            self._viewer.set_depth(Plane.XY, region.start[0])

    def _on_settings(self, settings: AppSettings) -> None:
        self._viewer.set_opacity(settings.label_opacity)
