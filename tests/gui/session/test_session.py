"""What is open, undone, saved and found again."""

from __future__ import annotations

import errno
import os

import numpy as np
import pytest
import tifffile

from desktop_app.core.config.app_settings import AppSettings
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import ImageReading, Region, VoxelSize
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.core.labelling.store import Edit
from desktop_app.gui.session import Session
from desktop_app.io.projects import create_project, open_project
from desktop_app.io.settings import load_settings

BOX = Region((1, 2, 3), (2, 6, 8))


@pytest.fixture
def session(shell_session, project_folder):
    shell_session.adopt(open_project(project_folder))
    return shell_session


def item_named(session: Session, name: str):
    return next(i for i in session.project.items if i.name == name)


def paint(session: Session, value: int, box: Region = BOX) -> Edit:
    store = session.labels.labels
    before = store.read(box)
    after = np.full(box.shape, value, np.uint32)
    store.write(box, after)
    edit = Edit.between(box, before, after, "Brush")
    session.commit_edit(edit)
    return edit


def shown(session: Session) -> int:
    return int(session.labels.labels.read(BOX).max())


def test_selecting_an_image_tells_everybody_once(qtbot, session):
    a = item_named(session, "a")
    with qtbot.waitSignals([session.item_changed, session.volume_changed, session.labels_replaced]):
        session.select_item(a.id)
    assert session.volume.shape == (4, 20, 24)
    assert session.labels.labels.shape == (4, 20, 24)
    with qtbot.assertNotEmitted(session.volume_changed):
        session.select_item(a.id)


def test_undo_and_redo_tell_region_and_titles(qtbot, session):
    session.select_item(item_named(session, "a").id)
    paint(session, 5)
    assert session.history.undo_title == "Brush"
    regions = []
    session.labels_edited.connect(regions.append)
    with qtbot.waitSignals([session.edit_stepped, session.history_changed]):
        session.undo()
    assert regions == [BOX]
    assert session.history.redo_title == "Brush"
    assert shown(session) == 0
    session.redo()
    assert shown(session) == 5
    with qtbot.assertNotEmitted(session.labels_edited):
        session.redo()


def test_undo_survives_a_look_at_another_image(session):
    a, b = item_named(session, "a"), item_named(session, "b")
    session.select_item(a.id)
    paint(session, 5)
    session.select_item(b.id)
    assert session.history.next_undo is None
    session.select_item(a.id)
    assert shown(session) == 5
    session.undo()
    assert shown(session) == 0


def test_the_first_edit_marks_the_image_in_progress_and_saves_the_project(session, project_folder):
    session.select_item(item_named(session, "b").id)
    assert session.item.status == "new"
    paint(session, 1)
    assert session.item.status == "in progress"
    session.close_project()
    with open_project(project_folder) as again:
        assert [i.status for i in again.project.items] == ["new", "in progress", "new"]


def test_an_image_whose_first_edit_is_undone_is_new_again(session):
    a, b = item_named(session, "a"), item_named(session, "b")
    session.select_item(a.id)
    paint(session, 5)
    paint(session, 6, Region((0, 0, 0), (1, 2, 2)))
    session.undo()
    assert session.item.status == "in progress"
    session.select_item(b.id)
    session.select_item(a.id)
    session.undo()
    assert session.item.status == "new"
    session.redo()
    assert session.item.status == "in progress"
    session.undo()
    assert session.project.item(a.id).status == "new"


def test_undo_and_redo_survive_a_restart(session, project_folder):
    session.select_item(item_named(session, "a").id)
    paint(session, 5)
    paint(session, 6)
    paint(session, 7)
    session.undo()
    session.close_project()
    session.adopt(open_project(project_folder))
    session.select_item(item_named(session, "a").id)
    assert (session.history.position, session.history.redo_titles()) == (2, ["Brush"])
    session.redo()
    assert shown(session) == 7
    session.go_to(1)
    assert shown(session) == 5
    assert session.item.status == "in progress"
    session.go_to(0)
    assert shown(session) == 0
    assert session.item.status == "new"
    session.go_to(3)
    assert shown(session) == 7
    assert session.item.status == "in progress"


def test_labels_that_were_replaced_have_no_history(session):
    session.select_item(item_named(session, "a").id)
    paint(session, 5)
    session.release_labels()
    session.reload_labels()
    assert shown(session) == 5
    assert session.history.next_undo is None
    paint(session, 6)
    session.undo()
    assert shown(session) == 5


def test_what_no_longer_fits_is_not_undone(session):
    session.select_item(item_named(session, "a").id)
    paint(session, 5)
    paint(session, 6)
    errors = []
    session.error_occurred.connect(lambda error: errors.append(str(error)))
    session.labels.labels.write(BOX, np.full(BOX.shape, 9, np.uint32))
    session.undo()
    assert shown(session) == 9
    assert "changed by something else" in errors[0]
    assert session.history.next_undo is None
    session.undo()
    assert len(errors) == 1


def test_labels_are_found_again(qtbot, session, project_folder):
    item = item_named(session, "a")
    session.select_item(item.id)
    paint(session, 7)
    session.close_project()
    session.adopt(open_project(project_folder))
    session.select_item(item.id)
    assert shown(session) == 7


def test_a_killed_program_gets_its_edits_back(qtbot, session, project_folder):
    item = item_named(session, "a")
    session.select_item(item.id)
    paint(session, 7)
    session.labels.sync()
    session._open_labels.autosave.stop()
    session._open_labels.current = None
    session.open_project.close()
    other = Session()
    other.adopt(open_project(project_folder))
    with qtbot.waitSignal(other.edits_recovered) as signal:
        other.select_item(item.id)
    assert signal.args == [("Brush",)]
    assert shown(other) == 7
    other.undo()
    assert shown(other) == 0
    other.close_project()


def test_autosave_writes_in_the_background(qtbot, session):
    session.select_item(item_named(session, "a").id)
    paint(session, 3)
    assert session.labels.dirty
    with qtbot.waitSignal(session.saved):
        session._open_labels.autosave.flush()
    assert not session.labels.dirty


def test_a_full_disk_while_painting_is_told_and_the_stroke_stays(session, project_folder, monkeypatch):
    session.select_item(item_named(session, "a").id)
    errors = []
    session.error_occurred.connect(errors.append)

    def full(file: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    paint(session, 6)
    assert (shown(session), session.history.next_undo is not None, len(errors)) == (6, True, 1)
    session.undo()
    assert (shown(session), len(errors)) == (0, 2)
    monkeypatch.undo()
    session.redo()
    session.close_project()
    session.adopt(open_project(project_folder))
    session.select_item(item_named(session, "a").id)
    assert (shown(session), session.history.titles()) == (6, ["Brush"])


def test_an_outage_is_told_once_and_its_end_too(qtbot, session, monkeypatch):
    session.select_item(item_named(session, "a").id)
    errors = []
    session.error_occurred.connect(errors.append)

    def full() -> None:
        raise UserError("The disk is full.")

    paint(session, 3)
    monkeypatch.setattr(session.labels, "sync", full)
    session._open_labels.autosave.sync()
    session._open_labels.autosave.sync()
    assert [str(e) for e in errors] == ["The disk is full."]
    monkeypatch.undo()
    with qtbot.waitSignal(session.saved):
        session._open_labels.autosave.flush()


def test_a_damaged_image_leaves_nothing_half_open(session, image_folder):
    a, b = item_named(session, "a"), item_named(session, "b")
    session.select_item(a.id)
    (image_folder / "b.tif").write_bytes(b"not an image")
    with pytest.raises(UserError):
        session.select_item(b.id)
    assert (session.item, session.volume, session.labels) == (None, None, None)


def test_an_image_of_another_shape_keeps_its_labels(session, image_folder):
    a = item_named(session, "a")
    session.select_item(a.id)
    paint(session, 9)
    session.close_item()
    tifffile.imwrite(image_folder / "a.tif", np.zeros((4, 9, 9), np.uint8), imagej=True, metadata={"axes": "ZYX"})
    with pytest.raises(UserError, match="labels"):
        session.select_item(a.id)
    tifffile.imwrite(image_folder / "a.tif", np.zeros((4, 20, 24), np.uint8), imagej=True, metadata={"axes": "ZYX"})
    session.select_item(a.id)
    assert shown(session) == 9


def test_project_changes_reach_item_volume_and_scheme(qtbot, session):
    session.select_item(item_named(session, "a").id)
    size = VoxelSize(z=2, y=1, x=1)
    with qtbot.waitSignals([session.project_changed, session.item_changed, session.volume_changed]):
        session.update_item(session.item.model_copy(update={"reading": ImageReading(voxel_size=size)}))
    assert session.volume.voxel_size == size
    with qtbot.waitSignal(session.scheme_changed):
        session.update_project(session.project.model_copy(update={"scheme": LabelScheme(kind="classes")}))
    removed = session.item.id
    with qtbot.waitSignal(session.volume_changed):
        session.update_project(session.project.without(removed))
    assert session.item is None


def test_tool_and_value_tell_only_changes(qtbot, session):
    with qtbot.waitSignal(session.tool_changed):
        session.set_tool("fill")
    with qtbot.assertNotEmitted(session.tool_changed):
        session.set_tool("fill")
    with qtbot.waitSignal(session.active_value_changed):
        session.set_active_value(70_000)
    with qtbot.assertNotEmitted(session.active_value_changed):
        session.set_active_value(-1)


def test_settings_are_saved(qtbot, session):
    with qtbot.waitSignal(session.settings_changed):
        session.update_settings(session.settings.model_copy(update={"theme": "dark"}))
    assert load_settings() == (AppSettings(theme="dark"), [])


def test_a_project_that_cannot_be_saved_is_let_go_with_its_lock(session, project_folder, monkeypatch):
    session.select_item(item_named(session, "a").id)
    paint(session, 6)

    def full() -> None:
        raise UserError("The disk is full.")

    monkeypatch.setattr(session.labels, "close", full)
    with pytest.raises(UserError, match="The disk is full"):
        session.close_project()
    assert (project_folder / "lock.json").exists()
    session.abandon_project()
    assert (session.project, session.item) == (None, None)
    assert not (project_folder / "lock.json").exists()
    monkeypatch.undo()
    session.adopt(open_project(project_folder))
    session.select_item(item_named(session, "a").id)
    assert shown(session) == 6


def test_a_new_project_begins_with_the_first_object(session, project_folder, tmp_path):
    session.set_active_value(35)
    session.close_project()
    session.adopt(create_project(tmp_path / "other.vwproj", "Other"))
    assert session.active_value == 1
    session.set_active_value(12)
    session.adopt(open_project(project_folder))
    assert session.active_value == 1
