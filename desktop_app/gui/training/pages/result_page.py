"""Last step: how good the model is, and what to do with it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from desktop_app.core.score_trust import with_range
from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.theme.spacing import LARGE, MEDIUM
from desktop_app.gui.training.advice import ScoreRow, advise, score_rows
from desktop_app.gui.training.pages.preview_view import PreviewView
from desktop_app.gui.training.pages.threshold_view import ThresholdView
from desktop_app.gui.training.pages.worst_places import WorstPlaces
from desktop_app.gui.training.training_run import TrainingRun
from desktop_app.gui.widgets.message_list import MessageList
from desktop_app.gui.widgets.share_bar import show_share
from desktop_app.gui.widgets.step_page import StepPage, column


class ResultPage(StepPage):
    """Scores in words, the worst places (or a picture where there are none), advice, and the next steps.

    Signals:
        try_requested: The model (``Path``), to try on the open image, or on one that is chosen then.
        batch_requested: The model (``Path``), to run on a folder.
        place_requested: A ``Place`` of an image to look at.
    """

    step = "Result"
    title = "The model is ready"
    subtitle = "It is saved in the models of this project."
    next_text = "Close"
    try_requested = Signal(object)
    batch_requested = Signal(object)
    place_requested = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.model: Path | None = None
        self.scores, self.advice, self.preview = QFrame(), MessageList(), PreviewView()
        self.thresholds, self.trust = ThresholdView(), QLabel()
        self.next_step, self.wrong, self.places = QLabel(), QLabel("What went wrong"), WorstPlaces()
        self.try_button, self.batch_button = QPushButton("Try on this image"), QPushButton("Run on a folder…")
        self._grid = QGridLayout()
        self._build()
        self.try_button.clicked.connect(self._on_try)
        self.batch_button.clicked.connect(self._on_batch)
        self.places.open_requested.connect(self.place_requested)

    def show_run(self, run: TrainingRun) -> None:
        """Show how a finished run went."""
        result = run.result
        if result is None:
            return
        self.model = run.model
        self.title = f"“{run.name}” is ready"
        images = sum(1 for p in run.config.dataset.pairs if p.role in ("auto", "train"))
        self._fill(score_rows(result.scores, result.trust.ranges))
        sentences = advise(
            run.record.curves,
            result.scores,
            run.config,
            images=images,
            cancelled=result.stopped == "cancelled",
            caution=result.caution,
            kept=result.kept,
            told=result.advice,
            doubts=result.doubts,
        )
        self.next_step.setText(sentences[0])
        self.wrong.setVisible((result.advice is not None or bool(result.doubts)) and len(sentences) > 1)
        self.advice.set_messages([("info", sentence) for sentence in sentences[1:]])
        self.trust.setText(" ".join(result.trust.sentences))
        self.trust.setVisible(bool(result.trust.sentences))
        self.preview.set_previews(run.record.previews)
        self.thresholds.show_curves(run.record.curves, run.model)
        self.places.show_places(result.run, result.advice.places if result.advice is not None else ())
        self.preview.setVisible(not self.places.pictures)

    def can_go_back(self) -> bool:
        return False

    def _build(self) -> None:
        layout = column(self, MEDIUM)
        row = QHBoxLayout()
        row.setSpacing(LARGE)
        left = QVBoxLayout()
        left.setSpacing(MEDIUM)
        set_role(self.scores, "card")
        frame = QVBoxLayout(self.scores)
        frame.setContentsMargins(LARGE, MEDIUM, LARGE, MEDIUM)
        frame.addLayout(self._grid)
        set_role(self.trust, "muted")
        self.trust.setWordWrap(True)
        self.trust.hide()
        frame.addWidget(self.trust)
        left.addWidget(self.scores)
        left.addLayout(self._buttons())
        heading = QLabel("What to do next")
        set_role(heading, "heading")
        left.addWidget(heading)
        self.next_step.setWordWrap(True)
        self.next_step.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        left.addWidget(self.next_step)
        set_role(self.wrong, "heading")
        left.addWidget(self.wrong)
        left.addWidget(self.advice)
        left.addStretch(1)
        row.addLayout(left, 1)
        self.preview.setMinimumSize(320, 320)  # px, by eye
        right = QVBoxLayout()
        right.addWidget(self.preview, 1)
        right.addWidget(self.places, 1)
        right.addWidget(self.thresholds)
        row.addLayout(right, 1)
        layout.addLayout(row, 1)

    def _buttons(self) -> QHBoxLayout:
        buttons = QHBoxLayout()
        self.try_button.setIcon(icon("predict", "on_accent"))
        self.batch_button.setIcon(icon("batch"))
        set_role(self.try_button, "primary")
        buttons.addWidget(self.try_button)
        buttons.addWidget(self.batch_button)
        buttons.addStretch(1)
        return buttons

    def _fill(self, rows: list[ScoreRow]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if isinstance(widget, QWidget):
                widget.hide()
                widget.deleteLater()
        if not rows:
            self._grid.addWidget(QLabel("No labelled image was kept aside, so there is no score."), 0, 0)
        for index, row in enumerate(rows):
            self._add_score(2 * index, row)

    def _add_score(self, line: int, row: ScoreRow) -> None:
        title, value, bar = (
            QLabel(row.title),
            QLabel(f"{with_range(row.value, row.range)} · {row.verdict}"),
            QProgressBar(),
        )
        title.setToolTip(row.text)
        bar.setToolTip(row.text)
        show_share(bar, row.value)
        bar.setTextVisible(False)
        bar.setAccessibleName(row.title)
        set_role(value, "heading")
        value.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._grid.addWidget(title, line, 0)
        self._grid.addWidget(value, line, 1)
        self._grid.addWidget(bar, line + 1, 0, 1, 2)
        self._grid.setColumnStretch(0, 1)

    def _on_try(self) -> None:
        if self.model is not None:
            self.try_requested.emit(self.model)

    def _on_batch(self) -> None:
        if self.model is not None:
            self.batch_requested.emit(self.model)
