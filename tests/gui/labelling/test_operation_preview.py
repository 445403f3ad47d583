"""What an operation would change is shown while its dialog is open, and nothing is changed before."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from desktop_app.core.imaging import Plane, Region
from desktop_app.gui.widgets.size_by_box import SizeByBox
from desktop_app.objects.operations.preview import ADDED, CHANGES, OTHER, REMOVED


def _shown(bench) -> np.ndarray:
    layer = bench.session.layers.get(CHANGES)
    return layer.store.read(Region.whole(bench.labels.shape))


def _open(bench, qtbot, action: str):
    bench.do(action)
    dialog = bench.panel.operations.dialog
    qtbot.waitUntil(lambda: not bench.panel.operations.preview.busy)
    return dialog


def test_growing_is_previewed_changed_and_taken_back(objects, qtbot) -> None:
    objects.drag((20, 20), (20, 40))
    before = objects.labels.copy()
    dialog = _open(objects, qtbot, "object.reshape")
    dialog.form.set_value(dialog.parameters().model_copy(update={"how": "grow"}))
    qtbot.waitUntil(lambda: "added" in dialog.words.text())
    grown = _shown(objects)
    assert (grown[before == 0] == ADDED).any()
    assert np.array_equal(objects.labels, before), "only shown"
    dialog.form.set_value(dialog.parameters().model_copy(update={"how": "shrink", "extent": "xy"}))
    qtbot.waitUntil(lambda: "removed" in dialog.words.text())
    assert set(np.unique(_shown(objects)).tolist()) == {0, REMOVED}
    shrunk = _shown(objects)
    dialog.accept()
    qtbot.waitUntil(lambda: not np.array_equal(objects.labels, before))
    assert np.array_equal(objects.labels, np.where(shrunk == REMOVED, 0, before)), "as it was previewed"
    assert objects.session.layers.get(CHANGES) is None


def test_one_slice_alone_is_changed_as_previewed(objects, qtbot) -> None:
    for z in (2, 4):
        objects.viewer.set_depth(Plane.XY, z)
        objects.drag((20, 20))
    before = objects.labels.copy()
    dialog = _open(objects, qtbot, "object.size_filter")
    dialog.form.set_value(dialog.parameters().model_copy(update={"min_size": 10_000}))
    dialog.in_slice.setChecked(True)
    qtbot.waitUntil(lambda: not objects.panel.operations.preview.busy)
    assert np.flatnonzero(_shown(objects).any(axis=(1, 2))).tolist() == [4]
    objects.viewer.set_depth(Plane.XY, 2)
    qtbot.waitUntil(lambda: not objects.panel.operations.preview.busy)
    assert np.flatnonzero(_shown(objects).any(axis=(1, 2))).tolist() == [2], "the preview follows the slice"
    dialog.accept()
    qtbot.waitUntil(lambda: not np.array_equal(objects.labels, before))
    assert not objects.labels[2].any()
    assert np.array_equal(objects.labels[4], before[4])


def test_nothing_stays_of_a_preview_that_is_given_up(objects, qtbot) -> None:
    objects.drag((20, 20))
    before = objects.labels.copy()
    dialog = _open(objects, qtbot, "object.fill_holes")
    assert dialog.words.text() == "Nothing would change."
    dialog.reject()
    assert objects.session.layers.get(CHANGES) is None
    assert np.array_equal(objects.labels, before)


def test_only_the_objects_that_are_seen_are_previewed_in_large_volumes(objects, qtbot, monkeypatch) -> None:
    monkeypatch.setattr("desktop_app.gui.labelling.operation_preview._WHOLE_VOXELS", 10)
    objects.drag((20, 20))
    objects.session.set_active_value(2)
    objects.viewer.set_depth(Plane.XY, 5)
    objects.drag((40, 60))
    dialog = _open(objects, qtbot, "object.size_filter")
    dialog.form.set_value(dialog.parameters().model_copy(update={"min_size": 10_000}))
    qtbot.waitUntil(lambda: "removed" in dialog.words.text())
    assert dialog.words.text().endswith("(objects in this slice).")
    assert set(np.unique(objects.labels[_shown(objects) > 0]).tolist()) == {2}
    dialog.accept()
    qtbot.waitUntil(lambda: not objects.labels.any())


def test_an_object_is_split_by_clicks_and_enter(objects, qtbot) -> None:
    objects.drag((20, 20), (20, 60))
    objects.do("object.split_at")
    view = objects.viewer.grid.views[Plane.XY].canvas
    for column in (22, 58):
        qtbot.waitUntil(lambda: not objects.panel.operations.preview.busy)
        x, y = view.screen_of(20.5, column + 0.5)
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))
    assert set(np.unique(objects.labels).tolist()) == {0, 1}, "it waits for Enter"
    qtbot.waitUntil(lambda: objects.session.layers.get(CHANGES) is not None)
    shown, z = _shown(objects), objects.viewer.current_depth(Plane.XY)
    assert (shown[z, 20, 22], shown[z, 20, 58]) == (0, OTHER), "and shows the part that gets a number of its own"
    marks = objects.viewer.grid.views[Plane.XY].canvas.hud.state.marks
    assert [here for _, _, here in marks] == [True, True]
    assert marks[0][0] == pytest.approx(view.screen_of(20.5, 22.5)[0], abs=3)
    QTest.keyClick(view, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: objects.labels.max() == 2)
    assert objects.session.layers.get(CHANGES) is None
    assert (objects.labels[z, 20, 22], objects.labels[z, 20, 58]) == (1, 2)
    objects.session.undo()
    assert objects.labels.max() == 1


def test_objects_are_merged_by_a_line(objects, qtbot) -> None:
    objects.drag((20, 20), (20, 24))
    objects.session.set_active_value(2)
    objects.drag((20, 50), (20, 60))
    objects.do("object.merge_line")
    objects.drag((20, 22), (20, 58))
    qtbot.waitUntil(lambda: not (objects.labels == 2).any())
    assert objects.labels.max() == 1


def _two_objects(bench) -> np.ndarray:
    bench.drag((20, 20), (20, 24))
    bench.session.set_active_value(2)
    bench.drag((20, 50), (20, 60))
    return bench.labels.copy()


def test_what_a_line_would_merge_is_shown_while_it_is_drawn(objects, qtbot) -> None:
    before, hints = _two_objects(objects), []
    objects.panel.hint_changed.connect(hints.append)
    objects.do("object.merge_line")
    assert "Esc" in hints[-1]
    objects.drag((20, 22), (20, 40), (20, 58), release=False)
    qtbot.waitUntil(lambda: objects.session.layers.get(CHANGES) is not None)
    assert np.array_equal(_shown(objects) == OTHER, before == 2)
    assert "to another number" in hints[-1]
    assert np.array_equal(objects.labels, before), "only shown"
    objects.key(Qt.Key.Key_Escape)
    assert objects.session.layers.get(CHANGES) is None
    assert hints[-1] == objects.panel.controller.hint
    QTest.mouseRelease(objects.viewer.grid.views[Plane.XY].canvas.viewport(), Qt.MouseButton.LeftButton)
    assert np.array_equal(objects.labels, before), "left"


def test_what_a_line_would_cut_follows_the_mouse(objects, qtbot) -> None:
    objects.drag((20, 20), (20, 60))
    before = objects.labels.copy()
    objects.do("object.cut")
    viewport = objects.viewer.grid.views[Plane.XY].canvas.viewport()
    z, found = objects.viewer.current_depth(Plane.XY), []
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=objects.at(2, 40))
    for column in (26, 54):
        QTest.mouseMove(viewport, objects.at(40, column))
        qtbot.waitUntil(lambda: objects.session.layers.get(CHANGES) is not None)
        qtbot.waitUntil(lambda: not objects.panel.operations.preview.busy)
        found.append(_shown(objects)[z, 20])
    assert [(row[12] == OTHER, row[58] == OTHER) for row in found] == [(True, False), (False, True)]
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=objects.at(40, 54))
    qtbot.waitUntil(lambda: objects.labels.max() == 2)
    assert np.array_equal(objects.labels[z, 20] != before[z, 20], found[-1] == OTHER), "as it was previewed"


def test_answers_are_shown_while_the_mouse_goes_on(objects, qtbot) -> None:
    _two_objects(objects)
    preview = objects.panel.operations.preview
    objects.do("object.merge_line")
    objects.drag((20, 22), (20, 40), (20, 58), release=False)
    qtbot.waitUntil(lambda: preview.busy)
    viewport = objects.viewer.grid.views[Plane.XY].canvas.viewport()
    column = 58
    while objects.session.layers.get(CHANGES) is None and column < 10_000:
        column += 1  # the mouse never rests
        QTest.mouseMove(viewport, objects.at(20 + column % 3, 58))
        qtbot.wait(5)
    assert objects.session.layers.get(CHANGES) is not None
    objects.key(Qt.Key.Key_Escape)


@pytest.mark.parametrize("action", ["object.merge_line", "object.cut"])
def test_a_line_may_begin_outside_of_the_image(objects, qtbot, action: str) -> None:
    objects.drag((5, 3), (5, 20))
    objects.session.set_active_value(2)
    objects.drag((50, 3), (50, 20))
    objects.do(action)
    objects.drag((-4, 8), (64, 8))
    changed = {"object.merge_line": 1, "object.cut": 4}[action]
    qtbot.waitUntil(lambda: objects.labels.max() == changed)


def test_a_line_may_be_short_where_the_view_is_large(objects, qtbot) -> None:
    objects.panel.controller.choices.set_size(1)
    objects.drag((20, 20))
    objects.session.set_active_value(2)
    objects.drag((20, 22))
    objects.do("object.merge_line")
    objects.drag((20, 20), (20, 20))
    assert objects.labels.max() == 2, "a click is no line"
    objects.drag((20, 20), (20, 22))
    qtbot.waitUntil(lambda: objects.labels.max() == 1)


def test_a_drawn_box_sets_the_size_below_which_objects_go(objects, qtbot) -> None:
    dialog = _open(objects, qtbot, "object.size_filter")
    box = dialog.findChild(SizeByBox)
    assert not box.isHidden()
    box.button.click()
    before = objects.labels.copy()
    objects.drag((10, 10), (15, 15), (19, 19))
    assert box.note.text().startswith("A box of 10 × 10 ×")
    assert dialog.parameters().min_size != 20
    assert np.array_equal(objects.labels, before), "nothing is painted"
    dialog.reject()


def test_an_operation_without_sizes_offers_no_box(objects, qtbot) -> None:
    dialog = _open(objects, qtbot, "object.reshape")
    assert dialog.findChild(SizeByBox).isHidden()
    dialog.reject()
