from __future__ import annotations

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop_app.core.imaging import Plane, VoxelSize
from desktop_app.core.labelling.layers import OWN
from desktop_app.core.labelling.tools import TOOLS
from desktop_app.gui.actions.labelling_actions import OVER_THE_IMAGE, labelling_actions
from desktop_app.gui.actions.main_actions import MAIN_ACTIONS
from desktop_app.gui.actions.viewer_actions import VIEWER_ACTIONS
from desktop_app.gui.labelling.choices import LARGEST, SMALLEST, Choices, size_text
from desktop_app.gui.labelling.size_box import place_of, size_at
from desktop_app.gui.theme import icon
from desktop_app.gui.widgets.form_editors import extra_of
from desktop_app.io.projects import create_project
from desktop_app.objects.operations import OPERATIONS
from tests.gui.labelling.conftest import RIGHT


def test_every_tool_has_a_button_that_takes_it_in_hand(classes) -> None:
    assert list(classes.panel.tools.buttons) == list(TOOLS)
    for name in TOOLS:
        button = classes.panel.tools.buttons[name]
        button.click()
        assert classes.session.tool == name
        assert button.isChecked()
        assert "(" in button.toolTip(), "the shortcut stands in the tooltip"


@pytest.mark.parametrize(
    ("key", "tool"), [("B", "brush"), ("E", "eraser"), ("F", "fill"), ("P", "polygon"), ("K", "pick")]
)
def test_keys_take_tools_in_hand(classes, key: str, tool: str) -> None:
    classes.session.set_tool("look")
    classes.key(getattr(Qt.Key, f"Key_{key}"))
    assert classes.session.tool == tool


def test_only_the_options_of_the_tool_are_shown(classes) -> None:
    options = classes.panel.options
    for name in TOOLS:
        classes.session.set_tool(name)
        shown = {option for option, row in options.rows.items() if not row.isHidden()}
        fields = TOOLS[name].options.model_fields
        at_first = {option: field.default for option, field in fields.items()}
        assert shown == {
            option
            for option, field in fields.items()
            if all(at_first.get(other, choice) == choice for other, choice in extra_of(field).get("only_with", ()))
        }


def test_where_there_are_no_options_it_is_said_what_to_do(classes) -> None:
    words = classes.panel.options.words
    classes.session.set_tool("brush")
    assert words.isHidden()
    classes.session.set_tool("look")
    assert not words.isHidden()
    assert "take a tool above" in words.text()
    classes.session.set_tool("pick")
    assert words.text().startswith(TOOLS["pick"].tip)


def test_the_hint_follows_the_tool(classes, qtbot) -> None:
    for name, info in TOOLS.items():
        classes.session.set_tool("look" if name != "look" else "brush")
        with qtbot.waitSignal(classes.panel.hint_changed) as hint:
            classes.session.set_tool(name)
        assert hint.args == [info.hint]


def test_brush_size_by_keys_slider_and_number(classes) -> None:
    choices, size = classes.panel.controller.choices, classes.panel.options.size_box
    classes.key(Qt.Key.Key_BracketRight)
    assert choices.size_px == 21
    classes.do("label.much_larger")
    assert choices.size_px == size.number.value() == 31
    size.number.setValue(100)
    assert choices.size_px == 100
    size.slider.setValue(0)
    assert choices.size_px == SMALLEST


@given(st.integers(SMALLEST, LARGEST), st.integers(-50, 50))
def test_sizes_stay_between_their_bounds_and_always_change_by_a_step(size: int, steps: int) -> None:
    choices = Choices()
    choices.set_size(size)
    choices.grow(steps)
    assert SMALLEST <= choices.size_px <= LARGEST
    if steps > 0 and size < LARGEST:
        assert choices.size_px > size


@given(st.integers(SMALLEST, LARGEST))
def test_the_slider_keeps_small_sizes_exactly(size: int) -> None:
    assert abs(size_at(place_of(size)) - size) <= (0 if size < 60 else 1)


def test_sizes_in_words() -> None:
    assert size_text(20, VoxelSize(z=47, y=4.6, x=4.6, unit="nm")) == "20 px · 92 nm"
    assert size_text(400, VoxelSize(z=47, y=4.6, x=4.6, unit="nm")) == "400 px · 1.84 µm"
    assert size_text(20, VoxelSize.unknown()) == "20 px"


def test_classes_by_number_click_and_step(classes) -> None:
    classes.key(Qt.Key.Key_2)
    assert classes.session.active_value == 2
    classes.key(Qt.Key.Key_7)
    assert classes.session.active_value == 2
    QTest.mouseClick(classes.panel.classes.rows[1], Qt.MouseButton.LeftButton)
    assert classes.session.active_value == 1
    classes.do("label.next")
    assert classes.session.active_value == 2
    classes.do("label.next")
    assert classes.session.active_value == 1
    classes.do("label.swap")
    assert classes.session.active_value == 0
    classes.do("label.swap")
    assert classes.session.active_value == 1


def test_a_new_class_is_saved_and_chosen(classes) -> None:
    classes.panel.classes.add()
    scheme = classes.session.project.scheme
    assert [c.name for c in scheme.classes] == ["Nucleus", "Membrane", "Class 3"]
    assert classes.session.active_value == 3
    row = classes.panel.classes.rows[3]
    row.editor.setText("Synapse")
    row.editor.editingFinished.emit()
    assert classes.session.project.scheme.by_value(3).name == "Synapse"
    assert classes.session.open_project.project.scheme.by_value(3).name == "Synapse"


def test_two_classes_cannot_have_one_name(classes) -> None:
    row = classes.panel.classes.rows[2]
    row.edit()
    row.editor.setText("nucleus")
    row.editor.editingFinished.emit()
    assert classes.session.project.scheme.by_value(2).name == "Membrane"
    assert classes.said.messages == [("warning", "There is already a class named “nucleus”.")]


def test_a_class_is_removed_after_a_question(classes) -> None:
    classes.session.set_active_value(2)
    classes.said.answers = [False, True]
    classes.panel.classes.remove()
    assert len(classes.session.project.scheme.classes) == 2
    classes.panel.classes.remove()
    assert classes.session.project.scheme.class_names == ("Nucleus",)
    assert classes.session.active_value == 1
    classes.panel.classes.remove()
    assert classes.session.project.scheme.class_names == ("Nucleus",)


def test_eye_and_lock_of_a_class(classes) -> None:
    choices, row = classes.panel.controller.choices, classes.panel.classes.rows[2]
    row.eye.click()
    row.lock.click()
    assert choices.hidden == choices.locked == frozenset({2})
    row.eye.click()
    assert not choices.hidden


def test_objects_are_numbered_by_themselves(objects) -> None:
    assert objects.session.active_value == 1
    objects.drag((20, 20))
    objects.do("label.new_object")
    assert objects.session.active_value == 2
    objects.drag((40, 40))
    objects.do("label.new_object")
    assert objects.session.active_value == 3
    objects.do("label.previous")
    assert objects.panel.objects.number.value() == 2
    objects.panel.objects.number.setValue(70_000)
    objects.drag((50, 10))
    assert objects.labels[3, 50, 10] == 70_000
    objects.do("label.new_object")
    assert objects.session.active_value == 70_001


def test_steps_go_over_numbers_that_are_in_use(objects) -> None:
    for number, column in ((1, 10), (7, 30), (40, 50)):
        objects.panel.objects.number.setValue(number)
        objects.drag((20, column))
    objects.do("label.previous")
    assert objects.session.active_value == 7
    objects.panel.objects.number.setValue(12)
    objects.drag((40, 20))
    objects.do("label.next")
    assert objects.session.active_value == 40
    objects.do("label.next")
    assert objects.session.active_value == 41
    objects.do("label.next")
    assert objects.session.active_value == 41
    for expected in (40, 12, 7, 1, 1):
        objects.do("label.previous")
        assert objects.session.active_value == expected


def test_a_new_image_begins_with_a_new_object(objects) -> None:
    objects.panel.objects.number.setValue(9)
    objects.drag((20, 20))
    first, second = (i.id for i in objects.session.project.items)
    objects.session.select_item(second)
    assert objects.session.active_value == 1
    objects.session.select_item(first)
    assert objects.session.active_value == 10


def test_the_panel_shows_what_suits_the_scheme(classes, tmp_path) -> None:
    assert classes.panel.heading.text() == "Classes"
    assert classes.panel.objects.isHidden()
    scheme = classes.session.project.scheme.model_copy(update={"kind": "objects"})
    classes.session.update_project(classes.session.project.model_copy(update={"scheme": scheme}))
    assert classes.panel.heading.text() == "Objects"
    assert not classes.panel.objects.isHidden()
    assert not classes.panel.classes.add_button.isHidden(), "objects may be of several classes"


def test_slices_and_image_are_marked_as_done(classes) -> None:
    done = classes.panel.done
    classes.do("label.slice_done")
    classes.viewer.set_depth(Plane.XY, 1)
    assert not done.slice_done.isChecked()
    classes.key(Qt.Key.Key_D)
    assert classes.session.item.done_slices == (1, 3)
    assert done.slice_done.isChecked()
    assert done.count.text() == "2 of 6 slices done"
    classes.key(Qt.Key.Key_D)
    assert classes.session.item.done_slices == (3,)
    done.image_done.click()
    assert classes.session.item.all_done
    assert done.count.text() == "6 of 6 slices done"
    assert not done.slice_done.isEnabled()
    assert classes.session.open_project.project.items[0].all_done


def test_a_flipbook_opens_at_its_slice_and_says_which_to_label(classes, qtbot) -> None:
    folder = classes.session.open_project.folder / "datasets" / "set"
    folder.mkdir(parents=True)
    tifffile.imwrite(folder / "cell.tif", np.zeros((5, 60, 80), np.uint8), imagej=True, metadata={"axes": "ZYX"})
    (folder / "patches.csv").write_text("file,slices,labelled\ncell.tif,5,2\n")
    project, item = classes.session.project.with_item("datasets/set/cell.tif", "cell")
    classes.session.update_project(project)
    classes.session.select_item(item.id)
    done = classes.panel.done
    assert classes.viewer.current_depth(Plane.XY) == 1
    assert "label slice z 1 wholly" in done.advice.text()
    assert done.count.text() == "This is the slice of the flipbook to label."
    classes.viewer.set_depth(Plane.XY, 3)
    assert done.count.text() == "Only slice z 1 of this flipbook is learned from."
    assert done.image_done.text() == "This flipbook is done"
    classes.session.select_item(classes.session.project.items[0].id)
    assert done.image_done.text() == "The whole image is done"
    assert "flipbook" not in done.advice.text() + done.count.text()


def test_a_hidden_class_stays_hidden_in_the_next_image_and_back(classes) -> None:
    first, second = classes.session.project.items
    classes.panel.classes.rows[2].hidden_toggled.emit(2, True)
    for item in (second, first):
        classes.session.select_item(item.id)
        assert classes.viewer.layers.get(OWN).hidden == {2}


def test_image_done_opens_the_next(classes) -> None:
    first, second = classes.session.project.items
    classes.do("label.image_done")
    assert classes.session.item.id == second.id
    assert classes.session.project.item(first.id).status == "done"
    classes.do("label.image_done")
    assert classes.session.item.id == second.id
    assert classes.said.messages == [("info", "All images of this project are done.")]


def test_what_empty_voxels_mean_is_saved(classes) -> None:
    meaning = classes.panel.done.meaning
    meaning.setCurrentIndex(1)
    meaning.activated.emit(1)
    assert not classes.session.project.scheme.zero_is_background
    assert "strokes" in classes.panel.done.advice.text()


def test_undo_menu_names_the_steps_and_does_several(classes) -> None:
    for row in (10, 25, 40):
        classes.drag((row, 20), (row, 40))
    undo = classes.panel.tools.undo
    undo.menu().aboutToShow.emit()
    assert [a.text() for a in undo.menu().actions()] == ["Brush: Nucleus"] * 3
    undo.menu().actions()[1].trigger()
    assert len(classes.session.history.titles()) == 1
    assert len(classes.session.history.redo_titles()) == 2


def test_the_panel_waits_for_an_image(classes) -> None:
    classes.session.close_item()
    assert not classes.panel.widget().isEnabled()


def test_action_tables_have_no_two_actions_for_one_key(classes) -> None:
    table = (*MAIN_ACTIONS, *VIEWER_ACTIONS, *labelling_actions())
    keys = [keys for info in table for keys in info.shortcuts]
    assert len(keys) == len(set(keys))
    ids = {info.id for info in labelling_actions()}
    assert set(classes.panel.action_slots()) == ids
    assert set(OVER_THE_IMAGE) <= ids
    for info in table:
        assert info.icon is None or not icon(info.icon).isNull()


def test_words_and_buttons_suit_a_flat_image(classes, tmp_path) -> None:
    image = tmp_path / "flat.tif"
    tifffile.imwrite(image, np.zeros((30, 40), np.uint8))
    project, item = classes.session.project.with_item(str(image), "flat")
    classes.session.update_project(project)
    assert "Ctrl+wheel" in classes.panel.controller.hint
    assert "slices" in classes.panel.done.advice.text()
    classes.session.select_item(item.id)
    assert "Wheel: zoom." in classes.panel.controller.hint
    assert "Ctrl+wheel" not in classes.panel.controller.hint
    assert "slices" not in classes.panel.done.advice.text()
    assert classes.panel.offers.buttons["label.copy_previous"].isHidden()
    assert classes.panel.done.slice_done.isHidden()
    classes.drag((15, 20))
    assert classes.labels[0, 15, 20] == 1
    classes.session.set_tool("look")
    assert "plane" not in classes.panel.controller.hint


def test_enter_ends_the_typing_of_a_slice(classes, qtbot) -> None:
    view = classes.viewer.grid.views[Plane.XY]
    view.type_number()
    qtbot.waitUntil(view.number.hasFocus)
    QTest.keyClicks(view.number, "5")
    QTest.keyClick(view.number, Qt.Key.Key_Return)
    assert classes.viewer.current_depth(Plane.XY) == 5
    assert view.canvas.hasFocus()


def test_a_new_project_begins_with_its_first_object(objects, tmp_path) -> None:
    objects.panel.objects.number.setValue(40)
    objects.session.adopt(create_project(tmp_path / "new.vwproj", "New"))
    assert objects.session.active_value == objects.panel.objects.number.value() == 1


def test_objects_are_of_several_classes(objects, qtbot) -> None:
    panel, session = objects.panel, objects.session
    assert not panel.classes.remove_button.isVisibleTo(panel), "a single class needs no list"
    objects.drag((20, 20), (20, 24))
    panel.classes.add()
    QTest.mouseClick(panel.classes.rows[2], Qt.MouseButton.LeftButton)
    assert session.active_value == 2, "the next object"
    objects.drag((40, 40), (40, 44))
    assert session.reviewing.review.classes == {2: 2}
    assert session.history.undo_title.endswith("Class 2 2")
    objects.drag((40, 46))
    assert session.reviewing.review.classes == {2: 2}
    panel.classes.rows[2].lock.click()
    assert panel.controller.choices.locked == {2}
    objects.drag((40, 50))
    assert objects.said.messages[-1] == ("info", "“Class 2 2” is locked. Unlock it in the list to change it.")
    panel.classes.rows[1].eye.click()
    assert panel.controller.choices.hidden == {1}
    session.set_active_value(3)
    objects.drag((10, 60))
    assert panel.controller.choices.hidden == {1, 3}, "new objects of a hidden class are hidden"
    assert session.open_project.project.scheme.by_value(2).locked
    panel.classes.move_class(-1)
    assert [c.value for c in session.project.scheme.classes] == [2, 1]
    assert session.project.scheme.usual.value == 1, "the order of the list changes no class"


def test_a_lock_holds_for_tools_and_operations(objects, qtbot) -> None:
    objects.session.set_active_value(5)
    objects.drag((20, 20), (20, 24))
    before = objects.labels.copy()
    objects.session.reviewing.set_locked([5], True)
    objects.drag((20, 22), button=RIGHT)
    objects.session.set_active_value(2)
    objects.drag((20, 22))
    renumber = next(o for o in OPERATIONS.values() if o.title == "Renumber")
    objects.panel.operations.on_objects(renumber, renumber.offers[0], ())
    qtbot.waitUntil(lambda: ("info", renumber.nothing) in objects.said.messages or objects.labels.max() == 1)
    assert (objects.labels == before)[before == 5].all()
