"""Fit how a model makes objects to labels: asked, searched, shown, and kept where the user says so."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox, QFormLayout, QLabel, QRadioButton

from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext
from desktop_app.core.tuned_model import TunedModel
from desktop_app.gui.jobs.latest import LatestJob
from desktop_app.gui.theme.roles import muted_label
from desktop_app.gui.theme.spacing import SMALL, level_titles
from desktop_app.gui.widgets.banner import Banner
from desktop_app.gui.widgets.fitted_dialog import FittedDialog
from desktop_app.gui.widgets.form import ParameterForm
from desktop_app.gui.widgets.path_chooser import PathChooser
from desktop_app.gui.widgets.quiet_bar import QuietBar
from desktop_app.gui.widgets.threshold_plot import ThresholdPlot
from desktop_app.gui.widgets.value_table import ValueTable
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.models import load_card
from desktop_app.jobs.models.library import ListedModel
from desktop_app.jobs.models.tune import (
    TuneRequest,
    keep_tuned,
    labels_in,
    labels_of_project,
    tune_model,
    tune_to_project,
)

_WIDTH, _TABLE_HEIGHT = 860, 150  # px, by eye: four columns with their ranges; a few scores
_TITLES = {"score": "Score", "before": "Before", "after": "After", "apart": "Tuned on other images"}
_WHAT_FOR = (
    "Labels your images, and tries which threshold, and what else makes objects, agrees best with your labels. Nothing "
    "is learned, and the model stays as it is until you keep the values. Take images that it did not learn from."
)
_OURS = "It comes with Voxelwright and stays as it is; set the values where you run it."


class TuneDialog(FittedDialog):
    """Labels to fit to, what was found, and whether the model keeps it.

    Args:
        context: Of the window that it opens above.
        model: To fit, one that can be used.
    """

    def __init__(self, context: WindowContext, model: ListedModel) -> None:
        super().__init__(_WIDTH, context.window)
        self.setWindowTitle("Fit to labels")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._session, self._notifier, self._model = context.session, context.notifier, model
        self._job = LatestJob(context.runner, "gpu", self)
        self.of_project, self.of_folder = QRadioButton("Labels of this project"), QRadioButton("Labels in a folder")
        self.images = PathChooser("folder", "Folder with images and labels", placeholder="Drop a folder here")
        self.labels = PathChooser("folder", "Folder with labels", placeholder="Found by itself in most folders")
        self.divisor: ParameterForm[DatasetConfig] = ParameterForm(DatasetConfig, fields=("label_divisor",))
        self.bar, self.doing, self.problem = QuietBar(), QLabel(), Banner("error")
        self.plot, self.scores, self.words = (
            ThresholdPlot("Score of the labelled images"),
            ValueTable("Scores"),
            QLabel(),
        )
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.go = self.buttons.addButton("Find the best values", QDialogButtonBox.ButtonRole.ActionRole)
        self.stop = self.buttons.addButton("Stop", QDialogButtonBox.ButtonRole.ActionRole)
        self.keep = self.buttons.addButton("Keep in the model", QDialogButtonBox.ButtonRole.ActionRole)
        self.tuned: TunedModel | None = None
        self._build()
        self._connect()
        in_project = self._session.open_project is not None
        self.of_project.setEnabled(in_project)
        (self.of_project if in_project else self.of_folder).setChecked(True)
        self._show_ready()

    def done(self, result: int) -> None:
        self._job.drop()
        super().done(result)

    def _build(self) -> None:
        self._places = QFormLayout()
        self._places.setSpacing(SMALL)
        for title, chooser in (("Images", self.images), ("Labels are in", self.labels)):
            chooser.line.setAccessibleName(title)
            self._places.addRow(title, chooser)
        level_titles(self._places)
        self.words.setWordWrap(True)
        self.words.hide()
        self.scores.setFixedHeight(_TABLE_HEIGHT)
        self.scores.hide()
        for widget in (muted_label(_WHAT_FOR), self.of_project, self.of_folder):
            self.column.addWidget(widget)
        self.column.addLayout(self._places)
        self.column.addWidget(self.divisor)
        self.column.addWidget(self.plot)
        self.column.addWidget(self.scores)
        self.column.addWidget(self.words)
        self.column.addStretch(1)
        self.footer.addWidget(self.problem)
        self.footer.addWidget(self.doing)
        self.footer.addWidget(self.bar)
        self.footer.addWidget(self.buttons)

    def _connect(self) -> None:
        for changed in (self.of_project.toggled, self.images.path_changed, self.labels.path_changed):
            changed.connect(self._on_other_labels)
        self.divisor.changed.connect(self._on_other_labels)
        self.go.clicked.connect(self._start)
        self.stop.clicked.connect(self._job.drop)
        self.keep.clicked.connect(self._keep)
        self.buttons.rejected.connect(self.reject)
        self._job.progressed.connect(self.bar.show_progress)
        self._job.progressed.connect(lambda progress: self.doing.setText(progress.message))
        self._job.failed.connect(self.problem.show_error)
        self._job.busy_changed.connect(self._on_busy)

    def _start(self) -> None:
        self.problem.show_text("")
        self._show_found(None)
        try:
            work = self._work()
        except UserError as error:
            self.problem.show_error(error)
            return
        self._job.start(f"Fit {self._model.path.stem} to labels", work, self._show_found)

    def _work(self) -> partial[TunedModel]:
        opened, folder, device = self._session.open_project, self.images.path(), self._session.settings.device
        if self.of_project.isChecked() and opened is not None:
            self._session.save()
            dataset = labels_of_project(opened, load_card(self._model.path), groups=False)
            return partial(tune_to_project, TuneRequest(self._model.path, dataset, device))
        divisor = self.divisor.value().label_divisor if self._may_number_objects else None
        return partial(_tune_to_folder, self._model.path, folder or Path(), self.labels.path(), divisor, device)

    @property
    def _may_number_objects(self) -> bool:
        """Whether class labels are meant that may also number objects."""
        card = self._model.card
        return self.of_folder.isChecked() and card is not None and card.label_kind == "classes"

    def _show_found(self, tuned: TunedModel | None) -> None:
        self.tuned = tuned
        rows = [dict(zip(_TITLES, row, strict=True)) for row in tuned.rows] if tuned is not None else []
        columns = [name for name in _TITLES if name != "apart" or (tuned is not None and tuned.apart.scores)]
        self.scores.set_values(columns, rows, _TITLES)
        self.scores.setVisible(bool(rows))
        self.plot.show_tried(tuned.points if tuned else (), tuned.card if tuned else None)
        said = [*tuned.sentences, *([_OURS] if self._model.ours and tuned.changes else [])] if tuned is not None else []
        self.words.setText("\n".join(said))
        self.words.setVisible(bool(said))
        self._show_ready()

    def _on_busy(self, busy: bool) -> None:
        self.bar.show_busy(busy)
        self.doing.setText("")
        self._show_ready()

    def _on_other_labels(self) -> None:
        """What was wrong with the labels before is not told of others."""
        self.problem.show_text("")
        self._show_ready()

    def _show_ready(self) -> None:
        """Offer what can be done now."""
        busy, from_folder = self._job.busy, self.of_folder.isChecked()
        for row in range(self._places.rowCount()):
            self._places.setRowVisible(row, from_folder)
        self.divisor.setVisible(self._may_number_objects)
        self.stop.setVisible(busy)
        self.go.setEnabled(not busy and (not from_folder or self.images.path() is not None))
        tuned = self.tuned
        self.keep.setEnabled(not busy and tuned is not None and bool(tuned.changes) and not self._model.ours)

    def _keep(self) -> None:
        if self.tuned is None:
            return
        with self._notifier.errors_told():
            keep_tuned(self._model.path, self.tuned)
            self._notifier.info(f"“{self._model.path.stem}” has the new values; its card shows those from before.")
            self._session.models_changed.emit()
            self.accept()


def _tune_to_folder(
    model: Path, images: Path, labels: Path | None, divisor: int | None, device: str, ctx: JobContext
) -> TunedModel:
    ctx.raise_if_cancelled()
    return tune_model(TuneRequest(model, labels_in(images, labels, load_card(model), divisor), device), ctx)
