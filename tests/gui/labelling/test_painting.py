from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Plane, Region
from desktop_app.core.labelling.tools import brush
from desktop_app.io.labels.session import LabelSession

RIGHT = Qt.MouseButton.RightButton
ALT, CONTROL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier


def test_a_drag_paints_and_is_one_undo_step(classes) -> None:
    classes.panel.controller.choices.set_size(6)
    classes.drag((20, 20), (20, 40), (40, 40))
    painted = classes.labels
    assert painted[3, 20, 30] == painted[3, 30, 40] == 1
    assert not painted[[0, 1, 2, 4, 5]].any()
    assert classes.session.history.titles() == ["Brush: Nucleus"]
    classes.session.undo()
    assert not classes.labels.any()
    classes.session.redo()
    np.testing.assert_array_equal(classes.labels, painted)


def test_what_is_painted_is_seen_at_once(classes) -> None:
    classes.viewer.set_opacity(1.0)
    canvas = classes.viewer.grid.views[Plane.XY].canvas
    classes.drag((20, 20), (20, 40), release=False)
    seen = canvas.grab().toImage().pixelColor(classes.at(20, 24) + QPoint(0, 3))
    assert seen.getRgb()[:3] == (255, 0, 0)


def test_painting_in_another_plane(classes) -> None:
    classes.viewer.set_layout("xz")
    classes.panel.controller.choices.set_size(2)
    classes.drag((2, 10), (2, 60), plane=Plane.XZ)
    found = np.argwhere(classes.labels)
    assert set(found[:, 1]) == {30}
    assert 2 in found[:, 0]


def test_right_drag_and_control_drag_erase(classes) -> None:
    classes.panel.controller.choices.set_size(9)
    classes.drag((20, 10), (20, 60))
    classes.drag((20, 20), (20, 25), button=RIGHT)
    assert classes.labels[3, 20, 22] == 0
    classes.drag((20, 40), (20, 45), keys=CONTROL)
    assert classes.labels[3, 20, 42] == 0
    assert classes.labels[3, 20, 55] == 1
    assert classes.session.history.titles() == ["Brush: Nucleus", "Eraser", "Eraser"]


def test_escape_puts_a_running_stroke_back(classes) -> None:
    classes.drag((20, 20), (20, 40), release=False)
    assert classes.labels.any()
    classes.do("label.cancel")
    assert not classes.labels.any()
    QTest.mouseRelease(classes.viewer.grid.views[Plane.XY].canvas.viewport(), Qt.MouseButton.LeftButton)
    assert classes.session.history.next_undo is None


def test_alt_click_picks_and_the_pick_tool_gives_the_brush_back(classes) -> None:
    classes.drag((20, 20))
    classes.session.set_active_value(2)
    classes.drag((20, 20), keys=ALT)
    assert classes.session.active_value == 1
    classes.session.set_active_value(2)
    classes.do("tool.pick")
    classes.drag((20, 20))
    assert classes.session.active_value == 1
    assert classes.session.tool == "brush"
    assert len(classes.session.history.titles()) == 1
    classes.drag((50, 70), keys=ALT)
    assert classes.said.messages == [("info", "There is no label under the pointer.")]


def test_fill_inside_an_outline_and_empty_with_ctrl(classes) -> None:
    classes.panel.controller.choices.set_size(3)
    classes.drag((10, 10), (10, 30), (30, 30), (30, 10), (10, 10))
    classes.do("tool.fill")
    classes.drag((20, 20))
    assert classes.labels[3, 20, 20] == 1
    assert classes.labels[3, 50, 60] == 0
    classes.drag((20, 20), keys=CONTROL)
    assert not classes.labels.any()


def test_polygon_closes_on_its_first_corner(classes) -> None:
    classes.do("tool.polygon")
    for corner in ((10, 10), (10, 40), (40, 40)):
        classes.drag(corner)
    assert not classes.labels.any()
    classes.drag((10, 10))
    assert classes.labels[3, 20, 30] == 1
    assert classes.labels[3, 35, 15] == 0
    assert classes.session.history.titles() == ["Polygon: Nucleus"]


def test_polygon_by_keys_and_double_click(classes) -> None:
    classes.do("tool.polygon")
    for corner in ((10, 10), (10, 40), (40, 40), (55, 70)):
        classes.drag(corner)
    classes.do("label.corner_back")
    classes.do("label.finish")
    assert classes.labels[3, 20, 30] == 1
    assert classes.labels[3, 50, 60] == 0
    for corner in ((45, 10), (45, 30)):
        classes.drag(corner)
    target = classes.viewer.grid.views[Plane.XY].canvas.viewport()
    classes.drag((58, 30))
    QTest.mouseDClick(target, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, classes.at(58, 30))
    assert classes.labels[3, 47, 27] == 1
    assert not classes.panel.controller._outline.collected


def test_locked_and_only_on_empty(classes) -> None:
    choices = classes.panel.controller.choices
    choices.set_size(9)
    classes.drag((20, 20), (20, 60))
    classes.panel.classes.rows[1].lock.click()
    classes.drag((20, 30), button=RIGHT)
    assert classes.labels[3, 20, 30] == 1
    classes.drag((40, 40))
    assert classes.labels[3, 40, 40] == 0
    assert classes.said.messages == [("info", "“Nucleus” is locked. Unlock it in the list to change it.")]
    classes.panel.classes.rows[1].lock.click()
    classes.do("label.only_empty")
    classes.session.set_active_value(2)
    classes.drag((20, 30), (30, 30))
    assert classes.labels[3, 20, 30] == 1
    assert classes.labels[3, 30, 30] == 2


def test_looking_around_paints_nothing(classes) -> None:
    classes.do("tool.look")
    classes.drag((20, 20), (30, 40))
    assert not classes.labels.any()


def test_copy_from_the_slice_before(classes) -> None:
    classes.drag((20, 20), (20, 40))
    painted = classes.labels[3].copy()
    classes.viewer.set_depth(Plane.XY, 4)
    classes.do("label.copy_previous")
    np.testing.assert_array_equal(classes.labels[4], painted)
    classes.viewer.set_depth(Plane.XY, 2)
    classes.do("label.copy_next")
    np.testing.assert_array_equal(classes.labels[2], painted)
    classes.do("label.copy_previous")
    assert classes.said.messages == [("info", "There is nothing to copy onto empty places of this slice.")]
    classes.session.undo()
    assert not classes.labels[2].any()


def test_undo_goes_to_the_slice_that_it_changes(classes) -> None:
    classes.drag((20, 20), (20, 40))
    classes.viewer.set_depth(Plane.XY, 0)
    classes.session.undo()
    assert classes.viewer.current_depth(Plane.XY) == 3


def test_a_full_disk_is_told_and_painting_goes_on(classes, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise UserError("Cannot write the journal: the disk is full.")

    monkeypatch.setattr(classes.session.labels, "commit", full)
    told: list[object] = []
    classes.session.error_occurred.connect(lambda error: told.append(str(error)))
    classes.drag((20, 20), (20, 40))
    assert told == ["Cannot write the journal: the disk is full."]
    assert classes.labels.any()


def test_labels_stay_with_their_image(classes, qtbot) -> None:
    classes.drag((20, 20), (20, 40))
    first, second = (i.id for i in classes.session.project.items)
    classes.session.select_item(second)
    qtbot.waitUntil(lambda: not classes.viewer.is_late(Plane.XY))
    assert not classes.labels.any()
    assert classes.session.history.next_undo is None
    classes.session.select_item(first)
    assert classes.labels[3, 20, 30] == 1
    classes.session.undo()
    assert not classes.labels.any()


def rescued(classes, folder: Path) -> np.ndarray:
    """The labels that a restart would bring back if the program were killed now."""
    labels, opened = classes.session.labels, classes.session.open_project
    labels.sync()
    item_id = classes.session.item.id
    journal = opened.journal_path(item_id)
    shutil.copytree(opened.label_path(item_id), folder / "labels.ome.zarr")
    shutil.copytree(journal.parent, folder / "journal")
    session = LabelSession(folder / "labels.ome.zarr", folder / "journal" / journal.name)
    voxels = session.labels.read(Region.whole(session.labels.shape))
    session.close()
    return voxels


def test_a_long_stroke_survives_a_killed_program(classes, tmp_path_factory: pytest.TempPathFactory) -> None:
    classes.drag((20, 20), (20, 40), (40, 40), release=False)
    classes.panel.controller._journal.write()
    np.testing.assert_array_equal(rescued(classes, tmp_path_factory.mktemp("killed")), classes.labels)
    assert classes.labels.any()
    classes.do("label.cancel")
    assert not rescued(classes, tmp_path_factory.mktemp("dropped")).any()


def test_the_journal_timer_runs_with_the_stroke(classes) -> None:
    timer = classes.panel.controller._journal._timer
    classes.drag((20, 20), (20, 40), release=False)
    assert timer.isActive()
    QTest.mouseRelease(classes.viewer.grid.views[Plane.XY].canvas.viewport(), Qt.MouseButton.LeftButton)
    assert not timer.isActive()


def test_undo_waits_for_the_end_of_a_stroke(classes) -> None:
    classes.drag((50, 20))
    classes.drag((20, 20), (20, 40), release=False)
    classes.session.undo()
    assert classes.labels[3, 50, 20] == 1
    QTest.mouseRelease(classes.viewer.grid.views[Plane.XY].canvas.viewport(), Qt.MouseButton.LeftButton)
    classes.session.undo()
    classes.session.undo()
    assert not classes.labels.any()


def test_a_huge_stroke_becomes_several_steps(classes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brush, "MOST_VOXELS", 300)
    classes.panel.controller.choices.set_size(4)
    classes.drag((20, 10), (20, 30), (40, 30), (40, 60))
    assert len(classes.session.history.titles()) > 1
    assert classes.labels[3, 20, 20] == classes.labels[3, 30, 30] == classes.labels[3, 40, 45] == 1
    while classes.session.history.next_undo is not None:
        classes.session.undo()
    assert not classes.labels.any()


def stored(bench) -> None:
    """Let the regular saving come by, and wait until it is done."""
    autosave = bench.session._open_labels.autosave
    autosave.flush()
    assert autosave._running is not None
    autosave._running.result()


def test_a_stroke_dropped_after_it_was_stored_stays_dropped(classes, tmp_path_factory) -> None:
    classes.drag((20, 20), (20, 40), (40, 40), release=False)
    stored(classes)
    assert rescued(classes, tmp_path_factory.mktemp("running")).any()
    classes.do("label.cancel")
    assert not classes.labels.any()
    assert not rescued(classes, tmp_path_factory.mktemp("killed")).any()


def test_a_right_click_across_the_saving_loses_nothing(classes, tmp_path_factory) -> None:
    classes.drag((20, 20), (20, 40))
    painted = classes.labels.copy()
    classes.drag((20, 30), button=RIGHT, release=False)
    assert (classes.labels != painted).any()
    stored(classes)
    classes.panel.controller.cancel()
    np.testing.assert_array_equal(classes.labels, painted)
    np.testing.assert_array_equal(rescued(classes, tmp_path_factory.mktemp("killed")), painted)


def test_what_is_stored_of_a_running_stroke_is_in_the_journal(classes, tmp_path_factory) -> None:
    """Also what is painted while the saving is under way."""
    labels = classes.session.labels
    classes.drag((20, 20), (20, 40), release=False)
    classes.session.about_to_store.emit()
    frozen = labels.freeze()
    before = classes.labels.copy()
    viewport = classes.viewer.grid.views[Plane.XY].canvas.viewport()
    QTest.mouseMove(viewport, classes.at(50, 70))
    assert (classes.labels != before).any()
    labels.store(frozen)
    np.testing.assert_array_equal(rescued(classes, tmp_path_factory.mktemp("during")), before)
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, classes.at(50, 70))
    np.testing.assert_array_equal(rescued(classes, tmp_path_factory.mktemp("after")), classes.labels)


def test_the_readout_follows_what_is_painted_and_undone(classes) -> None:
    said: list[str] = []
    classes.viewer.status_changed.connect(said.append)
    classes.drag((20, 20), (20, 40))
    assert said[-1].endswith("label 1 Nucleus")
    classes.session.undo()
    assert said[-1].endswith("not labelled")
    classes.session.redo()
    assert said[-1].endswith("label 1 Nucleus")


def band(bench) -> int:
    """How many places the outline over the image has."""
    return len(bench.panel.controller._running.collected) if bench.panel.controller._running is not None else 0


def test_a_lasso_shows_its_way_and_fills_when_let_go(classes) -> None:
    classes.session.set_tool("lasso")
    classes.drag((10, 10), (10, 30), (30, 30), release=False)
    assert not classes.labels.any()
    assert band(classes) >= 3
    classes.drag((30, 30))
    assert classes.labels[3, 12, 25] == 1
    assert classes.session.history.undo_title == "Lasso: Nucleus"


def test_a_livewire_follows_the_pointer_between_clicks(classes) -> None:
    classes.session.set_tool("livewire")
    for place in ((10, 10), (10, 40), (40, 40)):
        classes.drag(place)
    outline = classes.panel.controller._outline
    corners = len(outline.collected)
    QTest.mouseMove(classes.viewer.grid.views[Plane.XY].canvas.viewport(), classes.at(30, 20))
    QApplication.processEvents()
    assert len(outline.collected) > corners
    classes.do("label.finish")
    assert classes.labels[3, 15, 35] == 1


def test_the_wand_sees_the_shown_channel(classes) -> None:
    classes.session.set_tool("wand")
    classes.drag((20, 20))
    assert (classes.labels[3] == 1).all()
    assert not classes.labels[2].any()
