"""First step: what the model is for, and what it starts from."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QWidget,
)

from desktop_app.core.config.model_card import require_trainable
from desktop_app.core.errors import UserError
from desktop_app.core.recipes.registry import all_goals
from desktop_app.gui.notifications.notifier import Notifier
from desktop_app.gui.session.offered_models import model_title, offered_models
from desktop_app.gui.session.session import Session
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import SMALL
from desktop_app.gui.training.draft import TrainingDraft, goal_of
from desktop_app.gui.training.draft_rules import DraftStep, step_problems
from desktop_app.gui.training.pictures import DRAWINGS
from desktop_app.gui.widgets.choice_card import ChoiceCard
from desktop_app.gui.widgets.step_page import StepPage, column, reveal
from desktop_app.io.models import load_card


class GoalPage(StepPage):
    """Cards for the goals, and for a new network or an existing model."""

    step = "Goal"
    title = "What should the model do?"
    subtitle = "You can train as many models as you like; each does one thing."
    run_requested = Signal()

    def __init__(self, draft: TrainingDraft, session: Session, notifier: Notifier) -> None:
        super().__init__()
        self._draft, self._session, self._notifier = draft, session, notifier
        self.goal_cards = {
            goal.name: ChoiceCard(goal.title, goal.text, DRAWINGS[goal.picture], note=goal.example)
            for goal in all_goals().values()
        }
        self.scratch = ChoiceCard("Learn from scratch", "For new kinds of images. Needs no model.", DRAWINGS["scratch"])
        self.finetune = ChoiceCard(
            "Improve a model", "Goes on from a model that nearly fits. Needs few labels.", DRAWINGS["finetune"]
        )
        self.models = QComboBox()
        self.models.setPlaceholderText("No model in this project yet: choose another one.")
        self.browse = QPushButton("Other model…")
        self._model_row = self._build_model_row()
        self.running = QFrame()
        self._running_text, self._show_run = QLabel(), QPushButton("Show it")
        self._build()
        self._fill_models()
        self._show_draft()
        self._connect_signals()

    def offer_run(self, title: str) -> None:
        """Say that a model is being trained already; an empty title says nothing."""
        self._running_text.setText(f"“{title}” is being trained now.")
        self.running.setVisible(bool(title))

    def improve(self) -> None:
        """Choose to go on from a model; the first one for the goal, if there is one."""
        self.finetune.click()

    def problems(self) -> list[str]:
        if self.finetune.isChecked() and self._draft.start_from is None:
            return ["Choose the model to start from."]
        return step_problems(self._draft, DraftStep.GOAL)

    def choose_model(self, path: Path | None) -> None:
        """Start from a model, or from scratch."""
        card = None
        if path is not None:
            with self._notifier.errors_told():
                found = load_card(path)
                require_trainable(found)
                card = found
        self._draft.choose_model(path if card is not None else None, card)
        self._show_draft()
        self.changed.emit()

    def _build(self) -> None:
        layout = column(self, SMALL)
        set_role(self.running, "banner-info")
        row = QHBoxLayout(self.running)
        row.addWidget(self._running_text, 1)
        row.addWidget(self._show_run)
        self.running.hide()
        layout.addWidget(self.running)
        goals, starts, grid = QButtonGroup(self), QButtonGroup(self), QGridLayout()
        grid.setSpacing(SMALL)
        for place, card in enumerate(self.goal_cards.values()):
            goals.addButton(card)
            grid.addWidget(card, *divmod(place, 2))
            grid.setColumnStretch(place % 2, 1)
        heading = QLabel("Start from")
        set_role(heading, "heading")
        row_of_heading = grid.rowCount()
        grid.addWidget(heading, row_of_heading, 0, 1, 2)
        for column_of_card, card in enumerate((self.scratch, self.finetune)):
            starts.addButton(card)
            grid.addWidget(card, row_of_heading + 1, column_of_card)
        layout.addLayout(grid)
        layout.addWidget(self._model_row)
        layout.addStretch(1)

    def _build_model_row(self) -> QWidget:
        frame = QWidget()
        row = QHBoxLayout(frame)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(QLabel("Model"))
        row.addWidget(self.models, 1)
        row.addWidget(self.browse)
        return frame

    def _fill_models(self) -> None:
        for path in offered_models(self._session):
            self.models.addItem(model_title(path), str(path))
        self.models.setCurrentIndex(0)

    def _connect_signals(self) -> None:
        for name, card in self.goal_cards.items():
            card.setProperty("goal", name)
            card.clicked.connect(self._on_goal)
        self._show_run.clicked.connect(self.run_requested)
        self.scratch.clicked.connect(self._on_scratch)
        self.finetune.clicked.connect(self._on_improve)
        self.models.activated.connect(self._on_finetune)
        self.browse.clicked.connect(self._on_browse)

    def _show_draft(self) -> None:
        draft = self._draft
        for name, card in self.goal_cards.items():
            card.setChecked(name == draft.goal_name)
            card.setEnabled(draft.card is None or name == draft.goal_name)
        self.finetune.setChecked(draft.start_from is not None)
        self.scratch.setChecked(draft.start_from is None)
        self._model_row.setVisible(self.finetune.isChecked())
        if draft.start_from is not None:
            index = self.models.findData(str(draft.start_from))
            if index < 0:
                self.models.addItem(draft.start_from.stem, str(draft.start_from))
                index = self.models.count() - 1
            self.models.setCurrentIndex(index)

    def _on_goal(self) -> None:
        self._draft.goal_name = str(self.sender().property("goal"))
        self._show_draft()
        self.changed.emit()

    def _on_scratch(self) -> None:
        self.choose_model(None)

    def _on_improve(self) -> None:
        if self._draft.start_from is None:
            self.models.setCurrentIndex(self._first_for_goal())
        self._on_finetune()

    def _first_for_goal(self) -> int:
        """The place of the first model that does what was chosen above; of the first one if none does."""
        for place in range(self.models.count()):
            with suppress(UserError):  # told where it is chosen
                if goal_of(load_card(Path(self.models.itemData(place)))) == self._draft.goal_name:
                    return place
        return min(0, self.models.count() - 1)

    def _on_finetune(self) -> None:
        path = self.models.currentData()
        if path is not None:
            self.choose_model(Path(path))
        self._model_row.show()
        reveal(self._model_row)
        self.changed.emit()

    def _on_browse(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self, "Model to start from", str(Path.home()), "Models (*.vwmodel *.zip model.json);;All files (*)"
        )
        if chosen:
            path = Path(chosen)
            self.choose_model(path.parent if path.name == "model.json" else path)
