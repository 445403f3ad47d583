"""The viewer shows what the session has open."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from desktop_app.core.config.app_settings import AppSettings
from desktop_app.core.errors import errors_told
from desktop_app.core.imaging import Plane, Region, Volume
from desktop_app.core.project import Item
from desktop_app.core.project.named_labels import FIRST_LAYER_NAME
from desktop_app.gui.session import Session
from desktop_app.gui.viewer.other_labels import OtherLabels
from desktop_app.gui.viewer.view_memory import ViewMemory
from desktop_app.gui.viewer.viewer import ViewerWidget

_SAVE_MS = 600  # a look that changes all the time is stored once it rests


class SessionLink(QObject):
    """Keeps a viewer in step with image, labels, undo and preferences. Make it before anything that changes colours."""

    def __init__(self, session: Session, viewer: ViewerWidget) -> None:
        super().__init__(viewer)
        self._viewer = viewer
        self._session = session
        self._opacity = session.settings.label_opacity
        self._save = QTimer(self, singleShot=True, interval=_SAVE_MS)
        self._save.timeout.connect(self._save_opacity)
        self._time = 0
        self._go = QTimer(self, singleShot=True, interval=0)
        self._go.timeout.connect(self._show_time)
        self._memory, self._others = ViewMemory(session, viewer), OtherLabels(session, viewer.layers)
        self._layers_of: dict[str, str] = {}
        session.volume_changed.connect(self._on_volume)
        session.labels_replaced.connect(self._on_labels)
        session.item_changed.connect(self._on_item)
        session.labels_edited.connect(viewer.refresh_labels)
        session.edit_stepped.connect(self._go_to)
        session.settings_changed.connect(self._on_settings)
        viewer.time_wanted.connect(self._on_time_wanted)
        viewer.opacity_changed.connect(self._on_opacity)
        self._on_settings(session.settings)
        self._on_volume(session.volume)

    def _on_time_wanted(self, time: int) -> None:
        self._time = time
        self._go.start()

    def _show_time(self) -> None:
        """The time point wanted last: a slider that is dragged passes over many."""
        with errors_told(self._session.error_occurred.emit):
            self._session.set_time(self._time)
        if self._session.volume is not None:
            self._viewer.time_bar.set_volume(self._session.volume)

    def _on_volume(self, volume: Volume | None) -> None:
        shown = self._viewer.volume
        if volume is not None and shown is not None and volume.movie is not None and volume.movie is shown.movie:
            self._viewer.show_time(volume)
            self._on_labels()
            return
        self._memory.flush()
        self._viewer.set_volume(volume)
        self._on_labels()
        self._memory.restore()
        if volume is not None:
            self._show_flipbook()

    def _show_flipbook(self) -> None:
        """A flipbook opens at the slice that is to be labelled."""
        from desktop_app.io.projects.flipbooks import flipbook_slice

        number = flipbook_slice(self._session.open_project, self._session.item)
        if number is not None:
            self._viewer.set_depth(Plane.XY, number)

    def _on_labels(self) -> None:
        labels, item = self._session.labels, self._session.item
        title = item.label_layers[item.edited] if item is not None else FIRST_LAYER_NAME
        self._viewer.set_labels(labels.labels if labels is not None else None, self._session.scheme, title)
        self._others.refresh()

    def _on_item(self, item: Item | None) -> None:
        """Layers came, went, or have other names."""
        names = {} if item is None else item.label_layers
        if names != self._layers_of:
            self._layers_of = names
            self._on_labels()

    def _go_to(self, region: Region) -> None:
        """Show a slice of what undo or redo has just changed, if none is shown."""
        viewer = self._viewer
        plane = viewer.current_plane()
        axis = plane.depth_axis
        if not region.start[axis] <= viewer.current_depth(plane) < region.stop[axis]:
            viewer.set_depth(plane, (region.start[axis] + region.stop[axis]) // 2)

    def _on_settings(self, settings: AppSettings) -> None:
        self._viewer.navigator.set_wheel_zooms(settings.wheel_zooms)
        self._viewer.set_palette(settings.label_palette)
        self._viewer.set_memory(settings.viewing_memory_mb)
        if not self._save.isActive():
            self._viewer.set_opacity(settings.label_opacity)

    def _on_opacity(self, opacity: float) -> None:
        self._opacity = opacity
        self._save.start()

    def _save_opacity(self) -> None:
        self._session.update_settings(self._session.settings.model_copy(update={"label_opacity": self._opacity}))
