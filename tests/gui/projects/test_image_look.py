"""Images that are looked at without a project."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.main_window import MainWindow
from desktop_app.gui.notifications import RecordingNotifier
from desktop_app.gui.session import Session
from desktop_app.io.projects import create_project


class _Quiet(RecordingNotifier):
    def attach(self, window: object) -> None:
        """Shows nothing."""


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    window = MainWindow(Session(), JobRunner(), _Quiet())
    qtbot.addWidget(window)
    window.show()
    return window


def looked_at(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    window.commands.add_paths([path])
    qtbot.waitUntil(lambda: window.session.volume is not None)


def test_one_image_is_shown_at_once_and_closed_again(qtbot: QtBot, window: MainWindow, image_folder: Path) -> None:
    looked_at(qtbot, window, image_folder / "a.tif")
    session, bar, act = window.session, window.commands.look.bar, window.actions_table.action
    assert session.volume is not None
    assert session.volume.shape == (4, 20, 24)
    assert window.centralWidget().currentWidget() is window.viewer
    assert "a.tif is open to look at" in bar.banner.text()
    assert window.windowTitle().startswith("a.tif")
    assert act("view.ruler").isEnabled()
    assert not act("project.export_labels").isEnabled()
    bar.no.click()
    assert session.volume is None
    assert window.centralWidget().currentWidget() is window.start_page
    assert not act("view.ruler").isEnabled()
    assert window.windowTitle() == "Voxelwright"


def test_nuclei_are_found_in_it_at_once(
    qtbot: QtBot, window: MainWindow, image_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at(qtbot, window, image_folder / "a.tif")
    asked: list[Path | None] = []
    monkeypatch.setattr(window.windows.finding, "find", asked.append)
    window.commands.look.find.click()
    assert asked == [image_folder / "a.tif"]
    assert window.commands.look.bar.isVisible()


def test_a_project_is_made_with_the_image(
    qtbot: QtBot, window: MainWindow, image_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at(qtbot, window, image_folder / "a.tif")
    session, bar = window.session, window.commands.look.bar
    monkeypatch.setattr(window.commands, "new", lambda: None)
    bar.yes.click()
    assert bar.isVisible(), "the user thought better of it"
    monkeypatch.setattr(window.commands, "new", lambda: session.adopt(create_project(tmp_path, "P")))
    bar.yes.click()
    qtbot.waitUntil(lambda: session.item is not None)
    assert session.item is not None
    assert session.item.name == "a"
    assert not bar.isVisible()
    assert window.windowTitle().startswith("P ")


def test_what_cannot_be_looked_at_is_said(qtbot: QtBot, window: MainWindow, image_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.tif").write_bytes(b"II*")
    window.commands.add_paths([tmp_path / "cut.tif"])
    said = window.notifier
    assert isinstance(said, RecordingNotifier)
    qtbot.waitUntil(lambda: any("cut.tif" in text for text in said.said("error")))
    assert window.session.volume is None


def test_a_folder_is_offered_a_project_that_its_images_are_added_to(
    qtbot: QtBot, window: MainWindow, image_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, session = window.notifier, window.session
    assert isinstance(said, RecordingNotifier)
    made = iter((create_project(tmp_path / "p", "P"), create_project(tmp_path / "q", "Q")))
    monkeypatch.setattr(window.commands, "new", lambda: session.adopt(next(made)))
    window.commands.open_images([image_folder])
    qtbot.waitUntil(lambda: session.item is not None)
    assert said.questions[0].startswith(f"“{image_folder.name}” is no project.")
    window.commands.close()
    window.commands.add_paths([image_folder / "a.tif", image_folder / "a.tif"])
    qtbot.waitUntil(lambda: session.item is not None)
    assert "Several images together need a project." in said.questions[1]
