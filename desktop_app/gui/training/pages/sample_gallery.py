"""Patches as the network would see them, changed at random as the settings say."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop_app.core.errors import UserError
from desktop_app.core.patch_sample import PatchSample
from desktop_app.gui.jobs.latest import LatestJob
from desktop_app.gui.jobs.runner import JobRunner
from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.theme.spacing import SMALL
from desktop_app.gui.training.draft import TrainingDraft
from desktop_app.gui.widgets.outline_picture import PictureView
from desktop_app.gui.widgets.step_page import reveal
from desktop_app.jobs.train.samples import draw_samples, sample_sheet

_HEIGHT = 420  # px of the sheet: twelve patches stay large enough to see objects in, by eye
_PAUSE_MS = 400  # after the last change of a setting


class SampleGallery(QWidget):
    """Draws samples when asked to, and again whenever a setting changes.

    Args:
        draft: Its configuration is shown.
        runner: Draws them in the background.
    """

    def __init__(self, draft: TrainingDraft, runner: JobRunner) -> None:
        super().__init__()
        self._draft, self._draw, self._wanted = draft, 0, False
        self._job = LatestJob(runner, "preview", self)
        self.show_button, self.sheet, self.note = QPushButton("Show samples"), PictureView(), QLabel()
        self.show_button.setIcon(icon("image"))
        self.sheet.setMinimumHeight(_HEIGHT)
        self.sheet.setAccessibleName("Samples of patches")
        self.note.setWordWrap(True)
        set_role(self.note, "muted")
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        row = QHBoxLayout()
        row.addWidget(self.show_button)
        row.addWidget(self.note, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        column.addLayout(row)
        column.addWidget(self.sheet)
        self.sheet.hide()
        self.show_button.clicked.connect(self._on_button)
        self._pause.timeout.connect(self._start)
        self._job.failed.connect(self._on_failed)

    def settings_changed(self) -> None:
        """Draw the same places anew, once the user pauses; nothing before samples were asked for."""
        if self._wanted:
            self._pause.start()

    def stop(self) -> None:
        """Forget what is being drawn."""
        self._pause.stop()
        self._job.drop()

    def _on_button(self) -> None:
        self._draw += 1 if self._wanted else 0
        self._wanted = True
        self.show_button.setText("Other samples")
        self._start()

    def _start(self) -> None:
        config = self._draft.config
        if config is None or self._draft.settings_problem:
            return
        config = config.model_copy(update={"dataset": self._draft.dataset()})
        self.note.setText("Drawing…")
        self._job.start("Draw samples of patches", partial(draw_samples, config, self._draw), self._on_samples)

    def _on_samples(self, samples: tuple[PatchSample, ...]) -> None:
        self.sheet.set_picture(sample_sheet(samples))
        if self.sheet.isHidden():
            self.sheet.show()
            reveal(self.sheet)
        self.note.setText(
            "Middle slices of patches, with what is labelled in colour. Noise alone and empty margins are meant."
        )

    def _on_failed(self, error: Exception) -> None:
        self.note.setText(str(error) if isinstance(error, UserError) else "The samples could not be drawn.")
