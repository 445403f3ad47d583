"""From the menu to a window, and from its rows to the image."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.measuring.measure_window import MeasureWindow
from desktop_app.gui.notifications import RecordingNotifier
from desktop_app.gui.session import Session
from desktop_app.gui.tool_windows import ToolWindows
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.projects import open_project


@pytest.fixture
def main(qtbot: QtBot) -> QMainWindow:
    window = QMainWindow()
    qtbot.addWidget(window)
    window.show()
    return window


@pytest.fixture
def tools(main: QMainWindow, shell_session: Session, shell_runner: JobRunner, said: RecordingNotifier) -> ToolWindows:
    return ToolWindows(WindowContext(shell_session, shell_runner, said, main))


def test_measuring_needs_a_project_and_opens_one_window(
    tools: ToolWindows, main: QMainWindow, shell_session: Session, said: RecordingNotifier, project_folder: Path
) -> None:
    tools.measure()
    assert said.said("warning") == ["Open or make a project first."]
    shell_session.adopt(open_project(project_folder))
    tools.measure()
    tools.measure()
    assert len(main.findChildren(MeasureWindow)) == 1


def test_a_row_opens_its_image_and_takes_its_object_in_hand(
    tools: ToolWindows, main: QMainWindow, shell_session: Session, said: RecordingNotifier, project_folder: Path
) -> None:
    shell_session.adopt(open_project(project_folder))
    tools.measure()
    (window,) = main.findChildren(MeasureWindow)
    places: list[object] = []
    tools.place_requested.connect(places.append)
    window.object_wanted.emit("b", 0, 17, (1, 2, 3))
    assert shell_session.item is not None
    assert (shell_session.item.name, shell_session.active_value, places) == ("b", 17, [(1, 2, 3)])
    window.object_wanted.emit("gone", 0, 1, (0, 0, 0))
    assert "no image “gone”" in said.said("warning")[-1]
