"""The 3D view shows what the planes show, as long as it is seen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer

from desktop_app.core.errors import errors_told
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.imaging.camera import Vector
from desktop_app.core.imaging.contrast import Window, auto_window
from desktop_app.core.imaging.label_colors import TABLE_SIZE, color_table, folded
from desktop_app.core.labelling.layers import OWN, LabelLayer, LabelReader, LayerKind, palette_of
from desktop_app.core.labelling.marks import CHOSEN, CHOSEN_COLOR, ChosenLabels
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.session import Session
from desktop_app.gui.viewer.view3d.scene_thread import SceneThread, Source
from desktop_app.gui.viewer.view3d.view3d import View3D
from desktop_app.gui.viewer.viewer import ViewerWidget

_MEGABYTE = 1024**2  # bytes
# Between the numbers of two layers: a whole number of tables of colours, and room for four layers in 32 bits; a fifth
# shares numbers with the fourth.
_APART, _MOST_APART = (TABLE_SIZE - 1) * 1_000_000, 3
_OBJECTS = (LayerKind.LABELS, LayerKind.RESULT, LayerKind.PREVIEW)
_SETTLE_MS = 250  # a contrast that is being dragged is taken over once it rests


class View3DLink(QObject):
    """Starts the thread when the view is first seen, and keeps both in step with session and viewer.

    Args:
        session: Labels, their changes, and the budget of memory.
        viewer: Whose fourth quadrant it is.
        runner: Writes movies.
    """

    def __init__(self, session: Session, viewer: ViewerWidget, runner: JobRunner) -> None:
        super().__init__(viewer)
        self._session, self._viewer, self._runner = session, viewer, runner
        self.view: View3D = viewer.grid.space
        self.scenes: SceneThread | None = None
        self._stale = True
        self._layers: tuple[LabelLayer, ...] = ()
        self._state: object = None
        self._renew = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._renew.timeout.connect(self._reload)
        view = self.view
        view.shown.connect(self._on_shown)
        view.look_wanted.connect(lambda look: self.scenes.look(look) if self.scenes is not None else None)
        view.pick_wanted.connect(lambda *pick: self.scenes.pick(*pick) if self.scenes is not None else None)
        view.movie_wanted.connect(self._save)
        view.full_wanted.connect(lambda: viewer.navigator.toggle_maximised("3d"))
        session.volume_changed.connect(self._on_volume)
        session.labels_replaced.connect(self._begin_again)
        session.labels_edited.connect(self._on_edit)
        viewer.layers.changed.connect(self._on_layers)
        viewer.channels.changed.connect(self._on_channels)
        viewer.position_changed.connect(view.set_position)
        viewer.destroyed.connect(self.stop)
        self._on_volume(session.volume)

    def stop(self) -> None:
        """End the thread; call before the program ends."""
        thread, self.scenes = self.scenes, None
        if thread is not None:
            thread.stop()

    def _save(self) -> None:
        from desktop_app.gui.viewer.view3d.saving import save_view

        with errors_told(self._session.error_occurred.emit):
            save_view(self.view, self._session, self._runner, self._viewer.channels.look.chosen)

    def _on_volume(self, volume: Volume | None) -> None:
        if volume is not None:
            self.view.set_volume(volume.shape, _edges(volume))
            self.view.set_position(self._viewer.navigator.position)
        else:
            self.view.set_position(None)
        self._begin_again()

    def _begin_again(self) -> None:
        """All is to be read anew, at once or when the view is seen."""
        self._stale = True
        if self.scenes is not None and self._session.volume is None:
            self.scenes.show_source(None, self._colors())
        if self.view.isVisible():
            self._reload()

    def _on_shown(self) -> None:
        if self.scenes is None:
            self.scenes = thread = SceneThread(self)
            thread.drawn.connect(self.view.set_picture)
            thread.told.connect(self.view.set_message)
            thread.picked.connect(self._on_picked)
            thread.failed.connect(self._session.error_occurred)
        if self._stale:
            self._reload()

    def _reload(self) -> None:
        volume = self._session.volume
        if self.scenes is None or volume is None or volume.is_2d or not self.view.isVisible():
            return
        self._stale = False
        self._state = self._image_state()
        self._layers = self._seen_layers()
        channel = self._viewer.channels.look.chosen
        stores = tuple((layer.store, layer.look.solo) for layer in self._layers)
        source = Source(
            volume.shape,
            _edges(volume),
            partial(read_layers, stores) if stores else None,
            lambda region: volume.read(region, channel),
            self._window(volume, channel),
            self._session.settings.view3d_memory_mb * _MEGABYTE,
        )
        self.scenes.show_source(source, self._colors())
        self.scenes.look(self.view.look())

    def _window(self, volume: Volume, channel: int) -> Window:
        known = self._viewer.channels.window(channel)
        if known is not None:
            return known
        z = volume.shape[0] // 2
        return auto_window(volume.read(Region((z, 0, 0), (z + 1, *volume.shape[1:])), channel).reshape(-1))

    def _on_edit(self, region: Region) -> None:
        if self.scenes is None or self._stale:
            return
        if self.view.isVisible():
            self.scenes.change(region)
        else:
            self._stale = True

    def _on_layers(self) -> None:
        if self.scenes is None or self._stale:
            return
        now, before = (
            [(o.key, id(o.store), o.look.solo) for o in seen] for seen in (self._seen_layers(), self._layers)
        )
        if now == before:
            self.scenes.set_colors(self._colors())
        else:
            self._stale = True
            self._renew.start()

    def _seen_layers(self) -> tuple[LabelLayer, ...]:
        """The layers of objects that are seen, those that are painted first, then the topmost ones."""
        seen = [layer for layer in reversed(self._viewer.layers.stack) if layer.seen and layer.kind in _OBJECTS]
        return tuple(sorted((layer for layer in seen if layer.key != CHOSEN), key=lambda layer: layer.key != OWN))

    def _on_channels(self) -> None:
        if self._image_state() != self._state:
            self._stale = True
            self._renew.start()

    def _image_state(self) -> object:
        channels = self._viewer.channels
        return channels.look.chosen, channels.window(channels.look.chosen)

    def _colors(self) -> NDArray[np.uint8]:
        layer = self._viewer.layers.get(OWN)
        if layer is None:
            return color_table()
        colors = color_table(layer.fixed_colors(), palette_of(layer, self._viewer.palette_name))
        colors[[value for value in layer.hidden if 0 < value < TABLE_SIZE], 3] = 0
        chosen = self._viewer.layers.get(CHOSEN)
        if chosen is not None and isinstance(chosen.store, ChosenLabels):
            colors[np.unique(folded(chosen.store.ids)), :3] = CHOSEN_COLOR
        return colors

    def _on_picked(self, found: object) -> None:
        if isinstance(found, tuple):
            self._viewer.center_on(found[1])


def _facts(layers: tuple[LabelLayer, ...]) -> list[tuple[str, int, int]]:
    """What of layers makes other surfaces."""
    return [(layer.key, id(layer.store), layer.look.solo) for layer in layers]


def read_layers(stores: Sequence[tuple[LabelReader, int]], region: Region) -> NDArray[np.uint32]:
    """Labels (Z, Y, X) of several layers in one: what an earlier one leaves empty is filled by a later one.

    Objects of different layers stay apart, and keep their rows in the table of colours.

    Args:
        stores: Each with the only object that is taken, 0 for all.
        region: The box to read.
    """
    found = np.zeros(region.shape, np.uint32)
    for number, (store, solo) in enumerate(stores):
        labels = store.read(region)
        wanted = (found == 0) & ((labels == solo) if solo else (labels > 0))
        found[wanted] = labels[wanted] + np.uint32(min(number, _MOST_APART) * _APART)
    return found


def _edges(volume: Volume) -> Vector:
    return volume.voxel_size.zyx if volume.voxel_size.known else (1.0, 1.0, 1.0)
