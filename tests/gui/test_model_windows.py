from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from desktop_app.core.advice.mistakes import Mistake
from desktop_app.core.advice.record import MistakePlace, NextStep, StepKind, TrainingAdvice
from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.config.training import TrainingConfig
from desktop_app.gui.inference.batch_wizard import BatchWizard
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.model_windows import ModelWindows
from desktop_app.gui.models.models_dialog import ModelsDialog
from desktop_app.gui.notifications import RecordingNotifier
from desktop_app.gui.session import Session
from desktop_app.gui.training.continue_dialog import ContinueDialog
from desktop_app.gui.training.wizard import TrainingWizard
from desktop_app.gui.widgets.step_window import StepWindow
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.models import save_model
from desktop_app.io.pictures import write_picture
from tests.cards import semantic_card
from tests.jobs.train.test_run import save_state


@pytest.fixture
def window(qtbot: QtBot) -> QMainWindow:
    window = QMainWindow()
    qtbot.addWidget(window)
    window.show()
    return window


@pytest.fixture
def windows(qtbot: QtBot, window: QMainWindow) -> Iterator[tuple[ModelWindows, RecordingNotifier]]:
    notifier, runner = RecordingNotifier(), JobRunner()
    yield ModelWindows(WindowContext(Session(), runner, notifier, window)), notifier
    for opened in shown():
        opened.close()
    assert runner.wait_all(60)


def shown() -> list[StepWindow]:
    return [w for w in QApplication.topLevelWidgets() if isValid(w) and isinstance(w, StepWindow) and w.isVisible()]


def test_training_needs_a_project(windows: tuple[ModelWindows, RecordingNotifier]) -> None:
    windows[0].train()
    assert not any(isinstance(w, TrainingWizard) for w in shown())
    assert windows[1].said("warning") == ["Open or make a project first."]


def test_a_batch_closes_with_the_main_window(
    windows: tuple[ModelWindows, RecordingNotifier], window: QMainWindow
) -> None:
    windows[0].run_batch()
    (wizard,) = shown()
    assert isinstance(wizard, BatchWizard)
    window.close()
    assert shown() == []


def test_what_a_window_asks_for_is_passed_on(
    qtbot: QtBot, windows: tuple[ModelWindows, RecordingNotifier], tmp_path: Path
) -> None:
    windows[0].run_batch()
    (wizard,) = shown()
    assert isinstance(wizard, BatchWizard)
    with qtbot.waitSignal(windows[0].result_requested) as asked:
        wizard.open_requested.emit(tmp_path / "a.tif", tmp_path / "out" / "a.tif")
    assert asked.args == [tmp_path / "a.tif", tmp_path / "out" / "a.tif"]


def test_a_run_opens_its_model_or_says_that_there_is_none(
    windows: tuple[ModelWindows, RecordingNotifier], window: QMainWindow, tmp_path: Path
) -> None:
    windows[0].show_model_of_run(tmp_path)
    assert "Resume training" in windows[1].said("info")[0]
    assert window.findChildren(ModelsDialog) == []
    (tmp_path / "Nuclei.vwmodel").mkdir()
    windows[0].show_model_of_run(tmp_path)
    (dialog,) = window.findChildren(ModelsDialog)
    assert dialog.isVisible()
    dialog.close()


def test_a_run_shows_its_curves_in_one_window(
    windows: tuple[ModelWindows, RecordingNotifier], window: QMainWindow, tmp_path: Path
) -> None:
    config = TrainingConfig(dataset=DatasetConfig(pairs=()), network="unet3d", patch_size=(8, 8, 8), name="Nuclei")
    (tmp_path / "config.json").write_text(config.model_dump_json())
    (tmp_path / "metrics.csv").write_text("step,name,value\n10,loss/train,0.5\n20,loss/train,0.4\n")
    for _ in range(2):
        windows[0].show_run(tmp_path)
    (wizard,) = shown()
    assert isinstance(wizard, TrainingWizard)
    assert wizard.run_page.loss.points("training images") == ([10, 20], [0.5, 0.4])
    assert not wizard.run_page.stop_button.isVisible()
    assert wizard.next_button.text() == "Resume training"  # there is no result: it was interrupted
    assert "interrupted after step 20 of 800" in wizard.run_page.status.text()


def test_a_run_that_came_to_its_end_is_not_called_interrupted_where_its_model_is_gone(
    windows: tuple[ModelWindows, RecordingNotifier], tmp_path: Path
) -> None:
    config = TrainingConfig(dataset=DatasetConfig(pairs=()), network="unet3d", patch_size=(8, 8, 8), name="Nuclei")
    (tmp_path / "config.json").write_text(config.model_dump_json())
    (tmp_path / "metrics.csv").write_text(f"step,name,value\n{config.optimisation.iterations},loss/train,0.4\n")
    windows[0].show_run(tmp_path)
    (wizard,) = shown()
    assert isinstance(wizard, TrainingWizard)
    assert not wizard.next_button.isVisible()
    assert "has ended" in wizard.run_page.status.text()


def test_a_run_that_died_while_its_model_was_tuned_is_resumed_not_asked_how_to_go_on(
    windows: tuple[ModelWindows, RecordingNotifier], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = TrainingConfig(dataset=DatasetConfig(pairs=()), network="unet3d", patch_size=(8, 8, 8), name="Nuclei")
    steps = config.optimisation.iterations
    (tmp_path / "config.json").write_text(config.model_dump_json())
    (tmp_path / "metrics.csv").write_text(f"step,name,value\n{steps},loss/train,0.4\n")
    save_state(tmp_path, step=steps, validated=steps, stopped="finished", unmade=True)
    windows[0].show_run(tmp_path)
    (wizard,) = shown()
    assert isinstance(wizard, TrainingWizard)
    assert "stopped after its last step, while its model was tuned" in wizard.run_page.status.text()
    assert wizard.next_button.text() == "Resume training"
    resumed: list[Path] = []
    monkeypatch.setattr("desktop_app.gui.model_windows.show_resumed", lambda _context, run: resumed.append(run))
    windows[0].resume_training(tmp_path)
    assert resumed == [tmp_path]


def test_a_run_that_made_a_model_tells_once_more_what_went_wrong(
    qtbot: QtBot, windows: tuple[ModelWindows, RecordingNotifier], tmp_path: Path
) -> None:
    config = TrainingConfig(dataset=DatasetConfig(pairs=()), network="unet3d", patch_size=(8, 8, 8), name="Nuclei")
    (tmp_path / "config.json").write_text(config.model_dump_json())
    card = semantic_card(divisor=(8, 8, 8), metrics={"f1": 0.7})
    save_model(tmp_path / "Nuclei.vwmodel", card, {"a": np.zeros(2, np.float32)}, None)
    write_picture(tmp_path / "1.png", np.zeros((8, 24, 3), np.uint8))
    place = MistakePlace(mistake=Mistake.MISSED, image="Emb01", file="Emb01.tif", voxel=(1, 2, 3), picture="1.png")
    advice = TrainingAdvice(
        went_wrong=("9 of 40 objects were missed.",),
        next_step=NextStep(kind=StepKind.REMEDY, sentence="Label more."),
        places=(place,),
    )
    (tmp_path / "advice.json").write_text(advice.model_dump_json())
    windows[0].show_run(tmp_path)
    (wizard,) = shown()
    assert isinstance(wizard, TrainingWizard)
    wizard.next_button.click()
    page = wizard.result_page
    assert wizard.page is page
    assert (page.next_step.text(), page.advice.texts) == ("Label more.", ["9 of 40 objects were missed."])
    with qtbot.waitSignal(windows[0].place_requested) as asked:
        page.places.pictures[0].click()
    assert asked.args == [place]


def test_a_folder_without_a_run_is_told(windows: tuple[ModelWindows, RecordingNotifier], tmp_path: Path) -> None:
    windows[0].show_run(tmp_path)
    assert len(windows[1].said("error")) == 1
    assert shown() == []


def test_what_cannot_be_resumed_is_told(windows: tuple[ModelWindows, RecordingNotifier], tmp_path: Path) -> None:
    windows[0].resume_training(tmp_path)
    windows[0].resume_batch(tmp_path)
    assert len(windows[1].said("error")) == 2
    assert shown() == []


def test_a_run_that_has_ended_is_asked_how_it_shall_go_on(
    windows: tuple[ModelWindows, RecordingNotifier], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def decline(dialog: ContinueDialog) -> int:
        asked.extend(label.text() for label in dialog.findChildren(QLabel) if "has learned" in label.text())
        return 0

    monkeypatch.setattr(ContinueDialog, "exec", decline)
    run = tmp_path / "2026-11-30-141523-Nuclei"
    save_state(run, step=80, validated=80, stopped="finished")
    config = TrainingConfig(name="Nuclei")
    learning = config.optimisation.model_copy(update={"iterations": 80})
    (run / "config.json").write_text(config.model_copy(update={"optimisation": learning}).model_dump_json())
    windows[0].resume_training(run)
    assert len(asked) == 1
    assert asked[0].startswith("“Nuclei” has learned for 80 of 80 steps")
    assert shown() == []
