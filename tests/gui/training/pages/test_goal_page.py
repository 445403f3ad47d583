from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from desktop_app.gui.jobs.runner import JobRunner
from desktop_app.gui.notifications.recording import RecordingNotifier
from desktop_app.gui.session.session import Session
from desktop_app.gui.training.draft import TrainingDraft
from desktop_app.gui.training.pages.goal_page import GoalPage
from desktop_app.gui.training.wizard import TrainingWizard, first_draft
from desktop_app.gui.widgets.step_page import scrolled
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.models import save_model
from desktop_app.io.projects import OpenProject
from tests.gui.training.test_draft import CARD

MakePage = Callable[[], GoalPage]


@pytest.fixture
def draft() -> TrainingDraft:
    return TrainingDraft()


@pytest.fixture
def make_page(qtbot: QtBot, session: Session, notifier: RecordingNotifier, draft: TrainingDraft) -> MakePage:
    def make() -> GoalPage:
        page = GoalPage(draft, session, notifier)
        qtbot.addWidget(page)
        page.show()
        return page

    return make


def saved_model(opened: OpenProject) -> Path:
    return save_model(opened.models_folder() / "Old.vwmodel", CARD, {"weight": np.zeros(3, np.float32)})


def test_a_goal_is_chosen(make_page: MakePage, draft: TrainingDraft) -> None:
    page = make_page()
    assert page.goal_cards["objects3d"].isChecked()
    page.goal_cards["regions"].click()
    assert draft.goal_name == "regions"
    assert page.problems() == []


def test_improving_without_a_model_is_not_enough(make_page: MakePage) -> None:
    page = make_page()
    page.finetune.click()
    assert page.problems() == ["Choose the model to start from."]
    page.scratch.click()
    assert page.problems() == []


def test_the_choice_of_the_model_comes_into_view(make_page: MakePage, qtbot: QtBot) -> None:
    page = make_page()
    area = scrolled(page)
    qtbot.addWidget(area)
    area.resize(900, 400)
    area.show()
    page.finetune.click()
    qtbot.waitUntil(lambda: not page.models.visibleRegion().isEmpty())


def test_the_model_to_improve_is_seen_without_scrolling(
    qtbot: QtBot, session: Session, runner: JobRunner, notifier: RecordingNotifier, opened: OpenProject
) -> None:
    wizard = TrainingWizard(WindowContext(session, runner, notifier), start_from=saved_model(opened))
    qtbot.addWidget(wizard)
    wizard.resize(1040, 720)
    wizard.show()
    models = wizard.goal_page.models
    assert models.currentText() == "Old"
    qtbot.waitUntil(lambda: models.visibleRegion().boundingRect() == models.rect())


def test_a_model_decides_the_goal(make_page: MakePage, draft: TrainingDraft, opened: OpenProject) -> None:
    path = saved_model(opened)
    page = make_page()
    page.improve()
    assert draft.start_from == path
    assert draft.goal_name == "objects2d"
    assert not page.goal_cards["objects3d"].isEnabled()
    page.scratch.click()
    assert draft.start_from is None
    assert page.goal_cards["objects3d"].isEnabled()


def test_the_model_for_the_goal_is_chosen_first(make_page: MakePage, draft: TrainingDraft, opened: OpenProject) -> None:
    saved_model(opened)
    deep = CARD.model_copy(
        update={"network": "unet3d", "dimensions": 3, "patch_size": (8, 16, 16), "divisor": (8, 8, 8)}
    )
    path = save_model(opened.models_folder() / "Older.vwmodel", deep, {"weight": np.zeros(3, np.float32)})
    page = make_page()
    page.improve()
    assert (draft.goal_name, draft.start_from) == ("objects3d", path)
    page.models.setCurrentIndex(page.models.findText("Old"))
    page.models.activated.emit(page.models.currentIndex())
    assert draft.goal_name == "objects2d"
    page.scratch.click()
    page.goal_cards["regions"].click()
    page.improve()
    assert draft.start_from == Path(page.models.itemData(0))


def test_a_damaged_model_is_refused(
    make_page: MakePage, draft: TrainingDraft, opened: OpenProject, notifier: RecordingNotifier
) -> None:
    path = saved_model(opened)
    (path / "model.json").write_text("{")
    page = make_page()
    page.choose_model(path)
    assert draft.start_from is None
    assert len(notifier.said("error")) == 1


def test_the_goal_is_that_of_the_newest_model_of_the_project(session: Session, opened: OpenProject) -> None:
    assert first_draft(session).goal_name == "objects3d"
    weights = {"weight": np.zeros(3, np.float32)}
    panoptic = CARD.model_copy(update={"recipe": "panoptic", "created": datetime(2025, 3, 1, tzinfo=UTC)})
    save_model(opened.models_folder() / "EM.vwmodel", panoptic, weights)
    (opened.models_folder() / "Broken.vwmodel").mkdir()
    assert first_draft(session).goal_name == "organelles"
    newer = CARD.model_copy(update={"created": datetime(2025, 3, 2, tzinfo=UTC)})
    save_model(opened.models_folder() / "Nuclei.vwmodel", newer, weights)
    assert first_draft(session).goal_name == "objects3d"
