"""A window with a project open."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.main_window import MainWindow
from desktop_app.gui.notifications import RecordingNotifier
from desktop_app.gui.session import Session


@pytest.fixture
def window(
    qtbot, shell_session: Session, shell_runner: JobRunner, said: RecordingNotifier, project_folder: Path
) -> MainWindow:
    window = MainWindow(shell_session, shell_runner, said)
    qtbot.addWidget(window)
    window.commands.open_folder(project_folder)
    return window
