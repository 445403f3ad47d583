"""Sixth step: the model learns; curves, pictures, progress and log."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from desktop_app.core.checked_images import few_checked
from desktop_app.core.config.smaller import is_smaller
from desktop_app.core.curve_names import curve_title
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobEvent, Metric, Note, Preview
from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.theme.spacing import MEDIUM, SMALL
from desktop_app.gui.training.pages.live_row import LiveRow
from desktop_app.gui.training.pages.preview_view import PreviewView
from desktop_app.gui.training.training_run import RunState, TrainingRun
from desktop_app.gui.widgets.collapsible import CollapsibleSection
from desktop_app.gui.widgets.curve_plot import CurvePlot
from desktop_app.gui.widgets.share_bar import show_share
from desktop_app.gui.widgets.step_page import StepPage, column
from desktop_app.io.atomic import write_text

_STATUS_MS = 250  # fast enough for seconds that count down
_TITLES: dict[RunState, str] = {"failed": "Training failed", "discarded": "Training was stopped"}


class RunPage(StepPage):
    """Watches a ``TrainingRun``.

    Attributes:
        run: What is shown.
        has_settings: Whether the pages before hold the settings of the run, so that the user may change them and
            try again if it failed.

    Signals:
        image_requested: A ``FoundLabels`` whose image the user wants to see.
    """

    image_requested = Signal(object)

    step = "Training"
    title = "Training"
    subtitle = "You may close this window; training goes on, and Jobs shows it."
    next_text = ""

    def __init__(self) -> None:
        super().__init__()
        self.run: TrainingRun | None = None
        self.has_settings = False
        self.loss = CurvePlot("Loss (lower is better)")
        self.scores = CurvePlot("Scores on validation images (1 is perfect)", y_range=(0.0, 1.0))
        self.checked, self.preview, self.live = QLabel(), PreviewView(), LiveRow()
        self.bar, self.status, self.lessened = QProgressBar(), QLabel("Waiting to start…"), QLabel()
        self.stop_button = QPushButton("Stop")
        self.log, self.save_log = QPlainTextEdit(), QPushButton("Save the log…")
        self._timer = QTimer(self)
        self._timer.setInterval(_STATUS_MS)
        self._build()
        self._timer.timeout.connect(self._show_status)
        self.stop_button.clicked.connect(self._on_stop)
        self.save_log.clicked.connect(self._on_save_log)
        self.live.open_requested.connect(self.image_requested)

    def watch(self, run: TrainingRun) -> None:
        """Show a run from now on, with all it told so far."""
        self.stop()
        self.run = run
        self.title, self.subtitle = f"Training “{run.config.name}”", RunPage.subtitle
        for plot in (self.loss, self.scores):
            plot.clear_curves()
        self.scores.setVisible(not run.config.dataset.split.folds)
        self.log.clear()
        for name, points in run.record.curves.items():
            for step, value in points:
                self._add_metric(Metric(name, step, value))
        for note in run.record.log:
            self._add_note(note)
        self._show_checked()
        self._show_lessened()
        in_turn = run.config.dataset.split.folds > 0
        self.preview.expect(None if in_turn else _next_check(run))
        self.preview.set_previews(run.record.previews)
        self._seen.setVisible(run.state != "recalled")
        self.live.watch(run.live)
        run.event_added.connect(self._on_event)
        run.state_changed.connect(self._on_state)
        self._on_state()

    def can_go_back(self) -> bool:
        return self.has_settings and self.run is not None and self.run.state in ("failed", "discarded")

    def stop(self) -> None:
        self._timer.stop()
        self.live.watch(None)
        if self.run is not None:
            self.run.event_added.disconnect(self._on_event)
            self.run.state_changed.disconnect(self._on_state)
            self.run = None

    def _build(self) -> None:
        layout = column(self, SMALL)
        curves = QWidget()
        stacked = QVBoxLayout(curves)
        stacked.setContentsMargins(0, 0, 0, 0)
        stacked.addWidget(self.loss, 1)
        stacked.addWidget(self.scores, 1)
        self.checked.setWordWrap(True)
        self.checked.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        set_role(self.checked, "muted")
        stacked.addWidget(self.checked)
        set_role(self.lessened, "warning")
        self.lessened.setWordWrap(True)  # here a wrapped sentence does not stretch the page
        stacked.addWidget(self.lessened)
        self._seen = seen = QWidget()
        beside = QVBoxLayout(seen)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addWidget(self.preview, 1)
        beside.addWidget(self.live)
        both = QSplitter()
        both.addWidget(curves)
        both.addWidget(seen)
        both.setSizes([500, 400])  # px, by eye
        both.setHandleWidth(14)  # px, by eye
        both.setChildrenCollapsible(False)
        layout.addWidget(both, 1)
        show_share(self.bar, 0)
        self.bar.setTextVisible(False)
        self.stop_button.setIcon(icon("stop"))
        row = QHBoxLayout()
        middle = QVBoxLayout()
        middle.addWidget(self.status)
        middle.addWidget(self.bar)
        row.addLayout(middle, 1)
        row.addSpacing(MEDIUM)
        row.addWidget(self.stop_button)
        layout.addLayout(row)
        self.log.setReadOnly(True)
        self.log.setMaximumHeight(110)  # px, by eye
        self.log.setAccessibleName("Log")
        self.save_log.setIcon(icon("save"))
        self.save_log.setToolTip("The log is also kept as log.txt in the folder of the run.")
        section = CollapsibleSection("Log")
        section.add(self.log)
        section.body_layout.addWidget(self.save_log, alignment=Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(section)
        set_role(self.status, "muted")

    def _on_event(self, event: JobEvent) -> None:
        if isinstance(event, Metric):
            self._add_metric(event)
        elif isinstance(event, Note):
            self._add_note(event)
            self._show_checked()
            self._show_lessened()
        elif isinstance(event, Preview) and self.run is not None:
            self.preview.set_previews(self.run.record.previews)

    def _add_metric(self, metric: Metric) -> None:
        classes = len(self.run.config.dataset.class_names) if self.run is not None else 1
        title = curve_title(metric.name, classes)
        if title is not None:
            plot = self.loss if metric.name.startswith("loss/") else self.scores
            plot.add_point(title, metric.step, metric.value)

    def _add_note(self, note: Note) -> None:
        mark = {"info": "", "warning": "Take care: ", "error": "Failed: "}[note.level]
        self.log.appendPlainText(mark + note.text)

    def _show_checked(self) -> None:
        """Say of how many images the scores are, where these are not all: those of the result will be others."""
        told = [few_checked(note.text) for note in self.run.record.log] if self.run is not None else []
        words = next((words for words in reversed(told) if words), "")
        self.checked.setText(words)
        self.checked.setVisible(bool(words) and not self.scores.isHidden())

    def _show_lessened(self) -> None:
        """Say why a training goes on with less, and why its bar may wait."""
        told = [note.text for note in self.run.record.log if is_smaller(note.text)] if self.run is not None else []
        self.lessened.setText(told[-1] if told else "")
        self.lessened.setVisible(bool(told))

    def _on_state(self) -> None:
        run = self.run
        if run is None:
            return
        shown = run.state in ("recalled", "failed") and run.result is not None
        self.next_text = "Resume training" if run.can_go_on else "Result" if shown else ""
        self.stop_button.setEnabled(run.state == "running")
        self.stop_button.setVisible(run.active)
        if run.active:
            self._timer.start()
        else:
            self._timer.stop()
        if run.state != "running":
            self.preview.expect_none()
        if not run.active:
            self.title = _TITLES.get(run.state, self.title)
            self.subtitle = "Go back to change settings, then start again." if self.can_go_back() else ""
        self._show_status()
        self.changed.emit()

    def _show_status(self) -> None:
        run = self.run
        if run is None:
            return
        words = {
            "stopping": "Stopping…",
            "finishing": "Stopped. Making a model of the best state…",
            "done": "Finished.",
            "recalled": _recalled(run),
            "failed": _failure(run),
            "discarded": "Stopped before its first check, so there is no model yet. It can be resumed now or later, "
            "from the project’s list of runs.",
        }
        self.status.setText(words.get(run.state) or run.record.status())
        self._say_what_stopping_does(run)
        progress = run.record.progress
        self.bar.setVisible(run.state != "recalled")
        show_share(self.bar, 1 if run.state == "done" else progress.fraction if progress else 0)

    def _say_what_stopping_does(self, run: TrainingRun) -> None:
        """Before the first check there is no best state yet."""
        checked = run.record.has_validated
        self.stop_button.setText("Stop and keep the best" if checked else "Stop")
        self.stop_button.setToolTip(
            "Ends the training now. The best state so far becomes the model."
            if checked
            else f"Ends the training now. There is no model before the first check, at step {_next_check(run):,}; "
            "the training can be resumed."
        )

    def _on_stop(self) -> None:
        if self.run is not None:
            self.run.stop_and_keep()

    def _on_save_log(self) -> None:
        if self.run is None:
            return
        offered = str(Path.home() / f"{self.run.config.name} log.txt")
        chosen, _ = QFileDialog.getSaveFileName(self, "Save the log", offered, "Text (*.txt)")
        if not chosen:
            return
        try:
            write_text(Path(chosen), self.log.toPlainText() + "\n")
        except UserError as error:
            self.status.setText(str(error))


def _next_check(run: TrainingRun) -> int:
    """The step of the next validation, or the last one."""
    steps = run.config.optimisation.iterations
    every = min(run.config.validation.every, steps)
    return min(steps, every * (run.reached // every + 1))


def _recalled(run: TrainingRun) -> str:
    """What became of a training that is looked at again."""
    if not run.interrupted:
        return "This training has ended. Its model and its folder are in its menu in the project panel."
    if run.unmade:
        return "This training was stopped after its last step, while its model was tuned. Resuming does that."
    at, total = run.reached, run.config.optimisation.iterations
    return f"This training was interrupted after step {at:,} of {total:,}. Resuming goes on from its last saved state."


def _failure(run: TrainingRun) -> str:
    """Why a training failed, and what is left of it."""
    words = str(run.error or "Training failed.")
    return words if run.model is None else f"{words} The best state is the model “{run.name}” in the project."
