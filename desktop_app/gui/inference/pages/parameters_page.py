"""Third step: from maps to labels, tried on the first image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from desktop_app.core.config.recipes import RECIPES
from desktop_app.core.errors import UserError
from desktop_app.core.imaging.contrast import auto_window, to_uint8
from desktop_app.core.imaging.volume import Volume
from desktop_app.gui.inference.batch_draft import BatchDraft, BatchStep
from desktop_app.gui.inference.preview_engine import PreviewAnswer, PreviewEngine, PreviewRequest
from desktop_app.gui.inference.preview_panel import answer_text
from desktop_app.gui.inference.preview_region import middle_region
from desktop_app.gui.inference.services import InferenceServices
from desktop_app.gui.jobs.runner import JobRunner
from desktop_app.gui.notifications.notifier import Notifier
from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.widgets.form import ParameterForm
from desktop_app.gui.widgets.outline_picture import PictureView, outlined
from desktop_app.gui.widgets.step_page import StepPage, column


class ParametersPage(StepPage):
    """Sliders on the left, the middle slice of an image with outlines on the right."""

    step = "Parameters"
    title = "How are labels made?"
    subtitle = "The values saved with the model are set. Try them on an image before you run all."
    scrolls = False

    def __init__(self, draft: BatchDraft, runner: JobRunner, notifier: Notifier, services: InferenceServices) -> None:
        super().__init__()
        self._draft, self._notifier, self._services = draft, notifier, services
        self.engine = PreviewEngine(runner, services.open_model, self)
        self.form: ParameterForm[Any] | None = None
        self._shown_model: object = None
        self._volume: Volume | None = None
        self._request: PreviewRequest | None = None
        self.images, self.try_button = QComboBox(), QPushButton("Try on this image")
        self.picture = PictureView("“Try on this image” shows here what the model finds in its middle slice.")
        self.status, self.bar = QLabel(), QProgressBar()
        self._form_place = QVBoxLayout()
        self._build()
        self.try_button.clicked.connect(self._on_try)
        self.engine.ready.connect(self._on_ready)
        self.engine.failed.connect(self._on_failed)
        self.engine.busy_changed.connect(self.bar.setVisible)

    def enter(self) -> None:
        draft = self._draft
        if draft.card is not None and self._shown_model != draft.model:
            self._shown_model = draft.model
            self._show_form(draft.card.recipe)
            self._request = None
            self.picture.set_picture(None)
            self.status.clear()
        paths = [image.path for image in draft.images]
        if [Path(self.images.itemData(i)) for i in range(self.images.count())] != paths:
            self.images.clear()
            for path in paths:
                self.images.addItem(path.name, str(path))

    def problems(self) -> list[str]:
        wrong = self.form.problems() if self.form is not None else []
        return wrong or self._draft.problems(BatchStep.PARAMETERS)

    def leave_forward(self) -> bool:
        self.engine.cancel()
        return True

    def stop(self) -> None:
        self.engine.forget()

    def _build(self) -> None:
        layout = column(self, 8)
        row = QHBoxLayout()
        row.setSpacing(18)
        area, inner = QScrollArea(), QWidget()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inner.setLayout(self._form_place)
        self._form_place.setContentsMargins(0, 0, 8, 0)
        self._form_place.addStretch(1)
        area.setWidget(inner)
        row.addWidget(area, 1)
        right = QVBoxLayout()
        top = QHBoxLayout()
        top.addWidget(self.images, 1)
        self.try_button.setIcon(icon("predict"))
        top.addWidget(self.try_button)
        right.addLayout(top)
        right.addWidget(self.picture, 1)
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.hide()
        right.addWidget(self.bar)
        set_role(self.status, "muted")
        self.status.setWordWrap(True)
        right.addWidget(self.status)
        row.addLayout(right, 1)
        layout.addLayout(row, 1)

    def _show_form(self, recipe: str) -> None:
        if self.form is not None:
            self._form_place.removeWidget(self.form)
            self.form.hide()
            self.form.deleteLater()
        model = RECIPES[recipe].decode
        self.form = ParameterForm(model, model.model_validate(self._draft.decode))
        self.form.changed.connect(self._on_changed)
        self.form.validity_changed.connect(self._on_validity)
        self._form_place.insertWidget(0, self.form)

    def _on_changed(self, value: Any) -> None:
        self._draft.decode = value.model_dump()
        if self._request is not None:
            self._ask(soon=True)
        self.changed.emit()

    def _on_validity(self) -> None:
        self.changed.emit()

    def _on_try(self) -> None:
        path = self.images.currentData()
        if path is None:
            return
        try:
            self._volume = self._services.open_volume(Path(path))
        except UserError as error:
            self.status.setText(str(error))
            return
        self._ask(soon=False)

    def _ask(self, *, soon: bool) -> None:
        draft, volume = self._draft, self._volume
        if draft.model is None or volume is None:
            return
        region = middle_region(volume.shape)
        request = PreviewRequest(draft.model, draft.device, volume, region, draft.mode, dict(draft.decode))
        self._request = request
        self.engine.request(request, soon=soon)

    def _on_ready(self, answer: PreviewAnswer) -> None:
        picture = answer.request.volume.read(answer.request.region)[0]
        grey = to_uint8(picture, auto_window(picture))
        self.picture.set_picture(outlined(grey, np.asarray(answer.labels[0])))
        self.status.setText(f"Middle slice: {answer_text(answer)}")

    def _on_failed(self, error: Exception) -> None:
        if isinstance(error, UserError):
            self.status.setText(str(error))
        else:
            self._notifier.unexpected(error)
