"""Saving movies of what the viewer shows, as jobs."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog, QFileDialog

from desktop_app.core.config.pictures import MovieSettings
from desktop_app.core.imaging import Plane, Volume
from desktop_app.core.imaging.label_colors import TABLE_SIZE, color_table
from desktop_app.core.imaging.slice_picture import DrawnChannel, DrawnLabels
from desktop_app.core.labelling.layers import OWN, palette_of
from desktop_app.core.project import Item
from desktop_app.gui.notifications.outside import open_outside
from desktop_app.gui.session.places import image_place
from desktop_app.gui.viewer.color_maps import color_map
from desktop_app.gui.viewer.movie_dialog import MovieDialog
from desktop_app.gui.viewer.viewer import ViewerWidget
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.movies import MOVIE_ENDINGS
from desktop_app.io.projects import OpenProject
from desktop_app.jobs.pictures.project import saved_labels
from desktop_app.jobs.pictures.shown import Shown, usual_channels, usual_window
from desktop_app.jobs.pictures.write import Written, write_slice_movie

_FILTER = f"Movies ({' '.join(f'*{ending}' for ending in MOVIE_ENDINGS)})"


class MovieSaving(QObject):
    """Asks what the movie shall show and where to, then writes it beside other work.

    Args:
        context: What is open, where the job runs, who is told, and what dialogs open above.
        viewer: Its colours and contrast are those of the movie.
    """

    def __init__(self, context: WindowContext, viewer: ViewerWidget) -> None:
        super().__init__(context.window)
        self._session, self._viewer, self._runner = context.session, viewer, context.runner
        self._notifier, self._window = context.notifier, context.window

    def ask(self) -> None:
        """Ask, then write."""
        volume, item = self._session.volume, self._session.item
        if volume is None or item is None:
            return
        if volume.is_2d and volume.times == 1:
            self._notifier.info("A movie goes through slices or time points, and this image has one of both.")
            return
        dialog = MovieDialog(volume, self._viewer.current_plane(), self._window)
        agreed = dialog.exec() == QDialog.DialogCode.Accepted
        settings = dialog.settings() if agreed else None
        dialog.deleteLater()
        if settings is None:
            return
        start = str(image_place(self._session) / f"{item.name} {settings.plane}{MOVIE_ENDINGS[0]}")
        chosen, _ = QFileDialog.getSaveFileName(self._window, "Save a movie", start, _FILTER)
        if chosen:
            path = Path(chosen)
            self.save(path if path.suffix else path.with_suffix(MOVIE_ENDINGS[0]), settings)

    def save(self, path: Path, settings: MovieSettings) -> None:
        """Write a movie of the open image, as it is shown now, in the background."""
        volume, item, opened = self._session.volume, self._session.item, self._session.open_project
        if volume is None or item is None or opened is None:
            return
        with self._notifier.errors_told():
            self._session.save()
            slice_now = self._viewer.current_depth(Plane(settings.plane)) + 1
            work = partial(write_slice_movie, path, self._shown(opened, item, volume), settings, slice_now, volume.time)
            job = self._runner.start(f"Movie of {volume.name}", work)
            job.succeeded.connect(self._on_written)

    def _shown(self, opened: OpenProject, item: Item, volume: Volume) -> Shown:
        """Image and labels as the viewer shows them."""
        channels = self._viewer.channels
        if channels.is_colors:
            drawn = usual_channels(volume, None)
        else:
            alone = channels.look.mode == "single"
            shadings = {
                n: channels.look.channels[n].shading(channels.window(n) or usual_window(volume, n), alone=alone)
                for n in channels.look.shown
            }
            drawn = tuple(DrawnChannel(n, shading, color_map(shading.color)) for n, shading in shadings.items())
        own = self._session.layers.get(OWN)
        if own is None or not own.seen:
            return Shown(volume, drawn)
        colors = color_table(own.fixed_colors(), palette_of(own, self._viewer.palette_name))
        colors[[value for value in own.hidden if 0 < value < TABLE_SIZE], 3] = 0
        return Shown(volume, drawn, DrawnLabels(saved_labels(opened, item, volume), colors, own.look.opacity))

    def _on_written(self, written: Written) -> None:
        show = partial(open_outside, written.out.parent, self._notifier)
        self._notifier.info(f"Saved {written.out.name}: {written.pictures} pictures.", action=("Show folder", show))
