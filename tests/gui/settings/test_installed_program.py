"""The windows about this computer and the installed program."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication

from desktop_app.gui.settings import computer_window
from desktop_app.gui.settings.computer_window import ComputerWindow
from desktop_app.gui.settings.fetch_dialog import FetchDialog
from desktop_app.gui.settings.installed_program import InstalledProgram
from desktop_app.gui.settings.welcome_dialog import WelcomeDialog
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.layers.state import read_state
from desktop_app.jobs.computer import ComputerReport, ComputingPlace
from tests.built_layers import installed, published

REPORT = ComputerReport(
    (("Memory", "16 GB"),),
    (ComputingPlace("cpu", "Processor, 2 threads", 2.0),),
    "Models are computed on the processor.",
    (),
)


@pytest.fixture
def context(qtbot, shell_session, shell_runner, said) -> WindowContext:
    return WindowContext(shell_session, shell_runner, said)


def test_this_computer_is_shown_and_copied(qtbot, context, monkeypatch) -> None:
    monkeypatch.setattr(computer_window, "check_computer", lambda ctx: REPORT)
    window = ComputerWindow(context)
    qtbot.addWidget(window)
    with qtbot.waitSignal(window.device_found) as found:
        pass
    assert found.args == ["Processor, 2 threads"]
    qtbot.waitUntil(window.copy.isEnabled)
    assert window.verdict.text() == REPORT.verdict
    window.copy_report()
    assert "Memory: 16 GB" in QGuiApplication.clipboard().text()
    assert not window.get_gpu.isVisibleTo(window)
    window.close()


def test_an_update_is_looked_for_and_installed_by_two_buttons(qtbot, context, tmp_path: Path, monkeypatch) -> None:
    installed(tmp_path, monkeypatch)
    source = published(tmp_path, "app", "99.0.0", {"app.json": "{}"}, changes="Better.")
    program = InstalledProgram(context)
    opened: list[FetchDialog] = []
    monkeypatch.setattr(FetchDialog, "show", lambda self: opened.append(self))
    program.update()
    dialog = opened[0]
    qtbot.addWidget(dialog)
    assert not dialog.look.isEnabled()
    dialog.source.setText(str(source))
    dialog.look_up()
    qtbot.waitUntil(dialog.get.isEnabled)
    assert "99.0.0" in dialog.found.text()
    assert "Better." in dialog.found.text()
    with qtbot.waitSignal(dialog.fetched):
        dialog.fetch()
    assert read_state().app.folder.startswith("app-99.0.0-")
    dialog.close()


def test_from_source_it_says_that_it_cannot(qtbot, context, said) -> None:
    InstalledProgram(context).get_gpu()
    assert "not installed by an installer" in said.said("error")[0]


def test_the_welcome_says_where_things_lie(qtbot) -> None:
    dialog = WelcomeDialog()
    qtbot.addWidget(dialog)
    wanted: list[str] = []
    dialog.sample_wanted.connect(lambda: wanted.append("sample"))
    dialog.sample.click()
    assert wanted == ["sample"]
