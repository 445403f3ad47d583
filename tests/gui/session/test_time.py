"""A movie in the window: one time point with its labels at a time, and nothing painted is lost or mixed up."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.errors import MissingLabelsError
from desktop_app.core.imaging import Plane, Region, Volume
from desktop_app.core.job import RecordingContext
from desktop_app.core.labelling.layers import AGREEMENT, BOTH, OWN
from desktop_app.core.labelling.store import Edit
from desktop_app.gui.notifications import RecordingNotifier
from desktop_app.gui.projects.missing_labels import select_item
from desktop_app.gui.session import Session
from desktop_app.gui.viewer.session_link import SessionLink
from desktop_app.gui.viewer.time_bar import TimeBar, time_text
from desktop_app.gui.viewer.viewer import ViewerWidget
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.registry import write_volume
from desktop_app.io.projects import create_project, open_project
from desktop_app.jobs.data.import_data import add_labels_to_item, export_item_labels
from desktop_app.jobs.data.project_data import project_pairs

SHAPE = (2, 8, 9)
BOX = Region((0, 2, 2), (1, 4, 5))


@pytest.fixture
def session(tmp_path: Path, qapp: object) -> Session:
    voxels = np.stack([np.full((1, *SHAPE), 10 * t + 1, np.uint8) for t in range(4)])
    movie = Volume.of_times(voxels, step=2.0)
    write_volume(tmp_path / "film.tif", movie.source, movie)
    opened = create_project(tmp_path, "p")
    project, _ = opened.project.with_item(opened.relative(tmp_path / "film.tif"), "film")
    opened.save(project)
    session = Session()
    session.adopt(opened)
    session.select_item(project.items[0].id)
    yield session
    session.close_project()


def paint(session: Session, value: int) -> None:
    store = session.labels.labels
    before = store.read(BOX)
    after = np.full(BOX.shape, value, np.uint32)
    store.write(BOX, after)
    session.commit_edit(Edit.between(BOX, before, after, "Paint"))


def test_each_time_point_has_labels_of_its_own(session: Session) -> None:
    opened, item = session.open_project, session.item
    paint(session, 1)
    session.set_time(2)
    assert (session.volume.time, int(session.volume.read().max())) == (2, 21)
    assert not session.labels.labels.read(BOX).any()
    paint(session, 7)
    session.set_time(3)
    session.set_time(0)
    assert (session.labels.labels.read(BOX) == 1).all()
    session.undo()
    assert not session.labels.labels.read(BOX).any()
    session.redo()
    session.set_time(2)
    assert (session.labels.labels.read(BOX) == 7).all()
    session.close_item()
    assert opened.labelled_times(item.id) == [0, 2]


def test_looking_at_a_movie_leaves_no_files(session: Session) -> None:
    for time in (1, 2, 3, 0):
        session.set_time(time)
    opened, item = session.open_project, session.item
    session.close_item()
    assert opened.labelled_times(item.id) == []
    assert not list(opened.journal_path(item.id).parent.iterdir())


def test_a_project_with_labels_at_a_later_time_opens_again(session: Session) -> None:
    session.set_time(1)
    paint(session, 3)
    folder, item_id = session.open_project.folder, session.item.id
    session.close_project()
    session.adopt(open_project(folder))
    session.select_item(item_id)
    assert session.item.status == "in progress"
    session.set_time(1)
    assert (session.labels.labels.read(BOX) == 3).all()


def test_labels_of_a_time_point_that_are_gone_are_missed_and_may_be_begun_anew(
    session: Session, qtbot: object, said: RecordingNotifier
) -> None:
    paint(session, 1)
    session.set_time(2)
    paint(session, 7)
    session.set_time(0)
    opened, item = session.open_project, session.item
    shutil.rmtree(opened.label_path(item.id, 2, item.edited))
    viewer, told = ViewerWidget(session.layers), list[Exception]()
    qtbot.addWidget(viewer)
    link = SessionLink(session, viewer)
    session.error_occurred.connect(told.append)
    viewer.time_bar.slider.setValue(2)
    qtbot.waitUntil(lambda: bool(told))
    assert isinstance(told[0], MissingLabelsError)
    assert (session.volume.time, session.labels, viewer.volume.time) == (2, None, 2)
    viewer.time_bar.slider.setValue(3)
    qtbot.waitUntil(lambda: session.volume.time == 3)
    assert session.labels is not None
    with pytest.raises(MissingLabelsError):
        session.set_time(2)
    select_item(session, said, item)
    assert (session.volume.time, bool(session.labels.labels.read(BOX).any())) == (2, False)
    session.set_time(0)
    assert (session.labels.labels.read(BOX) == 1).all(), "those of other time points are as they were"
    viewer.stop()
    assert link is not None


def test_time_points_that_are_not_there_change_nothing(session: Session) -> None:
    session.set_time(3)
    for wrong in (-1, 4, 3):
        session.set_time(wrong)
        assert session.volume.time == 3
    session.stroke_running = True
    session.set_time(0)
    assert session.volume.time == 3
    session.stroke_running = False


def test_labels_of_all_time_points_go_out_and_in_as_one_file(session: Session, tmp_path: Path) -> None:
    session.set_time(2)
    paint(session, 5)
    session.save()
    opened, item = session.open_project, session.item
    target = export_item_labels(opened, item, tmp_path / "out.tif", RecordingContext())
    labels = open_labels(target)
    assert labels.times == 4
    assert [int(one.read().max()) for one in labels.each_time()] == [0, 0, 5, 0]
    session.close_item()
    add_labels_to_item(opened, item, target, RecordingContext())
    assert opened.labelled_times(item.id) == [0, 1, 2, 3]
    session.select_item(item.id)
    session.set_time(2)
    assert (session.labels.labels.read(BOX) == 5).all()


def test_a_pair_to_learn_from_for_each_labelled_time_point(session: Session) -> None:
    paint(session, 1)
    session.set_time(2)
    paint(session, 1)
    session.update_item(session.item.with_done(2, (0,)))
    session.save()
    pairs = project_pairs(session.open_project, marked_only=False)
    assert [(pair.name, pair.time, pair.group) for pair in pairs] == [
        ("film, time point 1", 0, "film"), ("film, time point 3", 2, "film"),
    ]  # fmt: skip
    (marked,) = project_pairs(session.open_project, marked_only=True)
    assert (marked.time, marked.slices) == (2, (0,))


def test_the_viewer_stays_in_place_and_follows(session: Session, qtbot: object) -> None:
    viewer = ViewerWidget(session.layers)
    qtbot.addWidget(viewer)
    SessionLink(session, viewer)
    assert not viewer.time_bar.isHidden()
    viewer.set_depth(Plane.XY, 1)
    viewer.time_bar.step(1)
    qtbot.waitUntil(lambda: session.volume.time == 1)
    viewer.time_bar.slider.setValue(3)
    qtbot.waitUntil(lambda: session.volume.time == 3)
    assert viewer.current_depth(Plane.XY) == 1
    qtbot.waitUntil(lambda: not viewer.is_late(Plane.XY))
    assert viewer.volume.time == 3
    assert viewer.time_bar.words.text() == "4 of 4 · 6 s"
    viewer.stop()


def test_the_bar_is_there_for_movies_only(qtbot: object) -> None:
    bar = TimeBar()
    qtbot.addWidget(bar)
    bar.set_volume(Volume.from_array(np.zeros(SHAPE, np.uint8)))
    assert bar.isHidden()
    with qtbot.assertNotEmitted(bar.time_wanted):
        bar.step(1)
        bar.set_volume(Volume.of_times(np.zeros((3, 1, *SHAPE), np.uint8)).at_time(2))
    assert not bar.isHidden()
    with qtbot.waitSignal(bar.time_wanted, check_params_cb=lambda time: time == 1):
        bar.earlier.click()
    with qtbot.assertNotEmitted(bar.time_wanted):
        bar.step(-0)


@pytest.mark.parametrize(
    ("step", "time", "words"),
    [(None, 3, ""), (2.5, 3, " · 7.5 s"), (30, 3, " · 1 min 30 s"), (3600, 3, " · 3 h 0 min")],
)
def test_when_a_time_point_was(step: float | None, time: int, words: str) -> None:
    assert time_text(step, time) == words


def test_a_comparison_with_the_labels_goes_on_at_another_time_point(session: Session, qtbot: object) -> None:
    viewer = ViewerWidget(session.layers)
    qtbot.addWidget(viewer)
    SessionLink(session, viewer)
    paint(session, 1)
    viewer.show_preview_labels(BOX, np.full(BOX.shape, 2, np.uint32))
    session.layers.keep_preview("kept", "Kept preview")
    session.layers.compare(OWN, "kept")
    session.set_time(2)
    agreement = session.layers.get(AGREEMENT)
    assert agreement is not None
    assert not agreement.store.read(BOX).any()
    session.set_time(0)
    agreement = session.layers.get(AGREEMENT)
    assert (agreement.store.read(BOX) == BOTH).all()
    viewer.stop()
