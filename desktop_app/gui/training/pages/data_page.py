"""Second step: the images with labels, checked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QFrame, QLabel, QProgressBar, QPushButton, QScrollArea

from desktop_app.core.config.dataset import DatasetConfig, DatasetSplitParameters, PairConfig
from desktop_app.core.config.several_datasets import PairSource, combined
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext, NoteLevel, Progress
from desktop_app.gui.jobs.latest import LatestJob
from desktop_app.gui.jobs.runner import JobRunner
from desktop_app.gui.notifications.notifier import Notifier
from desktop_app.gui.session.session import Session
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import SMALL
from desktop_app.gui.training import data_jobs
from desktop_app.gui.training.draft import TrainingDraft
from desktop_app.gui.training.draft_rules import DraftStep, adaptations, class_remarks, step_problems
from desktop_app.gui.training.pages.class_table import ClassTable
from desktop_app.gui.training.pages.more_data import MoreDataPanel
from desktop_app.gui.training.pages.pair_table import PairTableModel, pair_table_view
from desktop_app.gui.training.pages.source_panel import SourcePanel
from desktop_app.gui.training.report_words import report_messages, summary
from desktop_app.gui.training.services import TrainingServices
from desktop_app.gui.widgets.collapsible import CollapsibleSection
from desktop_app.gui.widgets.form import ParameterForm
from desktop_app.gui.widgets.message_list import MessageList
from desktop_app.gui.widgets.share_bar import show_busy, show_share
from desktop_app.gui.widgets.step_page import StepPage, column
from desktop_app.io.projects import PROJECT_SUFFIX
from desktop_app.jobs.data.project_data import labelled_items, project_pairs
from desktop_app.jobs.train.folder_pairs import FolderPairs
from desktop_app.jobs.train.training_pairs import require_apart

if TYPE_CHECKING:
    from desktop_app.core.config.training import TrainingConfig
    from desktop_app.core.recipes.data_report import DataReport

_ROW_HEIGHT, _CLASSES_HEIGHT = 36, 150  # of the table of classes, in pixels


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
        self._job, self._reading = LatestJob(runner, "io", self), LatestJob(runner, "io", self)
        self._specimens: dict[tuple[str, int | None], str] = {}
        self._learned: tuple[int, ...] = ()
        self._found, self._found_with_labels = FolderPairs(), draft.needs_labels
        self.source = SourcePanel(draft, session)
        self.table = PairTableModel(draft)
        self.view = pair_table_view(self.table, self)
        self.bar, self.status, self.messages = QProgressBar(), QLabel(), MessageList()
        self.order_button = QPushButton("Pair them in sorted order")
        self.split: ParameterForm[DatasetSplitParameters] = ParameterForm(DatasetSplitParameters, draft.split)
        self.balance: ParameterForm[DatasetConfig] = ParameterForm(DatasetConfig, fields=("balance",))
        self.classes, self._around_classes = ClassTable(draft), QScrollArea()
        self.more, self._own, self._others = MoreDataPanel(draft), tuple[PairConfig, ...](), tuple[PairSource, ...]()
        self._build()
        self._connect_signals()

    def enter(self) -> None:
        self.source.show_kind()
        self.split.set_value(self._draft.split)
        if self._draft.source == "project":
            self._take_project()
        elif self._found_with_labels != self._draft.needs_labels:
            self._find_pairs(by_order=False)
            return
        self._check()

    def problems(self) -> list[str]:
        if (self._job.busy or self._reading.busy) and not self._draft.pairs:
            return ["Images are looked for; this has not finished yet."]
        return step_problems(self._draft, DraftStep.DATA)

    def stop(self) -> None:
        self._reading.drop()
        self._job.drop()

    def leave_forward(self) -> bool:
        return self._draft.change(dataset=self._draft.dataset())

    def _build(self) -> None:
        layout = column(self, SMALL)
        layout.addWidget(self.source)
        self.view.setMinimumHeight(170)  # px, by eye
        layout.addWidget(self.view, 1)
        self.bar.setTextVisible(False)
        self.status.setWordWrap(True)
        set_role(self.status, "muted")
        layout.addWidget(self.bar)
        layout.addWidget(self.status)
        layout.addWidget(self.messages)
        layout.addWidget(self.order_button)
        self._around_classes.setWidget(self.classes)
        self._around_classes.setWidgetResizable(True)
        self._around_classes.setFrameShape(QFrame.Shape.NoFrame)
        layout.addWidget(self._around_classes)
        section = CollapsibleSection("How the images are split")
        section.add(self.split)
        section.add(self.balance)
        layout.addWidget(section)
        further = CollapsibleSection("Further data sets")
        further.add(self.more)
        layout.addWidget(further)
        self.bar.hide()
        self.order_button.hide()

    def _connect_signals(self) -> None:
        self.source.changed.connect(self._on_source)
        self.order_button.clicked.connect(self._on_order)
        self.split.changed.connect(self._on_split)
        self.balance.changed.connect(self._on_balance)
        self.table.role_changed.connect(self._share_out)
        self.table.group_changed.connect(self._share_out)
        self.more.changed.connect(self._find_more)
        self.classes.changed.connect(self._on_classes)
        self._job.progressed.connect(self._on_progress)
        for job in (self._job, self._reading):
            job.failed.connect(self._on_failed)

    def _on_source(self) -> None:
        self._found = FolderPairs()
        self._reading.drop()
        self._take(())
        if self._draft.source == "project":
            self._take_project()
            self._check()
        else:
            self._find_pairs(by_order=False)

    def _take_project(self) -> None:
        opened = self._session.open_project
        if opened is None:
            return
        with self._notifier.errors_told():
            self._session.save()
        self._draft.scheme = opened.project.scheme
        draft = self._draft
        bare = project_pairs(
            opened, marked_only=draft.marked_only, needs_labels=draft.needs_labels, layer=draft.layer,
            within=draft.within, specimens=False,
        )  # fmt: skip
        known = self._specimens  # what was read before stands until it is read again
        self._take(tuple(p.model_copy(update={"group": p.group or known.get((p.image, p.time), "")}) for p in bare))
        if bare:
            read = partial(data_jobs.read_specimens, bare)
            self._reading.start("Read of which specimens the images are", read, self._on_specimens)

    def _on_specimens(self, own: tuple[PairConfig, ...]) -> None:
        self._specimens = {(pair.image, pair.time): pair.group for pair in own}
        before = self._own
        self._take(own)
        if before != own and self._draft.is_checked:
            self.table.reload()
            self._share_out()
        elif not self._draft.is_checked:
            self._check()

    def _take(self, own: tuple[PairConfig, ...]) -> None:
        """The images of the project or folder, together with those of the further data sets."""
        self._own, draft = own, self._draft
        opened = self._session.open_project
        folder = draft.folder if draft.source == "folder" else opened.folder if opened is not None else None
        name = folder.name.removesuffix(PROJECT_SUFFIX) if folder is not None else "own"
        scheme = draft.scheme if draft.source == "project" and draft.needs_labels else None
        sources = [PairSource(name, own, scheme=scheme), *self._others]
        draft.pairs = ()
        with self._notifier.errors_told():
            require_apart(sources)
            draft.pairs = combined(sources) if own else ()

    def _find_more(self) -> None:
        job = partial(data_jobs.find_more, self._draft.more, self._draft.needs_labels)
        self._start("Look for images in the further data sets", job, self._on_more)

    def _on_more(self, others: tuple[PairSource, ...]) -> None:
        self._others = others
        self._take(self._own)
        self._check()

    def _on_order(self) -> None:
        self._find_pairs(by_order=True)

    def _find_pairs(self, *, by_order: bool) -> None:
        images, labels = self._draft.folder, self._draft.labels_folder
        if images is None or not images.is_dir():
            self._job.drop()  # what is found in the folder of before is not in this one
            self._check()
            return
        needed = self._found_with_labels = self._draft.needs_labels
        job = partial(data_jobs.find, self._services, images, labels, by_order, needed)
        self._start("Look for images with labels" if needed else "Look for images", job, self._on_pairs)

    def _on_pairs(self, found: FolderPairs) -> None:
        self._found = found
        self._take(found.pairs)
        self._check()

    def _on_split(self, split: DatasetSplitParameters) -> None:
        self._draft.change_split(split)
        self._share_out()

    def _share_out(self) -> None:
        draft, dataset = self._draft, self._draft.dataset()
        self._learned = dataset.class_values
        if draft.report is not None and draft.is_checked:
            job = partial(data_jobs.share, self._services, draft.report, dataset, draft.needs_labels)
            self._start("Share the images out anew", job, self._on_shared_out)

    def _on_classes(self) -> None:
        if self._draft.dataset().class_values != self._learned:
            self._share_out()
        self.changed.emit()

    def _on_balance(self, dataset: DatasetConfig) -> None:
        self._draft.balance = dataset.balance

    def _on_shared_out(self, report: DataReport) -> None:
        self._draft.report = report
        self.table.reload()
        self._show_report()

    def _check(self) -> None:
        self.table.reload()
        if self._reading.busy and not self._draft.is_checked:
            self._show_work("Reading of which specimens the images are…")
            return
        if self._draft.is_checked or not self._draft.pairs:
            self._show_report()
            self._on_classes()  # a file of settings may have chosen others
            return
        draft = self._draft
        job = partial(data_jobs.look_and_suggest, self._services, draft.dataset(), draft.goal_name, draft.needs_labels)
        self._start("Check the training images", job, partial(self._on_checked, self._draft.data_key()))

    def _start(self, title: str, job: Callable[[JobContext], Any], done: Callable[[Any], None]) -> None:
        self._job.start(title, job, done)
        self._show_work(title + "…")

    def _show_work(self, text: str) -> None:
        self.messages.set_messages([])
        self.order_button.hide()
        self.status.setText(text)
        show_busy(self.bar)
        self.bar.show()
        self.changed.emit()

    def _on_progress(self, progress: Progress) -> None:
        if progress.total:
            show_share(self.bar, progress.fraction)
        else:
            show_busy(self.bar)
        self.status.setText(progress.message)

    def _on_failed(self, error: Exception) -> None:
        self.bar.hide()
        self.status.setText("")
        text = str(error) if isinstance(error, UserError) else "The check stopped with an unexpected error."
        self.messages.set_messages([("error", text)])
        self.changed.emit()

    def _on_checked(self, key: tuple[Any, ...], result: tuple[DataReport, TrainingConfig]) -> None:
        if key == self._draft.data_key():
            self._draft.take_report(*result)
            self._learned = self._draft.dataset().class_values
            self.table.reload()
            self._show_report()

    def _show_report(self) -> None:
        self.bar.hide()
        self.source.show_kind()
        self.classes.reload()
        self._around_classes.setFixedHeight(min(_CLASSES_HEIGHT, _ROW_HEIGHT * len(self.classes.uses)))
        self._around_classes.setVisible(bool(self.classes.uses))
        self.balance.setVisible(self._draft.sources > 1)
        report = self._draft.report if self._draft.is_checked else None
        found = report_messages(report) if report is not None else []
        found += [("warning", text) for text in adaptations(self._draft)] if report is not None else []
        found += [("info", text) for text in class_remarks(self._draft)]
        recognised = self._draft.recognised
        found += [("info", recognised.words())] if recognised is not None and report is not None else []
        self.messages.set_messages([*found, *self._left_out()])
        self.order_button.setVisible(self._found.by_order_possible)
        roles = [self.table.role_now(i) for i in range(len(self._draft.pairs))]
        self.status.setText(summary(report, roles) if report is not None else "")
        self.changed.emit()

    def _left_out(self) -> list[tuple[NoteLevel, str]]:
        opened, draft = self._session.open_project, self._draft
        if draft.source == "folder":
            text = self._found.describe_alone()
            return [("warning", text)] if text else []
        if opened is None or not draft.needs_labels or draft.within is not None:
            return []
        count = len(labelled_items(opened)) - len(self._own)
        if count < 1:
            return []
        images = "One labelled image" if count == 1 else f"{count} labelled images"
        return [("info", f"{images} without a slice marked as done: left out.")]
