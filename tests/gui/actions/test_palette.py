"""The list of all commands: searching, running, and what cannot be used."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow

from desktop_app.gui.actions import ActionInfo, ActionRegistry
from desktop_app.gui.actions.palette import CommandPalette, match_rank

TABLE = (
    ActionInfo("project.save", "Save now", "save", ("Ctrl+S",), "Labels are also saved automatically.", "Project"),
    ActionInfo("tool.brush", "Brush", "mdi6.brush", ("B",), "Paint labels.", "Labelling", checkable=True),
    ActionInfo("label.smaller", "Smaller brush", "minus", ("[",), "Also by wheel.", "Labelling"),
    ActionInfo("app.palette", "Find a command…", "search", ("Ctrl+K",), "This list.", "Help"),
)


@pytest.fixture
def registry(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    registry = ActionRegistry(window, TABLE)
    registry.window = window
    return registry


@pytest.fixture
def palette(qtbot, registry):
    palette = CommandPalette(registry, "app.palette")
    qtbot.addWidget(palette)
    palette.show()
    return palette


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", ["project.save", "tool.brush", "label.smaller"]),
        ("brush", ["tool.brush", "label.smaller"]),
        ("BRUSH small", ["label.smaller"]),
        ("labels", ["project.save", "tool.brush"]),
        ("ctrl+s", ["project.save"]),
        ("labelling", ["tool.brush", "label.smaller"]),
        ("nothing of this", []),
    ],
)
def test_words_names_groups_and_keys_are_found_the_best_first(palette, text, ids) -> None:
    palette.search.setText(text)
    assert palette.shown() == ids
    assert ("No command" in palette.hint.text()) == (not ids)


def test_ranks() -> None:
    brush, smaller = TABLE[1], TABLE[2]
    assert [match_rank(["bru"], info) for info in (brush, smaller)] == [0, 1]
    assert match_rank(["rush"], brush) == 2
    assert match_rank(["paint"], brush) == 3
    assert match_rank(["paint", "wheel"], brush) is None


def test_enter_closes_and_runs_the_chosen_one(qtbot, registry, palette) -> None:
    ran = []
    registry.connect("label.smaller", lambda: ran.append("smaller"))
    palette.search.setText("brush")
    qtbot.keyClick(palette.search, Qt.Key.Key_Down)
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: ran == ["smaller"])
    assert not palette.isVisible()


def test_what_cannot_be_used_comes_last_and_does_not_run(qtbot, registry) -> None:
    registry.action("project.save").setEnabled(False)
    palette = CommandPalette(registry, "app.palette")
    qtbot.addWidget(palette)
    palette.show()
    assert palette.shown()[-1] == "project.save"
    palette.search.setText("save")
    palette.run_chosen()
    assert palette.isVisible()


def test_the_state_of_a_switch_is_told(qtbot, registry) -> None:
    registry.action("tool.brush").setChecked(True)
    palette = CommandPalette(registry)
    qtbot.addWidget(palette)
    palette.search.setText("brush")
    assert palette.list.topLevelItem(0).text(1) == "Labelling · on"
    assert palette.list.topLevelItem(0).text(2) == "B"
