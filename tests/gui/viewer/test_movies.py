"""Saving a movie from the window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QWidget

from desktop_app.core.config.pictures import MovieSettings
from desktop_app.core.imaging import Plane, Region, Volume
from desktop_app.core.labelling.store import Edit
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.notifications import RecordingNotifier
from desktop_app.gui.session import Session
from desktop_app.gui.viewer.movie_dialog import MovieDialog
from desktop_app.gui.viewer.movies import MovieSaving
from desktop_app.gui.viewer.session_link import SessionLink
from desktop_app.gui.viewer.viewer import ViewerWidget
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.projects import open_project


@pytest.fixture
def saving(
    qtbot, shell_session: Session, shell_runner: JobRunner, said: RecordingNotifier, project_folder: Path
) -> MovieSaving:
    window = QWidget()
    viewer = ViewerWidget(shell_session.layers, window)
    qtbot.addWidget(window)
    SessionLink(shell_session, viewer)
    shell_session.adopt(open_project(project_folder))
    shell_session.select_item(shell_session.project.items[0].id)
    yield MovieSaving(WindowContext(shell_session, shell_runner, said, window), viewer)
    viewer.stop()


def test_a_movie_shows_what_was_painted(
    qtbot, saving: MovieSaving, shell_session: Session, said: RecordingNotifier, tmp_path: Path
) -> None:
    box = Region((0, 0, 0), (1, 6, 6))
    after = np.full(box.shape, 3, np.uint32)
    store = shell_session.labels.labels
    before = store.read(box)
    store.write(box, after)
    shell_session.commit_edit(Edit.between(box, before, after, "Paint"))
    saving.save(tmp_path / "m.webp", MovieSettings(size=64, scale_bar=False))
    qtbot.waitUntil(lambda: bool(said.said("info")))
    assert said.said("info")[-1] == f"Saved m.webp: {shell_session.volume.shape[0]} pictures."
    with Image.open(tmp_path / "m.webp") as movie:
        colored = []
        for number in range(movie.n_frames):
            movie.seek(number)
            colored.append(int(np.ptp(np.asarray(movie.convert("RGB")).astype(int), axis=2).max()) > 60)
    assert (colored[0], colored[-1]) == (True, False)


def test_the_dialog_says_what_comes_of_it(qtbot) -> None:
    stack = Volume.from_array(np.zeros((20, 8, 8), np.uint8))
    dialog = MovieDialog(stack, Plane.XY)
    qtbot.addWidget(dialog)
    assert dialog.words.text() == "20 of 20 slices (xy), 2 s."
    dialog.form.set_value(MovieSettings(first=20))
    dialog._on_changed(MovieSettings(first=20))
    assert not dialog.go.isEnabled()
    movie = Volume.of_times(np.zeros((3, 1, 1, 8, 8), np.uint8))
    of_time = MovieDialog(movie, Plane.XY)
    qtbot.addWidget(of_time)
    assert of_time.settings().along == "time"
    assert of_time.words.text() == "3 of 3 time points, 0.3 s."
