"""The wizard with the jobs of the program, for the goal of electron microscopy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from pytestqt.qtbot import QtBot

from desktop_app.gui.jobs.runner import JobRunner
from desktop_app.gui.notifications.recording import RecordingNotifier
from desktop_app.gui.session.session import Session
from desktop_app.gui.training.wizard import TrainingWizard
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.models import load_card
from desktop_app.io.projects import OpenProject

PATIENCE_MS = 120_000
TINY = {"encoder": "regnety_200mf", "channels": 32, "layers": 1}


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "patches"
    rng = np.random.default_rng(0)
    labels = np.zeros((128, 128), np.int32)
    labels[20:50, 20:60], labels[70:110, 30:60] = 1, 2
    for source, count in (("fly", 2), ("mouse", 1)):
        for number in range(count):
            for part, array in (("images", rng.integers(0, 99, labels.shape) + 99 * (labels == 0)), ("masks", labels)):
                path = folder / source / part / f"p{number}.tiff"
                path.parent.mkdir(parents=True, exist_ok=True)
                tifffile.imwrite(path, array.astype(np.uint8), photometric="minisblack")
    return folder


@pytest.mark.slow
def test_next_next_finish_outlines_organelles(
    qtbot: QtBot,
    session: Session,
    runner: JobRunner,
    notifier: RecordingNotifier,
    pictures: Path,
    opened: OpenProject,
) -> None:
    wizard = TrainingWizard(WindowContext(session, runner, notifier))
    wizard.show()
    wizard.goal_page.goal_cards["organelles"].click()
    wizard.next_button.click()
    wizard.data_page.source.folder.set_path(pictures)
    for _ in range(2):
        qtbot.waitUntil(lambda: not wizard.page.problems(), timeout=PATIENCE_MS)
        wizard.next_button.click()
    assert wizard.page is wizard.settings_page
    config = wizard.draft.config
    assert config is not None
    assert (config.recipe, config.optimisation.iterations) == ("panoptic", 500)
    assert {pair.group for pair in wizard.draft.pairs} == {"fly", "mouse"}
    patch = wizard.settings_page.forms["patch_size"]
    patch.set_value(config.model_copy(update={"patch_size": (1, 200, 200)}))
    assert "128 or 256" in wizard.settings_page.patch_note.text()
    assert wizard.page.problems()
    patch.set_value(config)
    forms = wizard.settings_page.forms
    forms["optimisation"].set_value(config.optimisation.model_copy(update={"iterations": 2, "batch_size": 2}))
    forms["validation"].set_value(config.validation.model_copy(update={"every": 2}))
    assert wizard.draft.change(network_arguments=TINY)
    wizard.next_button.click()
    wizard.next_button.click()
    run = wizard.run
    assert run is not None
    qtbot.waitUntil(lambda: not run.active, timeout=PATIENCE_MS)
    assert run.error is None
    assert wizard.page is wizard.result_page
    assert wizard.run_page.scores.points("finding and outlining together (PQ)")[0]
    (model,) = opened.models()
    assert load_card(model).recipe == "panoptic"
    wizard.close()
