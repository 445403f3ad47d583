"""Fifth step: everything at a glance, with time and memory, before it begins."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from PySide6.QtWidgets import QFormLayout, QFrame, QLabel, QLineEdit

from desktop_app.core.config.folds import models_in_turn, suggested_parts, why_in_turn
from desktop_app.core.config.training import LONGEST_NAME, TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.gui.jobs.latest import LatestJob
from desktop_app.gui.jobs.runner import JobRunner
from desktop_app.gui.notifications.notifier import Notifier
from desktop_app.gui.session.session import Session
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.roles import muted_label
from desktop_app.gui.theme.spacing import LARGE, SMALL, level_titles
from desktop_app.gui.training.draft import TrainingDraft
from desktop_app.gui.training.draft_rules import DraftStep, step_problems
from desktop_app.gui.training.pages.two_pictures import TwoPictures
from desktop_app.gui.training.review_words import (
    data_line,
    in_turn_words,
    learning_line,
    memory_line,
    memory_warning,
    method_line,
    time_line,
)
from desktop_app.gui.training.services import TrainingServices
from desktop_app.gui.widgets.banner import Banner
from desktop_app.gui.widgets.offer_bar import OfferBar
from desktop_app.gui.widgets.step_page import StepPage, column

if TYPE_CHECKING:
    from desktop_app.core.advice.start_fit import StartFit
    from desktop_app.core.recipes.data_report import DataReport
    from desktop_app.jobs.train.estimate import Estimate


class ReviewPage(StepPage):
    """Name, summary, estimate, and the button that starts."""

    step = "Review"
    title = "Ready to train"
    subtitle = "Give the model a name, then start. You can go on working while it learns."
    next_text = "Start training"

    def __init__(
        self, draft: TrainingDraft, session: Session, runner: JobRunner, notifier: Notifier, services: TrainingServices
    ) -> None:
        super().__init__()
        self._draft, self._session, self._notifier, self._services = draft, session, notifier, services
        self._job = LatestJob(runner, "preview", self)
        self.name = QLineEdit()
        self.facts: dict[str, QLabel] = {}
        self.warning = Banner("warning")
        self.poor_start = OfferBar("Train from scratch", "Improve it nevertheless", flush=True)
        self.other_size = OfferBar("Learn so", "Learn as they are", flush=True)
        self.sizes, self.trying = TwoPictures(), muted_label("Trying the start model on your images…")
        self.in_turn = OfferBar("Check in turn", "Keep some aside", flush=True)
        self._fit: StartFit | None = None
        self._declined_turns = False
        self._size_declined: tuple[object, ...] = ()
        self._build()
        self.name.textChanged.connect(self._on_name)
        self.name.textEdited.connect(self._on_name_edited)
        self._job.failed.connect(self._on_failed)
        self.poor_start.taken.connect(self._on_scratch)
        self.other_size.taken.connect(self._on_size)
        self.other_size.declined.connect(self._on_own_size)
        self.in_turn.taken.connect(self._on_turns)
        self.in_turn.declined.connect(self._on_no_turns)

    def enter(self) -> None:
        draft = self._draft
        opened = self._session.open_project
        if opened is not None:
            draft.taken_names = frozenset(path.stem for path in opened.models())
            draft.name_model()
            draft.free_disk_gb = shutil.disk_usage(opened.folder).free / 1e9
            self.facts["Saved in"].setText(str(Path(opened.folder.name) / "models"))
        self.name.setText(draft.name)
        for offer in (self.poor_start, self.other_size, self.in_turn, self.sizes, self.trying):
            offer.hide()
        self._show_facts()
        config, report = draft.config, draft.report
        if draft.estimate is None and config is not None and report is not None:
            self._job.start(
                "Estimate time and memory", partial(_estimate, self._services, config, report), self._on_estimate
            )

    def problems(self) -> list[str]:
        return step_problems(self._draft, DraftStep.REVIEW)

    def stop(self) -> None:
        self._job.drop()

    def leave_forward(self) -> bool:
        self._job.drop()
        return True

    def _build(self) -> None:
        layout = column(self)
        top = QFormLayout()
        top.addRow("Name of the model", self.name)
        level_titles(top)
        self.name.setMaxLength(LONGEST_NAME)
        layout.addLayout(top)
        card = QFrame()
        set_role(card, "card")
        form = QFormLayout(card)
        form.setContentsMargins(LARGE, LARGE, LARGE, LARGE)
        form.setHorizontalSpacing(LARGE)
        form.setVerticalSpacing(SMALL)
        for title in ("Images", "Method", "Learning", "Time", "Memory", "Disk", "Saved in"):
            caption, value = QLabel(title), QLabel()
            set_role(caption, "muted")
            value.setWordWrap(True)
            self.facts[title] = value
            form.addRow(caption, value)
        layout.addWidget(card)
        layout.addWidget(self.warning)
        layout.addWidget(self.trying)
        layout.addWidget(self.poor_start)
        layout.addWidget(self.other_size)
        layout.addWidget(self.sizes)
        layout.addWidget(self.in_turn)
        layout.addStretch(1)

    def _show_facts(self) -> None:
        draft = self._draft
        config, report, estimate = draft.config, draft.report, draft.estimate
        if config is None or report is None:
            return
        grey = RECIPES[config.recipe].channels_in(report) < report.n_channels
        self.facts["Images"].setText(data_line(draft.dataset(), report, grey=grey, labels=draft.needs_labels))
        self.facts["Method"].setText(method_line(config, draft.card))
        self.facts["Learning"].setText(learning_line(config))
        minutes = config.optimisation.minutes
        made = models_in_turn(config)
        self.facts["Time"].setText(time_line(estimate, minutes, made) if estimate else "being estimated…")
        self._offer_turns(estimate)
        self.facts["Memory"].setText(memory_line(estimate) if estimate else "being estimated…")
        free_gb = psutil.virtual_memory().available / 1e9
        self.warning.show_text(memory_warning(estimate, free_gb) if estimate else "", "warning")
        free = f"{draft.free_disk_gb:.0f} GB free" if draft.free_disk_gb is not None else ""
        # GB, the least that one decimal shows.
        needed = f"About {max(0.1, estimate.disk_gb):.1f} GB needed, " if estimate else ""
        self.facts["Disk"].setText(needed + free)

    def _offer_turns(self, estimate: Estimate | None) -> None:
        """Suggest a cross-validation where there are few groups, once its time is known."""
        dataset = self._draft.dataset()
        reason = why_in_turn(dataset)
        if reason and estimate is not None and not self._declined_turns:
            self.in_turn.offer(in_turn_words(reason, estimate, self._in_turn()))

    def _in_turn(self) -> TrainingConfig:
        """The training with the cross-validation that is suggested."""
        dataset, config = self._draft.dataset(), self._draft.config
        assert config is not None
        return config.model_copy(update={"dataset": dataset.in_turn(suggested_parts(dataset))})

    def _on_turns(self) -> None:
        draft = self._draft
        draft.change_split(draft.split.model_copy(update={"folds": suggested_parts(draft.dataset())}))
        draft.change(dataset=draft.dataset())
        self.enter()
        self.changed.emit()

    def _on_no_turns(self) -> None:
        self._declined_turns = True

    def _on_name_edited(self) -> None:
        self._draft.name_chosen = True

    def _on_name(self, text: str) -> None:
        self._draft.name = text
        self.changed.emit()

    def _on_estimate(self, estimate: Estimate) -> None:
        self._draft.estimate = estimate
        self._show_facts()
        self._look_at_start()
        self.changed.emit()

    def _look_at_start(self) -> None:
        """Try the model to improve on the labels, once for each choice of model and data."""
        config, report = self._draft.config, self._draft.report
        if config is None or report is None or self._draft.card is None:
            return
        self.trying.show()
        asked = config.model_copy(update={"dataset": self._draft.dataset()})
        self._job.start("Try the start model", partial(_fit, self._services, asked, report), self._on_fit)

    def _on_fit(self, fit: StartFit) -> None:
        self._fit = fit
        self.trying.hide()
        if fit.poor:
            self.poor_start.offer(fit.poor_words)
        elif fit.sized is None:
            self.warning.show_text(fit.size_words, "warning")
        elif self._size_declined != self._draft.data_key():
            self.other_size.yes.setText(f"Learn at {fit.at}")
            self.other_size.offer(fit.size_words)
            self.sizes.show_pictures((fit.as_it_is.picture, "As the images are"), (fit.sized.picture, f"At {fit.at}"))
            if fit.better_sized:
                self._take_size(fit)

    def _take_size(self, fit: StartFit) -> None:
        """Show the images to the network at the size that the start model knows."""
        config = self._draft.config
        if config is not None:
            self._learn_with({**config.recipe_parameters, **fit.changes})

    def _learn_with(self, parameters: dict[str, Any]) -> None:
        """Change the method's parameters; patches stay as they are, and with them time and memory."""
        estimate = self._draft.estimate
        self._draft.change(recipe_parameters=parameters)
        self._draft.estimate = estimate
        self._show_facts()
        self.changed.emit()

    def _on_size(self) -> None:
        if self._fit is not None:
            self._take_size(self._fit)
        self.sizes.hide()

    def _on_own_size(self) -> None:
        config, fit, suggested = self._draft.config, self._fit, self._draft.suggested
        self._size_declined = self._draft.data_key()
        self.sizes.hide()
        if config is not None and fit is not None and suggested is not None:
            kept = {name: value for name, value in config.recipe_parameters.items() if name not in fit.changes}
            own = {name: value for name, value in suggested.recipe_parameters.items() if name in fit.changes}
            self._learn_with({**kept, **own})

    def _on_scratch(self) -> None:
        self._draft.start_anew()
        self.enter()
        self.changed.emit()

    def _on_failed(self, error: Exception) -> None:
        self.trying.hide()
        if self._draft.estimate is None:
            for title in ("Time", "Memory"):
                self.facts[title].setText("could not be estimated")
        if isinstance(error, UserError):
            self.warning.show_text(str(error), "warning")
        else:
            self._notifier.unexpected(error)


def _fit(services: TrainingServices, config: TrainingConfig, report: DataReport, ctx: JobContext) -> StartFit:
    return services.fit(config, report, ctx)


def _estimate(services: TrainingServices, config: TrainingConfig, report: DataReport, ctx: JobContext) -> Estimate:
    ctx.raise_if_cancelled()
    return services.estimate(config, report)
