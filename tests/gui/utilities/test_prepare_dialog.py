from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from desktop_app.core.config.preparing import PrepareSettings
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.notifications import RecordingNotifier
from desktop_app.gui.session import Session
from desktop_app.gui.utilities.prepare_commands import PrepareCommands
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.images.registry import open_volume
from tests.image_files import saved


def test_pairs_are_shown_before_and_written_after_consent(
    qtbot: QtBot, shell_session: Session, shell_runner: JobRunner, said: RecordingNotifier, tmp_path: Path
) -> None:
    for number in range(4):
        saved(tmp_path / "images" / f"a{number}.tif", np.full((2, 8, 8), number, np.uint16))
        saved(tmp_path / "labels" / f"other{number}x{number}.tif", np.ones((2, 8, 8), np.uint16))
    window = QMainWindow()
    qtbot.addWidget(window)
    commands = PrepareCommands(WindowContext(shell_session, shell_runner, said, window))
    commands.ask()
    dialog = commands.dialog
    assert dialog is not None
    dialog.source.set_path(tmp_path / "images")
    dialog.labels.set_path(tmp_path / "labels")
    qtbot.waitUntil(lambda: "sorted order" in dialog.problem.text())
    assert not dialog.go.isEnabled()
    dialog.by_order.setChecked(True)
    dialog.out.set_path(tmp_path / "set")
    qtbot.waitUntil(lambda: dialog.go.isEnabled())
    assert dialog.plan is not None
    assert len(dialog.plan.pairs) == 4
    assert "for training" in dialog.summary.text()
    dialog.go.click()
    qtbot.waitUntil(lambda: (tmp_path / "set" / "dataset.json").is_file())
    qtbot.waitUntil(lambda: bool(said.messages))
    assert said.messages[0][0] == "info"
    written = open_volume(next((tmp_path / "set" / "train" / "images").glob("*.tif")))
    assert written.shape == (2, 8, 8)  # nothing was said of another size


def test_a_folder_that_holds_something_is_refused_before_the_dialog_closes(
    qtbot: QtBot, shell_session: Session, shell_runner: JobRunner, said: RecordingNotifier, tmp_path: Path
) -> None:
    for number in range(20):
        saved(tmp_path / "images" / f"a{number}.tif", np.full((2, 8, 8), number, np.uint16))
    for number in range(4):
        saved(tmp_path / "labels" / f"a{number}.tif", np.ones((2, 8, 8), np.uint16))
    window = QMainWindow()
    qtbot.addWidget(window)
    commands = PrepareCommands(WindowContext(shell_session, shell_runner, said, window))
    commands.ask()
    dialog = commands.dialog
    assert dialog is not None
    dialog.source.set_path(tmp_path)
    assert dialog.summary.text().startswith("Looking for images")
    qtbot.waitUntil(lambda: dialog.plan is not None)
    assert dialog.left_out.text().count(".tif") == 6  # of many, the first are named
    assert dialog.left_out.text().endswith("and 10 more.")
    assert "images/a" in dialog.left_out.text()  # which of the two is there
    for name in ("imagesTr/b_0000.tif", "labelsTr/b.tif", "imagesTs/c_0000.tif"):
        saved(tmp_path / "nnunet" / name, np.ones((2, 8, 8), np.uint16))
    dialog.source.set_path(tmp_path / "nnunet")
    qtbot.waitUntil(lambda: "1 image in imagesTs" in dialog.left_out.text())
    dialog.out.set_path(tmp_path / "images")
    assert "not empty" in dialog.problem.text()
    assert not dialog.go.isEnabled()
    dialog.out.set_path(tmp_path / "set")
    assert dialog.problem.text() == ""
    assert dialog.go.isEnabled()
    dialog.labels.set_path(tmp_path / "gone")
    assert dialog.problem.text() == f"There is no folder {tmp_path / 'gone'}."
    dialog.labels.set_path(None)
    dialog.form.editor("classes").setText("nuclei")  # type: ignore[attr-defined]
    assert dialog.problem.text() == "Labels to keep: numbers above 0 are wanted, as 2,5,9."
    assert not dialog.go.isEnabled()
    dialog.form.editor("classes").setText("")  # type: ignore[attr-defined]
    qtbot.waitUntil(dialog.go.isEnabled)
    dialog.form.editor("spacing").setText("one millimetre")  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: "is no voxel size" in dialog.problem.text())
    dialog.reject()


def test_what_is_doubtful_of_what_was_written_is_told(
    qtbot: QtBot, shell_session: Session, shell_runner: JobRunner, said: RecordingNotifier, tmp_path: Path
) -> None:
    for number in range(3):
        saved(tmp_path / "all" / "images" / f"a{number}.tif", np.full((2, 8, 8), number, np.uint16))
        saved(tmp_path / "all" / "labels" / f"a{number}.tif", np.ones((2, 8, 8), np.uint16))
    window = QMainWindow()
    qtbot.addWidget(window)
    commands = PrepareCommands(WindowContext(shell_session, shell_runner, said, window))
    commands.ask()
    dialog = commands.dialog
    assert dialog is not None
    dialog.source.set_path(tmp_path / "all")
    dialog.out.set_path(tmp_path / "set")
    dialog.form.set_value(PrepareSettings(classes="1,7"))
    qtbot.waitUntil(lambda: dialog.go.isEnabled())
    dialog.go.click()
    qtbot.waitUntil(lambda: bool(said.messages))
    level, words = said.messages[0][:2]
    assert level == "warning"
    assert "is prepared" in words
    assert "label 7 to keep is in none of the images" in words


def test_parts_that_the_folder_has_already_are_told(
    qtbot: QtBot, shell_session: Session, shell_runner: JobRunner, said: RecordingNotifier, tmp_path: Path
) -> None:
    for part in ("train", "val"):
        saved(tmp_path / part / "images" / f"{part}.tif", np.ones((2, 8, 8), np.uint16))
        saved(tmp_path / part / "labels" / f"{part}.tif", np.ones((2, 8, 8), np.uint16))
    window = QMainWindow()
    qtbot.addWidget(window)
    commands = PrepareCommands(WindowContext(shell_session, shell_runner, said, window))
    commands.ask()
    dialog = commands.dialog
    assert dialog is not None
    dialog.source.set_path(tmp_path)
    qtbot.waitUntil(lambda: dialog.plan is not None)
    assert dialog.summary.text() == "1 for training, 1 for validation, as the folder has them"
    dialog.reject()
