from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog

from desktop_app.core.imaging import Region
from desktop_app.core.imaging.label_colors import folded
from desktop_app.core.labelling import ArrayLabelStore
from desktop_app.core.labelling.layers import OWN, LabelLayer
from desktop_app.core.labelling.store import Edit
from desktop_app.gui.jobs import JobHandle, JobRunner
from desktop_app.gui.session import Session
from desktop_app.gui.viewer.session_link import SessionLink
from desktop_app.gui.viewer.view3d.link import View3DLink, read_layers
from desktop_app.gui.viewer.view3d.saving import save_movie
from desktop_app.gui.viewer.viewer import ViewerWidget
from desktop_app.io.projects import open_project


@pytest.fixture
def link(qtbot, shell_session: Session, shell_runner: JobRunner, project_folder: Path) -> Iterator[View3DLink]:
    viewer = ViewerWidget()
    qtbot.addWidget(viewer)
    viewer.resize(700, 600)
    viewer.show()
    SessionLink(session=shell_session, viewer=viewer)
    link = View3DLink(shell_session, viewer, shell_runner)
    shell_session.adopt(open_project(project_folder))
    project = shell_session.project
    assert project is not None
    shell_session.select_item(project.items[0].id)
    yield link
    link.stop()
    viewer.stop()


def paint(session: Session, box: Region, value: int) -> None:
    assert session.labels is not None
    store = session.labels.labels
    before, after = store.read(box), np.full(box.shape, value, np.uint32)
    store.write(box, after)
    session.commit_edit(Edit.between(box, before, after, "Brush"))


def test_nothing_is_read_before_the_view_is_seen(link: View3DLink) -> None:
    assert link.scenes is None
    link.view.parentWidget().parentWidget().set_layout("all")
    assert link.scenes is not None


def test_a_click_goes_to_the_object_that_was_painted(qtbot, link: View3DLink, shell_session: Session) -> None:
    viewer, volume = link._viewer, shell_session.volume
    assert volume is not None
    viewer.set_layout("3d")
    assert link.scenes is not None
    box = Region.whole(volume.shape)
    paint(shell_session, box, 5)
    found: list[object] = []
    link.scenes.picked.connect(found.append)

    def asked() -> bool:
        link.view.pick_wanted.emit(link.view.camera, 0.0, 0.0)
        return any(isinstance(each, tuple) and each[0] == 5 for each in found)

    viewer.navigator.go_to((0, 0, 0))
    qtbot.waitUntil(asked)
    qtbot.waitUntil(lambda: viewer.navigator.position != (0, 0, 0))


def test_closing_the_image_leaves_an_empty_view(link: View3DLink, shell_session: Session) -> None:
    link._viewer.set_layout("all")
    shell_session.close_item()
    assert not link.view.isVisible()


def test_what_is_seen_is_kept_as_picture_and_movie(
    qtbot, link: View3DLink, shell_runner: JobRunner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    link._viewer.set_layout("3d")
    answers = [(str(tmp_path / "seen"), "Picture (*.png)"), (str(tmp_path / "turn.png"), "Movie (*.mp4)")]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_asked: answers.pop(0))
    link.view.movie_button.click()
    assert (tmp_path / "seen.png").read_bytes().startswith(b"\x89PNG")
    link.view.movie_button.click()
    qtbot.waitUntil(lambda: (tmp_path / "turn.mp4").exists() and not shell_runner.jobs())
    assert (tmp_path / "turn.mp4").read_bytes()[4:8] == b"ftyp"


def test_another_ending_is_said_by_the_job(
    qtbot, link: View3DLink, shell_session: Session, shell_runner: JobRunner, tmp_path: Path
) -> None:
    jobs: list[JobHandle] = []
    shell_runner.job_added.connect(jobs.append)
    save_movie(tmp_path / "turn.avi", shell_session, shell_runner, 0)
    qtbot.waitUntil(lambda: jobs[0].error is not None)
    assert "no file for a movie" in str(jobs[0].error)


def test_surfaces_of_all_objects_are_written(
    qtbot,
    link: View3DLink,
    shell_session: Session,
    shell_runner: JobRunner,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    link._viewer.set_layout("3d")
    paint(shell_session, Region((0, 0, 0), (3, 4, 4)), 7)
    answers = [
        (str(tmp_path / "cells"), "Surfaces of all objects (*.stl)"),
        (str(tmp_path / "c.ply"), "Picture (*.png)"),
    ]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_asked: answers.pop(0))
    for name in ("cells.stl", "c.ply"):
        link.view.movie_button.click()
        qtbot.waitUntil(lambda name=name: (tmp_path / name).exists() and not shell_runner.jobs())
    assert (tmp_path / "cells.stl").stat().st_size > 84 + 50
    assert (tmp_path / "c.ply").read_bytes().startswith(b"ply")


def test_layers_that_are_seen_are_drawn_beside_the_labels(qtbot, link: View3DLink, shell_session: Session) -> None:
    viewer, volume = link._viewer, shell_session.volume
    viewer.set_layout("3d")
    found = np.zeros(volume.shape, np.uint32)
    found[:, :6, :6] = 9
    viewer.layers.put(LabelLayer("result", "Result", ArrayLabelStore(found)))
    qtbot.waitUntil(lambda: [layer.key for layer in link._layers] == [OWN, "result"])
    qtbot.waitUntil(lambda: link.scenes._scene is not None and len(link.scenes._scene.boxes) == 1)
    viewer.layers.set_look("result", visible=False)
    qtbot.waitUntil(lambda: [layer.key for layer in link._layers] == [OWN])
    qtbot.waitUntil(lambda: link.scenes._scene is not None and not link.scenes._scene.boxes)


def test_objects_of_layers_stay_apart_and_keep_their_colours() -> None:
    first, second = np.zeros((1, 2, 4), np.uint32), np.zeros((1, 2, 4), np.uint32)
    first[0, 0, :2], second[0, :, 1:] = 7, 7
    second[0, 1, 3] = 8
    box = Region.whole((1, 2, 4))
    stores = (ArrayLabelStore(first), ArrayLabelStore(second))
    found = read_layers([(store, 0) for store in stores], box)
    assert len(np.unique(found)) == 4
    assert (found[0, 0, :2] == 7).all()
    np.testing.assert_array_equal(folded(found[found > 7]), folded(second[(second > 0) & (first == 0)]))
    assert np.unique(read_layers([(stores[1], 8)], box)).tolist() == [0, 8]
