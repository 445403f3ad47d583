from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from desktop_app.gui.jobs.runner import JobRunner
from desktop_app.gui.notifications.recording import RecordingNotifier
from desktop_app.gui.session.session import Session
from desktop_app.gui.training.wizard import TrainingWizard
from desktop_app.io.models import load_card
from desktop_app.io.projects import OpenProject

PATIENCE_MS = 120_000


@pytest.mark.slow
def test_the_wizard_trains_a_real_model_on_one_labelled_image(
    qtbot: QtBot, session: Session, opened: OpenProject, runner: JobRunner, notifier: RecordingNotifier
) -> None:
    wizard = TrainingWizard(session, runner, notifier)
    wizard.show()
    wizard.goal_page.goal_cards["objects2d"].click()
    for _ in range(3):
        qtbot.waitUntil(lambda: not wizard.page.problems(), timeout=PATIENCE_MS)
        wizard.next_button.click()
    assert wizard.page is wizard.settings_page
    assert wizard.draft.config is not None
    assert wizard.draft.config.patch_size[0] == 1
    form = wizard.settings_page.forms["optimisation"]
    form.set_value(form.value().model_copy(update={"iterations": 3, "batch_size": 1}))
    wizard.next_button.click()
    wizard.next_button.click()
    assert wizard.run is not None
    qtbot.waitUntil(lambda: wizard.run is not None and not wizard.run.active, timeout=PATIENCE_MS)
    assert wizard.run.error is None
    assert wizard.page is wizard.result_page
    (model,) = opened.models()
    assert load_card(model).dimensions == 2
    assert wizard.run_page.loss.points("training images")[0]
    wizard.close()
