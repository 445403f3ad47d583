"""Preferences and shortcuts."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QMainWindow

from desktop_app.gui.actions import ActionInfo, ActionRegistry
from desktop_app.gui.settings.device_words import device_words
from desktop_app.gui.settings.settings_dialog import SettingsDialog
from desktop_app.gui.settings.shortcut_editor import ShortcutEditor
from desktop_app.gui.theme import theme
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.settings import load_settings

TABLE = (
    ActionInfo("edit.undo", "Undo", "undo", ("Ctrl+Z",), "Take back.", "Editing"),
    ActionInfo("edit.redo", "Redo", "redo", ("Ctrl+Y", "Ctrl+Shift+Z"), "Again.", "Editing"),
)


@pytest.fixture
def registry(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    registry = ActionRegistry(window, TABLE)
    return registry


@pytest.fixture
def dialog(qtbot, shell_session, shell_runner, registry, said):
    dialog = SettingsDialog(WindowContext(shell_session, shell_runner, said), registry)
    qtbot.addWidget(dialog)
    yield dialog
    theme().apply("system")


def test_saved_settings_take_effect_and_are_on_disk(dialog, shell_session, registry):
    dialog.machine.editor("undo_memory_mb").setValue(64)
    dialog.shortcuts.set_keys("edit.redo", "F4")
    dialog.accept()
    assert shell_session.settings.undo_memory_mb == 64
    assert registry.shortcuts("edit.redo") == ("F4",)
    saved, bad = load_settings()
    assert (saved.undo_memory_mb, saved.shortcuts, bad) == (64, {"edit.redo": "F4"}, [])


def test_cancel_brings_the_old_theme_back(dialog, shell_session):
    theme().apply("light")
    shell_session.settings = shell_session.settings.model_copy(update={"theme": "light"})
    dialog.look.set_value(shell_session.settings.model_copy(update={"theme": "dark"}))
    assert theme().colors.dark
    dialog.reject()
    assert not theme().colors.dark
    assert shell_session.settings.theme == "light"


def test_conflicting_keys_cannot_be_saved(dialog):
    save = dialog._buttons.button(dialog._buttons.StandardButton.Save)
    dialog.shortcuts.set_keys("edit.redo", "Ctrl+Z")
    assert not save.isEnabled()
    dialog.shortcuts.reset()
    assert save.isEnabled()


def test_the_editor_says_who_has_the_keys(qtbot, registry):
    editor = ShortcutEditor(registry)
    qtbot.addWidget(editor)
    editor.choose("edit.redo")
    editor.set_keys("edit.redo", "Ctrl+Z")
    assert [(c.first, c.second) for c in editor.conflicts()] == [("edit.undo", "edit.redo")]
    assert "“Undo”" in editor._problem.text()
    editor.set_keys("edit.redo", "Ctrl+Y; Ctrl+Shift+Z")
    assert editor.value() == {}


def test_the_device_is_chosen_not_typed(dialog):
    box = dialog.machine.editor("device")
    assert not box.isEditable()
    box.setCurrentText("Processor only (CPU)")
    assert dialog.settings().device == "cpu"


@pytest.mark.parametrize(("device", "word"), [("auto", "automatic"), ("cpu", "CPU"), ("cuda:1", "GPU")])
def test_device_in_words(device, word):
    assert word in device_words(device)
