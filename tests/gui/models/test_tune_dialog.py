"""Fitting a model to labels in the window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton

from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.tuned_model import ScoredValues, TunedModel, swapped_card
from desktop_app.gui.models import tune_dialog
from desktop_app.gui.models.card_view import card_facts
from desktop_app.gui.models.models_dialog import ModelsDialog
from desktop_app.gui.models.tune_dialog import TuneDialog
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.models import load_card, replace_card
from desktop_app.io.projects import open_project
from desktop_app.jobs.models.library import listed
from tests.model_to_tune import TOO_HIGH, card_to_tune, labelled_pictures, model_to_tune


@pytest.fixture
def context(shell_session, shell_runner, said) -> WindowContext:
    return WindowContext(shell_session, shell_runner, said)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return model_to_tune(tmp_path / "models" / "m.vwmodel", monkeypatch)


@pytest.fixture
def dialog(qtbot, context, model) -> TuneDialog:
    dialog = TuneDialog(context, listed(model))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    return dialog


def test_what_is_found_is_shown_and_kept_where_the_user_says_so(
    qtbot: Any, dialog: TuneDialog, context: WindowContext, model: Path, tmp_path: Path, said: Any
) -> None:
    assert dialog.of_folder.isChecked()
    assert not dialog.of_project.isEnabled()
    assert not dialog.go.isEnabled()
    dialog.images.set_path(labelled_pictures(tmp_path / "data"))
    dialog.show()
    dialog.go.click()
    assert not dialog.stop.isHidden()
    assert not dialog.keep.isEnabled()
    qtbot.waitUntil(lambda: dialog.tuned is not None)
    assert dialog.stop.isHidden()
    values, scores = dialog.plot.points("Confidence threshold")
    assert TOO_HIGH in values
    assert values[scores.index(max(scores))] == 0.3
    assert dialog.scores.values.values_of(0)["before"].startswith("0.000")
    assert dialog.scores.values.values_of(0)["after"].startswith("1.000")
    assert "Confidence threshold: 0.8 → 0.3." in dialog.words.text()
    assert load_card(model).decode["threshold"] == TOO_HIGH
    with qtbot.waitSignal(context.session.models_changed):
        dialog.keep.click()
    assert load_card(model).decode["threshold"] == 0.3
    assert dict(card_facts(load_card(model)))["Before it was fitted to labels"] == "Confidence threshold 0.8"
    assert not dialog.isVisible()


def test_the_card_brings_back_the_values_from_before_and_the_fitted_ones_again(
    qtbot: Any, context: WindowContext, shell_session: Any, said: Any, project_folder: Path, monkeypatch: Any
) -> None:
    shell_session.adopt(open_project(project_folder))
    model = model_to_tune(shell_session.open_project.models_folder() / "m.vwmodel", monkeypatch)
    replace_card(model, swapped_card(_fitted(load_card(model))))
    window = ModelsDialog(context)
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(window)
    for words, threshold in (("Use these values again", 0.3), ("Bring these values back", TOO_HIGH)):
        (button,) = [one for one in window.card.findChildren(QPushButton) if one.text() == words]
        with qtbot.waitSignal(shell_session.models_changed):
            button.click()
        assert load_card(model).decode["threshold"] == threshold
    assert "has the values from before it was fitted to labels again" in said.said("info")[-1]


def _fitted(card: ModelCard) -> ModelCard:
    nothing = ScoredValues()
    return TunedModel(card, {**card.decode, "threshold": 0.3}, nothing, nothing).kept_card()


def test_class_labels_that_also_number_objects_are_taken_with_their_divisor(
    qtbot: Any, context: WindowContext, model: Path, tmp_path: Path, dialog: TuneDialog, monkeypatch: Any
) -> None:
    assert dialog.divisor.isHidden()  # it makes single objects
    replace_card(model, card_to_tune(label_kind="classes"))
    classes = TuneDialog(context, listed(model))
    classes.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(classes)
    assert not classes.divisor.isHidden()
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(tune_dialog, "labels_in", lambda *given: asked.append(given))
    monkeypatch.setattr(tune_dialog, "tune_model", lambda _request, _ctx: None)
    classes.images.set_path(tmp_path)
    classes.divisor.set_value(DatasetConfig(label_divisor=1000))
    classes.go.click()
    qtbot.waitUntil(lambda: bool(asked) and not classes._job.busy)
    assert asked[0][3] == 1000


def test_what_cannot_be_used_is_said_in_the_dialog(qtbot: Any, dialog: TuneDialog, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    dialog.images.set_path(tmp_path / "empty")
    dialog.go.click()
    qtbot.waitUntil(lambda: bool(dialog.problem.text()))
    assert "No pairs of images and labels were found in empty" in dialog.problem.text()
    assert not dialog.keep.isEnabled()
    assert dialog.go.isEnabled()


def test_stopping_leaves_the_model_as_it_was(
    qtbot: Any, dialog: TuneDialog, context: WindowContext, model: Path, tmp_path: Path
) -> None:
    before = (model / "model.json").read_bytes()
    dialog.images.set_path(labelled_pictures(tmp_path / "data"))
    dialog.go.click()
    dialog.stop.click()
    assert dialog.go.isEnabled()
    qtbot.waitUntil(lambda: not context.runner.jobs())
    assert (dialog.tuned, dialog.problem.text()) == (None, "")
    assert (model / "model.json").read_bytes() == before


def test_labels_of_the_project_come_first_where_one_is_open(
    qtbot: Any, context: WindowContext, model: Path, project_folder: Path
) -> None:
    context.session.adopt(open_project(project_folder))
    dialog = TuneDialog(context, listed(model))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    assert dialog.of_project.isChecked()
    dialog.go.click()
    assert "project" in dialog.problem.text()


def test_the_list_of_models_leads_to_it(
    qtbot: Any, context: WindowContext, project_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context.session.adopt(open_project(project_folder))
    opened = context.session.open_project
    assert opened is not None
    path = model_to_tune(opened.models_folder() / "m.vwmodel", monkeypatch)
    window = ModelsDialog(context)
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(window)
    assert window.chosen().path == path  # type: ignore[union-attr]
    window.ask_fit()
    (found,) = window.findChildren(TuneDialog)
    assert found.isVisible()
    found.close()


def test_an_error_hides_nothing_that_is_asked(qtbot: Any, dialog: TuneDialog) -> None:
    dialog.show()
    QApplication.processEvents()
    tall, asked = dialog.height(), dialog.of_folder.visibleRegion().boundingRect().height()
    dialog.problem.show_text("No image of this project is labelled. Label some slices, and mark what is done.")
    qtbot.waitUntil(lambda: dialog.height() > tall)
    QApplication.processEvents()
    assert dialog.of_folder.visibleRegion().boundingRect().height() == asked > 0


def test_an_error_goes_with_the_labels_that_it_is_about(dialog: TuneDialog, tmp_path: Path) -> None:
    dialog.problem.show_text("No image of this project is labelled.")
    dialog.images.set_path(tmp_path)
    assert dialog.problem.isHidden()
