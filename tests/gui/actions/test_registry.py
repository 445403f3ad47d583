"""Actions from tables, their shortcuts, and the sheet."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMainWindow

from desktop_app.gui.actions import ActionInfo, ActionRegistry
from desktop_app.gui.actions.main_actions import MAIN_ACTIONS
from desktop_app.gui.actions.registry import Conflict
from desktop_app.gui.actions.shortcut_sheet import ShortcutSheet
from desktop_app.gui.theme.icon_names import ICON_NAMES

TABLE = (
    ActionInfo("edit.undo", "Undo", "undo", ("Ctrl+Z",), "Take back.", "Editing"),
    ActionInfo("edit.redo", "Redo", "redo", ("Ctrl+Y", "Ctrl+Shift+Z"), "Again.", "Editing"),
    ActionInfo("tool.brush", "Brush", "mdi6.brush", ("B",), "Paint labels.", "Tools", checkable=True),
)


@pytest.fixture
def window(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    return window


@pytest.fixture
def registry(window):
    return ActionRegistry(window, TABLE)


def test_a_shortcut_triggers_its_slot(qtbot, window, registry):
    called = []
    registry.connect("edit.redo", lambda: called.append("redo"))
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert called == ["redo", "redo"]


def test_changed_shortcuts_replace_all_defaults_of_an_action(qtbot, registry):
    with qtbot.waitSignal(registry.shortcuts_changed):
        registry.apply_shortcuts({"edit.redo": "F4", "edit.undo": "Ctrl+Z", "gone.away": "F5"})
    assert [k.toString() for k in registry.action("edit.redo").shortcuts()] == ["F4"]
    assert registry.changed_shortcuts() == {"edit.redo": "F4"}
    assert "F4" in registry.action("edit.redo").toolTip()
    registry.apply_shortcuts({"tool.brush": ""})
    assert registry.action("tool.brush").shortcuts() == []
    assert registry.action("edit.redo").shortcuts() == [QKeySequence("Ctrl+Y"), QKeySequence("Ctrl+Shift+Z")]


def test_conflicts_are_found_before_they_take_effect(registry):
    assert registry.conflicts() == []
    assert registry.conflicts({"tool.brush": "Ctrl+Shift+Z"}) == [Conflict("Ctrl+Shift+Z", "edit.redo", "tool.brush")]
    assert registry.conflicts({"tool.brush": "ctrl+z"}) == [Conflict("Ctrl+Z", "edit.undo", "tool.brush")]


def test_an_id_is_given_once(registry):
    with pytest.raises(ValueError, match=r"edit\.undo"):
        registry.add_table(TABLE[:1])


def test_the_main_table_is_sound(window):
    registry = ActionRegistry(window, MAIN_ACTIONS)
    assert registry.conflicts() == []
    for info in MAIN_ACTIONS:
        assert info.icon in ICON_NAMES
        assert info.tip.endswith(".")


def test_the_sheet_finds_by_word_and_by_key(qtbot, registry):
    sheet = ShortcutSheet(registry)
    qtbot.addWidget(sheet)
    assert {"Undo", "Redo", "Brush"} <= set(sheet.shown())
    sheet.search.setText("paint")
    assert {"Brush", "Brush: paint", "Pick label: paint with it"} <= set(sheet.shown())
    assert "Undo" not in sheet.shown()
    sheet.search.setText("ctrl+y")
    assert sheet.shown() == ["Redo"]
    registry.apply_shortcuts({"edit.redo": "F4"})
    assert sheet.shown() == []
