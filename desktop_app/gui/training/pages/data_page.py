"""Second step: the images with labels, checked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QButtonGroup, QCheckBox, QGridLayout, QLabel, QProgressBar, QRadioButton

from desktop_app.core.config.dataset import DatasetConfig, PairConfig
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext, Progress
from desktop_app.gui.jobs.latest import LatestJob
from desktop_app.gui.jobs.runner import JobRunner
from desktop_app.gui.notifications.notifier import Notifier
from desktop_app.gui.session.session import Session
from desktop_app.gui.theme import set_role
from desktop_app.gui.training.draft import Step, TrainingDraft
from desktop_app.gui.training.pages.pair_table import PairTableModel, pair_table_view
from desktop_app.gui.training.report_words import report_messages, summary
from desktop_app.gui.training.services import TrainingServices
from desktop_app.gui.widgets.message_list import MessageList
from desktop_app.gui.widgets.path_chooser import PathChooser
from desktop_app.gui.widgets.step_page import StepPage, column
from desktop_app.jobs.project_data import is_marked, labelled_items, project_pairs

if TYPE_CHECKING:
    from desktop_app.core.config.training import TrainingConfig
    from desktop_app.jobs.inspect_data import DataReport


class DataPage(StepPage):
    """Chooses pairs of image and labels, and shows what a check of them found."""

    step = "Data"
    title = "Which images should it learn from?"
    subtitle = "Some are kept aside to watch the learning. You can change what each is used for."

    def __init__(
        self, draft: TrainingDraft, session: Session, runner: JobRunner, notifier: Notifier, services: TrainingServices
    ) -> None:
        super().__init__()
        self._draft, self._session = draft, session
        self._notifier, self._services = notifier, services
        self._job = LatestJob(runner, "io", self)
        self.from_project = QRadioButton("Labelled images of this project")
        self.from_folder = QRadioButton("A folder with images and labels")
        self.marked_only = QCheckBox("Only slices marked as done")
        self.folder = PathChooser("folder", "Folder with images and labels", placeholder="Drop a folder here")
        self.table = PairTableModel(draft)
        self.view = pair_table_view(self.table, self)
        self.bar, self.status, self.messages = QProgressBar(), QLabel(), MessageList()
        self._build()
        self._first_choice()
        self._connect_signals()

    def enter(self) -> None:
        self._reload_project()
        self._check()

    def problems(self) -> list[str]:
        return self._draft.problems(Step.DATA)

    def stop(self) -> None:
        self._job.drop()

    def leave_forward(self) -> bool:
        dataset = self._draft.dataset()
        return self._draft.change(dataset=dataset)

    def _build(self) -> None:
        layout = column(self, 8)
        group = QButtonGroup(self)
        group.addButton(self.from_project)
        group.addButton(self.from_folder)
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        grid.setHorizontalSpacing(14)
        grid.addWidget(self.from_project, 0, 0)
        grid.addWidget(self.marked_only, 0, 1)
        grid.addWidget(self.from_folder, 1, 0)
        grid.addWidget(self.folder, 1, 1)
        layout.addLayout(grid)
        self.view.setMinimumHeight(170)
        layout.addWidget(self.view, 1)
        self.bar.setTextVisible(False)
        self.status.setWordWrap(True)
        set_role(self.status, "muted")
        layout.addWidget(self.bar)
        layout.addWidget(self.status)
        layout.addWidget(self.messages)
        self.bar.hide()

    def _first_choice(self) -> None:
        opened = self._session.open_project
        items = labelled_items(opened) if opened is not None else []
        self._draft.source = "project" if items or self._draft.folder is None else "folder"
        self._draft.marked_only = any(is_marked(i) for i in items)
        if opened is not None:
            self._draft.scheme = opened.project.scheme
        self.marked_only.setChecked(self._draft.marked_only)
        self.from_project.setChecked(self._draft.source == "project")
        self.from_folder.setChecked(self._draft.source == "folder")
        self._enable()

    def _connect_signals(self) -> None:
        self.from_project.toggled.connect(self._on_source)
        self.marked_only.toggled.connect(self._on_source)
        self.folder.path_changed.connect(self._on_folder)
        self.table.role_changed.connect(self._show_report)
        self._job.progressed.connect(self._on_progress)
        self._job.failed.connect(self._on_failed)

    def _enable(self) -> None:
        project = self.from_project.isChecked()
        self.marked_only.setEnabled(project)
        self.folder.setEnabled(not project)

    def _on_source(self) -> None:
        self._enable()
        self._draft.source = "project" if self.from_project.isChecked() else "folder"
        self._draft.marked_only = self.marked_only.isChecked()
        self._draft.pairs = ()
        self._reload_project()
        if self._draft.source == "folder" and self._draft.folder is not None:
            self._find_pairs(self._draft.folder)
        else:
            self._check()

    def _reload_project(self) -> None:
        opened = self._session.open_project
        if self._draft.source == "project" and opened is not None:
            self._save()
            self._draft.scheme = opened.project.scheme
            self._draft.pairs = project_pairs(opened, marked_only=self._draft.marked_only)

    def _save(self) -> None:
        try:
            self._session.save()
        except UserError as error:
            self._notifier.error(error)

    def _on_folder(self, path: Path | None) -> None:
        self._draft.folder, self._draft.pairs = path, ()
        self.from_folder.setChecked(True)
        if path is not None and path.is_dir():
            self._find_pairs(path)
        else:
            self._check()

    def _find_pairs(self, folder: Path) -> None:
        self._start("Look for images with labels", partial(self._services.find_pairs, folder), self._on_pairs)

    def _on_pairs(self, pairs: tuple[PairConfig, ...]) -> None:
        self._draft.pairs = pairs
        self._check()

    def _check(self) -> None:
        self.table.reload()
        if self._draft.is_checked or not self._draft.pairs:
            self._show_report()
            return
        job = partial(_inspect, self._services, self._draft.dataset(), self._draft.goal_name)
        self._start("Check the training images", job, partial(self._on_checked, self._draft.data_key()))

    def _start(self, title: str, job: Callable[[JobContext], Any], done: Callable[[Any], None]) -> None:
        self._job.start(title, job, done)
        self.messages.set_messages([])
        self.status.setText(title + "…")
        self.bar.setRange(0, 0)
        self.bar.show()
        self.changed.emit()

    def _on_progress(self, progress: Progress) -> None:
        self.bar.setRange(0, 1000)
        self.bar.setValue(round(1000 * progress.fraction))
        self.status.setText(progress.message)

    def _on_failed(self, error: Exception) -> None:
        self.bar.hide()
        self.status.setText("")
        text = str(error) if isinstance(error, UserError) else "The check stopped with an unexpected error."
        self.messages.set_messages([("error", text)])
        self.changed.emit()

    def _on_checked(self, key: tuple[Any, ...], result: tuple[DataReport, TrainingConfig]) -> None:
        if key != self._draft.data_key():
            return
        self._draft.take_report(*result)
        self.table.reload()
        self._show_report()

    def _show_report(self) -> None:
        self.bar.hide()
        report = self._draft.report if self._draft.is_checked else None
        self.messages.set_messages(report_messages(report) if report is not None else [])
        roles = [self.table.role_now(i) for i in range(len(self._draft.pairs))]
        self.status.setText(summary(report, roles) if report is not None else "")
        self.changed.emit()


def _inspect(
    services: TrainingServices, dataset: DatasetConfig, goal: str, ctx: JobContext
) -> tuple[DataReport, TrainingConfig]:
    report = services.inspect(dataset, ctx)
    return report, services.suggest(report, dataset, goal)
