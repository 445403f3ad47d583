"""The wizard with the jobs of the program, on one tiny labelled image."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from desktop_app.gui.jobs.runner import JobRunner
from desktop_app.gui.notifications.recording import RecordingNotifier
from desktop_app.gui.session.session import Session
from desktop_app.gui.training.training_run import TrainingRun
from desktop_app.gui.training.wizard import TrainingWizard, show_resumed
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.models import load_card
from desktop_app.io.projects import OpenProject

PATIENCE_MS = 120_000
Start = Callable[..., TrainingWizard]


@pytest.fixture
def start(qtbot: QtBot, session: Session, runner: JobRunner, notifier: RecordingNotifier) -> Iterator[Start]:
    """Goes through all pages and starts a training of that many steps."""
    made: list[TrainingWizard] = []

    def go(steps: int, every: int, start_from: Path | None = None) -> TrainingWizard:
        wizard = TrainingWizard(WindowContext(session, runner, notifier), start_from=start_from)
        made.append(wizard)
        wizard.show()
        if start_from is None:
            wizard.goal_page.goal_cards["objects2d"].click()
        for _ in range(3):
            qtbot.waitUntil(lambda: not wizard.page.problems(), timeout=PATIENCE_MS)
            wizard.next_button.click()
        forms = wizard.settings_page.forms
        for name, values in (
            ("optimisation", {"iterations": steps, "batch_size": 1}),
            ("validation", {"every": every}),
        ):
            forms[name].set_value(forms[name].value().model_copy(update=values))
        wizard.next_button.click()
        wizard.next_button.click()
        return wizard

    yield go
    for wizard in made:
        if isValid(wizard):
            wizard.close()


def ended(qtbot: QtBot, wizard: TrainingWizard) -> TrainingRun:
    run = wizard.run
    assert run is not None
    qtbot.waitUntil(lambda: not run.active, timeout=PATIENCE_MS)
    assert run.error is None
    return run


@pytest.mark.slow
def test_a_model_is_trained_then_improved(qtbot: QtBot, start: Start, opened: OpenProject) -> None:
    wizard = start(3, 3)
    ended(qtbot, wizard)
    assert wizard.page is wizard.result_page
    assert wizard.run_page.loss.points("training images")[0]
    (model,) = opened.models()
    assert load_card(model).dimensions == 2
    improved = start(2, 2, model)
    run = ended(qtbot, improved)
    assert run.config.start_from == str(model)
    assert len(opened.models()) == 2


@pytest.mark.slow
def test_a_loss_that_is_no_number_ends_the_training_and_leaves_a_model(
    qtbot: QtBot, start: Start, opened: OpenProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    from desktop_app.ml.recipes.base import LossInput
    from desktop_app.ml.recipes.semantic.recipe import SemanticRecipe

    usual = SemanticRecipe.loss

    def loss(self: SemanticRecipe, batch: LossInput) -> Any:
        value, parts = usual(self, batch)
        return (value * float("nan") if batch.step == 4 and value.requires_grad else value), parts

    monkeypatch.setattr(SemanticRecipe, "loss", loss)
    wizard = start(60, 3)
    run = wizard.run
    assert run is not None
    qtbot.waitUntil(lambda: not run.active, timeout=PATIENCE_MS)
    assert run.state == "failed"
    assert run.record.curves["loss/validation"][-1][0] == 3
    said = wizard.run_page.status.text()
    assert said.startswith(
        "The loss is no longer a number at step 5. The best state so far is kept. Go on with a lower"
    )
    (model,) = opened.models()
    assert load_card(model).training["best_step"] == 3


@pytest.mark.slow
def test_a_stopped_training_leaves_a_model_and_can_be_resumed(
    qtbot: QtBot, start: Start, opened: OpenProject, session: Session, runner: JobRunner, notifier: RecordingNotifier
) -> None:
    wizard = start(60, 4)
    run = wizard.run
    assert run is not None
    qtbot.waitUntil(lambda: run.record.has_validated, timeout=PATIENCE_MS)
    wizard.run_page.stop_button.click()
    ended(qtbot, wizard)
    assert run.result is not None
    assert run.result.stopped == "cancelled"
    assert len(opened.models()) == 1
    resumed = show_resumed(WindowContext(session, runner, notifier), run.folder)
    assert resumed is not None
    again = ended(qtbot, resumed)
    assert again.result is not None
    assert again.result.stopped == "finished"
    assert again.record.curves["loss/train"][-1][0] == 60
    resumed.close()
