"""The object table follows the labels, and what is said in it is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from desktop_app.core.imaging import Plane, Region
from desktop_app.core.labelling.marks import BY_CLASS, CHOSEN
from desktop_app.gui.proofreading.columns import PLACES
from desktop_app.gui.proofreading.objects_panel import ObjectsPanel
from desktop_app.io.projects.reviews import read_review, review_path
from desktop_app.io.tables import read_csv
from desktop_app.objects.operations import OPERATIONS
from desktop_app.objects.operations.preview import CHANGES, REMOVED
from tests.gui.proofreading.conftest import Desk, wait_for

SIZE, STATE, LOCK, NOTE, PIECES, SLICES = (
    PLACES[name] for name in ("size", "state", "lock", "note", "piece_count", "slices")
)


def test_objects_are_listed_with_what_is_known_of_them(desk: Desk) -> None:
    assert desk.numbers() == [1, 2, 3]
    assert (desk.cell(2, SIZE), desk.cell(2, SLICES), desk.cell(2, PIECES)) == ("120", "1–2", "1")
    assert desk.cell(1, PLACES["grey"]) == "10"
    assert desk.cell(3, PLACES["reasons"]) == "at the border"
    assert desk.panel.count.text() == "3 objects"


def test_one_object_is_not_counted_as_several(desk: Desk) -> None:
    store = desk.session.labels.labels
    desk.put((0, 0, 0), store.shape, 1)
    desk.wait()
    assert desk.panel.count.text() == "1 object"


def test_an_edit_and_its_undo_are_followed(desk: Desk) -> None:
    desk.put((3, 18, 0), (4, 19, 3), 1)
    desk.wait()
    assert (desk.cell(1, SIZE), desk.cell(1, PIECES)) == ("75", "2")
    desk.put((0, 0, 15), (1, 4, 20), 0)
    desk.wait()
    assert desk.numbers() == [1, 2]
    desk.session.undo()
    desk.session.undo()
    desk.wait()
    assert desk.numbers() == [1, 2, 3]
    assert desk.cell(1, PIECES) == "1"


def test_objects_of_which_the_model_was_unsure_come_first(desk: Desk) -> None:
    column = PLACES["confidence"]
    assert desk.panel.table.isColumnHidden(column)
    desk.session.reviewing.set_confidence({1: 0.95, 2: 0.52})
    assert not desk.panel.table.isColumnHidden(column)
    assert [desk.cell(number, column) for number in (1, 2, 3)] == ["0.95", "0.52", "–"]
    desk.panel.suspicious_first()
    assert desk.numbers()[0] == 2
    desk.panel.search.setText("unsure confidence<0.9")
    assert desk.numbers() == [2]


def test_sorting_and_searching(desk: Desk) -> None:
    desk.panel.table.sortByColumn(SIZE, Qt.SortOrder.DescendingOrder)
    assert desk.numbers() == [2, 1, 3]
    desk.panel.search.setText("size<100")
    assert desk.numbers() == [1, 3]
    desk.panel.search.setText("border")
    assert desk.numbers() == [1, 3]
    assert desk.panel.count.text() == "2 of 3 objects"
    desk.panel.search.setText("size<50 border")
    assert desk.numbers() == [3]
    desk.panel.search.clear()
    desk.panel.suspicious_first()
    assert desk.numbers()[0] in (1, 3)


def test_a_click_on_a_row_goes_there_and_outlines_the_object(desk: Desk) -> None:
    table = desk.panel.table
    place = table.visualRect(table.model().index(1, 0)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert desk.panel.reviewer.chosen == [2]
    assert desk.viewer.current_depth(Plane.XY) == 2
    assert desk.session.active_value == 2
    layer = desk.session.layers.get(CHOSEN)
    assert layer is not None
    shown = layer.store.read(desk.viewer.visible_region(Plane.XY))
    assert np.array_equal(shown > 0, desk.labels[2:3] == 2) or (shown > 0).sum() == 60
    table.selectAll()
    assert set(desk.panel.reviewer.chosen) == {1, 2, 3}
    desk.panel.hide()
    assert desk.session.layers.get(CHOSEN) is None


def test_a_review_goes_from_one_object_to_the_next_and_is_kept(desk: Desk) -> None:
    for action in ("review.next", "review.right", "review.doubtful"):
        desk.registry.action(action).trigger()
    assert [desk.cell(number, STATE) for number in (1, 2, 3)] == ["right", "doubtful", "to do"]
    assert desk.panel.reviewer.chosen == [3]
    desk.registry.action("review.lock").trigger()
    assert desk.cell(3, LOCK) == "locked"
    model = desk.panel.reviewer.model
    model.setData(model.index(0, NOTE), "odd nucleus")
    desk.panel.search.setText("odd")
    assert desk.numbers() == [1]
    folder, item = desk.session.open_project.folder, desk.session.item
    desk.session.save()
    kept = read_review(review_path(folder, item.id), item.name)
    assert kept.states == {1: "right", 2: "doubtful"}
    assert (kept.notes, kept.locked) == ({1: "odd nucleus"}, frozenset({3}))
    other = desk.session.project.items[1].id
    desk.session.select_item(other)
    assert desk.session.reviewing.review.states == {}
    desk.session.select_item(item.id)
    assert desk.session.reviewing.review == kept


def test_next_says_when_nothing_is_left(desk: Desk) -> None:
    desk.session.reviewing.set_state([1, 2, 3], "right")
    desk.registry.action("review.next").trigger()
    assert desk.said.messages[-1][1] == "No object in the table is left to do."


def test_rows_are_merged_and_deleted_by_the_operations(desk: Desk) -> None:
    desk.panel.reviewer.choose([2, 1])
    texts = [action.text() for action in desk.panel.menu().actions()]
    assert any(text.startswith("Merge into object ") for text in texts)
    assert "Delete this piece" not in texts, "a row is no place"
    merge = next(o for o in OPERATIONS.values() if o.title == "Merge")
    desk.labelling.operations.on_objects(merge, merge.offers[0], (2, 1))
    wait_for(lambda: not (desk.labels == 1).any())
    desk.wait()
    assert desk.numbers() == [2, 3]
    assert desk.panel.reviewer.chosen == [2]
    QTest.keyClick(desk.panel.table, Qt.Key.Key_Delete)
    wait_for(lambda: not (desk.labels == 2).any())
    desk.session.undo()
    desk.session.undo()
    desk.wait()
    assert desk.numbers() == [1, 2, 3]


def test_an_object_picked_in_the_image_is_chosen_in_the_table(desk: Desk) -> None:
    desk.session.set_active_value(3)
    assert desk.panel.reviewer.chosen == [3]
    desk.session.set_active_value(99)
    assert desk.panel.reviewer.chosen == []


def test_a_damaged_review_is_told_and_kept_aside(desk: Desk) -> None:
    folder, item = desk.session.open_project.folder, desk.session.item
    told: list[object] = []
    desk.session.error_occurred.connect(told.append)
    desk.session.select_item(desk.session.project.items[1].id)
    path: Path = review_path(folder, item.id)
    path.parent.mkdir(exist_ok=True)
    path.write_text("{")
    desk.session.select_item(item.id)
    assert "cannot be read; the labels are not touched" in str(told[0])
    assert path.with_name(path.name + ".damaged").read_text() == "{"
    assert isinstance(desk.panel, ObjectsPanel)
    assert desk.session.reviewing.review.states == {}


def test_doubtful_slices_are_marked(desk: Desk) -> None:
    desk.viewer.set_depth(Plane.XY, 3)
    desk.registry.action("review.slice").trigger()
    assert desk.session.reviewing.review.doubtful_slices == (3,)
    desk.viewer.set_depth(Plane.XY, 1)
    assert not desk.registry.action("review.slice").isChecked()


def test_classes_are_shown_searched_for_and_given(desk: Desk) -> None:
    scheme = desk.session.project.scheme.with_class("Dividing")
    desk.session.update_project(desk.session.project.model_copy(update={"scheme": scheme}))
    assert desk.panel.classes.count() == 3
    desk.panel.reviewer.choose([2, 3])
    menu = desk.panel.menu()
    classes = next(part for part in menu.findChildren(QMenu) if part.title() == "Class")
    classes.actions()[1].trigger()
    assert [desk.cell(number, PLACES["class"]) for number in (1, 2, 3)] == ["Object", "Dividing", "Dividing"]
    desk.panel.search.setText("divid")
    assert desk.numbers() == [2, 3]
    desk.registry.action("review.by_class").trigger()
    shown = desk.session.layers.get(BY_CLASS).store.read(Region.whole(desk.labels.shape))
    assert np.array_equal(shown, np.array([0, 1, 2, 2])[desk.labels])
    desk.registry.action("review.by_class").trigger()
    assert desk.session.layers.get(BY_CLASS) is None


def test_parts_of_an_object_keep_its_class(desk: Desk) -> None:
    scheme = desk.session.project.scheme.with_class("Dividing")
    desk.session.update_project(desk.session.project.model_copy(update={"scheme": scheme}))
    desk.session.reviewing.set_class([1], 2)
    desk.put((3, 18, 0), (4, 19, 3), 1)
    separate = next(o for o in OPERATIONS.values() if o.title == "Separate pieces")
    desk.labelling.operations.on_objects(separate, separate.offers[0], (1,))
    wait_for(lambda: bool((desk.labels == 4).any()))
    assert desk.session.reviewing.review.classes == {1: 2, 4: 2}


def test_the_review_is_exported_as_it_stands(desk: Desk, tmp_path: Path) -> None:
    desk.session.reviewing.set_state([2], "doubtful")
    desk.panel.outcome.export(tmp_path / "tables")
    wait_for(lambda: any("was written to" in text for _, text in desk.said.messages))
    rows = read_csv(tmp_path / "tables" / "objects.csv")
    assert [(row["id"], row["state"]) for row in rows] == [("1", "to do"), ("2", "doubtful"), ("3", "to do")]


def test_corrected_labels_become_training_data_in_one_click(desk: Desk) -> None:
    desk.session.reviewing.set_state([2], "doubtful")
    desk.said.answers = [False]
    desk.registry.action("review.use").trigger()
    assert not desk.session.item.all_done
    desk.session.reviewing.set_state([2], "right")
    desk.registry.action("review.use").trigger()
    assert desk.session.item.all_done
    assert len(desk.said.questions) == 1
    assert desk.session.open_project.project.items[0].status == "done"


def test_time_is_counted_while_somebody_is_there(desk: Desk, monkeypatch) -> None:
    clock, now = desk.panel.clock, [1000.0]
    monkeypatch.setattr("desktop_app.gui.proofreading.clock.time.monotonic", lambda: now[0])
    monkeypatch.setattr(
        "desktop_app.gui.proofreading.clock.QApplication.applicationState",
        lambda _self=None: Qt.ApplicationState.ApplicationActive,
    )
    desk.viewer.set_depth(Plane.XY, 2)
    clock.tick()
    spent = desk.session.reviewing.review.slice_seconds.get(2, 0.0)
    QTest.mouseMove(desk.panel.table.viewport())
    clock.eventFilter(desk.panel, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_A, Qt.KeyboardModifier.NoModifier))
    for _ in range(3):
        now[0] += 1.0
        clock.tick()
    assert desk.session.reviewing.review.slice_seconds[2] - spent == 3.0
    now[0] += 500.0
    clock.tick()
    assert desk.session.reviewing.review.slice_seconds[2] - spent == 3.0, "nobody is there any more"


def test_what_is_said_is_undone_in_turn_with_what_is_painted(desk: Desk) -> None:
    reviewing, session = desk.session.reviewing, desk.session
    reviewing.set_state([1, 2], "right")
    desk.put((3, 18, 0), (4, 19, 3), 1)
    reviewing.set_locked([3], True)
    reviewing.set_note([3], "odd")
    assert session.history is not None
    assert session.history.titles()[-4:] == ["State: 2 objects right", "Box", "Lock: object 3", "Note: object 3"]
    session.undo()
    session.undo()
    assert (reviewing.review.notes, reviewing.review.locked) == ({}, frozenset())
    assert desk.labels[3, 18, 0] == 1
    session.undo()
    assert desk.labels[3, 18, 0] == 0
    assert reviewing.review.states == {1: "right", 2: "right"}
    session.undo()
    assert reviewing.review.states == {}
    for _ in range(4):
        session.redo()
    assert (reviewing.review.notes, reviewing.review.locked) == ({3: "odd"}, frozenset({3}))
    assert reviewing.review.states == {1: "right", 2: "right"}


def test_what_a_line_of_the_menu_would_change_is_shown_while_it_is_chosen(desk: Desk) -> None:
    desk.panel.reviewer.choose([2])
    menu = desk.panel.menu()
    assert menu is not None
    menu.popup(desk.panel.mapToGlobal(desk.panel.rect().center()))
    (delete,) = (action for action in menu.actions() if action.text() == "Delete this object")
    menu.setActiveAction(delete)
    layers, preview = desk.session.layers, desk.labelling.operations.preview
    wait_for(lambda: layers.get(CHANGES) is not None and not preview.busy)
    shown = layers.get(CHANGES).store.read(Region.whole(desk.labels.shape))
    assert np.array_equal(shown == REMOVED, desk.labels == 2), "all of it would go"
    menu.close()
    wait_for(lambda: layers.get(CHANGES) is None)
    assert (desk.labels == 2).any(), "nothing was done"
