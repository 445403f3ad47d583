"""One form for every utility: input, settings, result."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog, QMainWindow
from pytestqt.qtbot import QtBot

from desktop_app.core.imaging import Region
from desktop_app.core.labelling.store import Edit
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.notifications import RecordingNotifier
from desktop_app.gui.session import Session
from desktop_app.gui.utilities.utility_commands import UtilityCommands
from desktop_app.gui.utilities.utility_dialog import UtilityDialog
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.images.registry import open_volume
from desktop_app.io.projects import OpenProject
from desktop_app.jobs.utilities.registry import UTILITIES
from tests.image_files import saved


@pytest.mark.parametrize("name", UTILITIES)
def test_every_utility_has_its_form(qtbot: QtBot, name: str) -> None:
    utility = UTILITIES[name]
    dialog = UtilityDialog(utility, None)
    qtbot.addWidget(dialog)
    dialog.show()
    assert not dialog.go.isEnabled()
    assert set(dialog.form.value().model_dump()) == set(utility.parameters.model_fields)
    assert dialog.add.isVisible() == (utility.takes == "several labels")


def test_the_result_lies_beside_the_input_until_one_says_otherwise(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = UtilityDialog(UTILITIES["crop"], tmp_path / "a.tif")
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.out_file.path() == tmp_path / "a_crop.tif"
    assert dialog.go.isEnabled()
    qtbot.keyClicks(dialog.out_file.line, "f")
    dialog.file.set_path(tmp_path / "b.tif")
    assert dialog.config().out == tmp_path / "a_crop.tiff"
    assert dialog.config().inputs == (tmp_path / "b.tif",)


def test_a_folder_of_files_has_a_folder_of_results(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = UtilityDialog(UTILITIES["threshold"], None)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.scope.setCurrentIndex(1)
    assert (dialog.folder.isVisible(), dialog.file.isVisible()) == (True, False)
    assert (dialog.out_folder.isVisible(), dialog.out_file.isVisible()) == (True, False)
    (tmp_path / "in").mkdir()
    dialog.folder.set_path(tmp_path / "in")
    assert dialog.out_folder.path() == tmp_path / "in_threshold"


def test_combining_wants_more_than_one_file(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dialog = UtilityDialog(UTILITIES["combine"], None)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.file.set_path(tmp_path / "a.tif")
    assert not dialog.go.isEnabled()
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_args: ([str(tmp_path / "b.tif")], ""))
    dialog.add.click()
    assert dialog.go.isEnabled()
    assert dialog.listed.text() == "and b.tif"
    assert dialog.config().inputs == (tmp_path / "a.tif", tmp_path / "b.tif")


def test_a_utility_runs_as_a_job_and_says_what_became_of_it(
    qtbot: QtBot, shell_session: Session, shell_runner: JobRunner, said: RecordingNotifier, tmp_path: Path
) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    window.show()
    commands = UtilityCommands(WindowContext(shell_session, shell_runner, said, window))
    path = saved(tmp_path / "a.tif", np.zeros((2, 20, 20), np.uint8))
    commands.ask(UTILITIES["crop"])
    assert commands.dialog is not None
    commands.dialog.file.set_path(path)
    commands.dialog.form.editor("x_size").setValue(7)  # type: ignore[attr-defined]
    commands.dialog.go.click()
    qtbot.waitUntil(lambda: bool(said.said("info")), timeout=20_000)
    assert said.said("info") == ["Written: a_crop.tif"]
    assert open_volume(tmp_path / "a_crop.tif").shape == (2, 20, 7)
    assert commands.dialog is None


def test_what_is_open_is_changed_in_one_step_or_shown_as_a_layer(
    qtbot: QtBot, project_folder: Path, shell_session: Session, shell_runner: JobRunner, said: RecordingNotifier
) -> None:
    session, window = shell_session, QMainWindow()
    qtbot.addWidget(window)
    commands = UtilityCommands(WindowContext(session, shell_runner, said, window))
    commands.ask(UTILITIES["relabel"])
    assert commands.dialog is not None
    assert commands.dialog.scope.count() == 2, "nothing is open"
    commands.dialog.reject()
    session.adopt(OpenProject(project_folder))
    session.select_item(session.project.items[0].id)
    store, box = session.labels.labels, Region((0, 2, 2), (2, 5, 5))
    edit = Edit.between(box, np.zeros(box.shape, np.uint32), np.full(box.shape, 9, np.uint32), "Box")
    edit.apply(store)
    session.commit_edit(edit)

    def run(name: str, target: int) -> None:
        commands.ask(UTILITIES[name])
        assert commands.dialog is not None
        assert commands.dialog.on_open
        assert not commands.dialog.out_file.isVisible()
        commands.dialog.target.setCurrentIndex(target)
        commands.dialog.go.click()
        qtbot.waitUntil(lambda: not session.carrying_out and not shell_runner.jobs(), timeout=20_000)

    run("relabel", 1)
    assert (store.read(box) == 1).all()
    assert session.history.titles()[-1] == "Relabel"
    session.undo()
    assert (store.read(box) == 9).all()
    run("to-classes", 0)
    (layer,) = session.layers.results
    assert layer.title == "Objects to a class"
    assert np.array_equal(layer.store.read(Region.whole(store.shape)), store.read(Region.whole(store.shape)) // 9)
    run("relabel", 1)
    run("relabel", 1)
    assert said.said("info")[-1] == "“Relabel” changes nothing here."


@pytest.fixture
def opened(qtbot: QtBot, project_folder: Path, shell_session: Session) -> Session:
    """A session with an open image, in whose labels there is a box of 9."""
    shell_session.adopt(OpenProject(project_folder))
    shell_session.select_item(shell_session.project.items[0].id)
    box = Region((0, 2, 2), (2, 5, 5))
    edit = Edit.between(box, np.zeros(box.shape, np.uint32), np.full(box.shape, 9, np.uint32), "Box")
    edit.apply(shell_session.labels.labels)
    shell_session.commit_edit(edit)
    return shell_session


def test_label_files_are_combined_with_the_open_labels_in_one_step(
    qtbot: QtBot, opened: Session, shell_runner: JobRunner, said: RecordingNotifier, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    window = QMainWindow()
    qtbot.addWidget(window)
    commands, store = UtilityCommands(WindowContext(opened, shell_runner, said, window)), opened.labels.labels
    other = np.zeros(store.shape, np.uint8)
    other[:, 4:8, 4:8] = 1
    path = saved(tmp_path / "other.tif", other)
    before = store.read(Region.whole(store.shape))
    commands.ask(UTILITIES["combine"])
    assert commands.dialog is not None
    assert commands.dialog.on_open
    assert not commands.dialog.go.isEnabled(), "another file is wanted"
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_args: ([str(path)], ""))
    commands.dialog.add.click()
    commands.dialog.target.setCurrentIndex(1)
    commands.dialog.go.click()
    qtbot.waitUntil(lambda: not opened.carrying_out and not shell_runner.jobs(), timeout=20_000)
    after = store.read(Region.whole(store.shape))
    assert np.array_equal(after == 9, before == 9), "what is there stays"
    assert np.array_equal(after == 10, (other == 1) & (before == 0)), "numbers are kept apart"
    opened.undo()
    assert np.array_equal(store.read(Region.whole(store.shape)), before)


def test_a_box_of_what_is_open_is_a_new_image_with_its_labels(
    qtbot: QtBot, opened: Session, shell_runner: JobRunner, said: RecordingNotifier
) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    commands, first = UtilityCommands(WindowContext(opened, shell_runner, said, window)), opened.item
    size, labels = opened.volume.voxel_size, opened.labels.labels
    whole = labels.read(Region.whole(labels.shape))
    commands.ask(UTILITIES["crop"])
    assert commands.dialog is not None
    assert commands.dialog.on_open
    for field, value in (("y_start", 3), ("x_size", 8)):
        commands.dialog.form.editor(field).setValue(value)  # type: ignore[attr-defined]
    commands.dialog.go.click()
    qtbot.waitUntil(lambda: opened.item is not None and opened.item.id != first.id, timeout=20_000)
    assert opened.item.name == f"{Path(first.image).stem}_crop"
    assert opened.volume.voxel_size.same_as(size)
    found = opened.labels.labels.read(Region.whole(opened.labels.labels.shape))
    assert np.array_equal(found, whole[:, 3:, :8])
    assert found.any()
    opened.select_item(first.id)
    commands.ask(UTILITIES["crop"])
    assert commands.dialog.out_file.path().name.endswith("_crop-2.tif"), "nothing is written over"
    commands.dialog.reject()
