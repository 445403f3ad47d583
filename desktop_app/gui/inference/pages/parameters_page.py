"""Third step: how the model goes through the images, and from maps to labels; tried on one of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
)

from desktop_app.core.errors import UserError
from desktop_app.core.imaging.contrast import auto_window, to_uint8
from desktop_app.core.imaging.region import Plane
from desktop_app.core.imaging.volume import Volume, squeeze_slab
from desktop_app.core.recipes.suggestion import Suggestion
from desktop_app.gui.inference.batch_draft import BatchDraft, BatchStep
from desktop_app.gui.inference.mode_choice import ModeChoice
from desktop_app.gui.inference.model_forms import ModelForms, scrolling
from desktop_app.gui.inference.model_modes import in_plane, plane_of, sees_every_plane, slice_mode
from desktop_app.gui.inference.preview_engine import PreviewAnswer, PreviewEngine, PreviewRequest
from desktop_app.gui.inference.preview_region import middle_region
from desktop_app.gui.inference.preview_words import answer_text
from desktop_app.gui.inference.services import InferenceServices
from desktop_app.gui.inference.suggestion_bar import SuggestionBar
from desktop_app.gui.jobs.runner import JobRunner
from desktop_app.gui.notifications.notifier import Notifier
from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.theme.spacing import LARGE, SMALL
from desktop_app.gui.widgets.outline_picture import PictureView, outlined
from desktop_app.gui.widgets.share_bar import show_busy
from desktop_app.gui.widgets.step_page import StepPage, column

_OF_MODEL = "The values saved with the model are set. Try them on an image before you run all."
_OF_USER = "The values that you changed are set. Try them on an image before you run all."
_OF_PREVIEW = "The values of your preview are set. Try them on an image before you run all."


class ParametersPage(StepPage):
    """Mode and parameters on the left, the middle slice of an image with outlines on the right."""

    step = "Parameters"
    title = "How are labels made?"
    subtitle = _OF_MODEL

    def __init__(self, draft: BatchDraft, runner: JobRunner, notifier: Notifier, services: InferenceServices) -> None:
        super().__init__()
        self._draft, self._notifier, self._services = draft, notifier, services
        self.engine = PreviewEngine(runner, services.open_model, self)
        self.modes, self.suggestions, self.forms = ModeChoice(), SuggestionBar(), ModelForms()
        self._volume: Volume | None = None
        self._request: PreviewRequest | None = None
        self.images, self.try_button = QComboBox(), QPushButton("Try on this image")
        self.picture = PictureView("“Try on this image” shows here what the model finds in its middle slice.")
        self.status, self.bar = QLabel(), QProgressBar()
        self._build()
        self.modes.chosen.connect(self._on_mode)
        self.suggestions.applied.connect(self._on_suggestion)
        self.forms.prediction_changed.connect(self._on_prediction)
        self.forms.decode_changed.connect(self._on_decode)
        self.forms.validity_changed.connect(self.changed)
        self.try_button.clicked.connect(self._on_try)
        self.engine.ready.connect(self._on_ready)
        self.engine.failed.connect(self._on_failed)
        self.engine.busy_changed.connect(self.bar.setVisible)

    def enter(self) -> None:
        draft = self._draft
        if draft.card is not None and not self.forms.shows(draft.card, draft.prediction, draft.decode):
            self.forms.show_model(draft.card, draft.prediction, draft.decode)
            self._request = None
            self.picture.set_picture(None)
            self.status.clear()
        self._say_whose_values()
        paths = [image.path for image in draft.images]
        if [Path(self.images.itemData(i)) for i in range(self.images.count())] != paths:
            self.images.clear()
            for path in paths:
                self.images.addItem(path.name, str(path))
        self.modes.offer(draft.modes(), draft.mode)
        self.forms.show_mode(draft.mode)
        self._suggest()

    def problems(self) -> list[str]:
        return self.forms.problems() or self._draft.problems(BatchStep.PARAMETERS)

    def leave_forward(self) -> bool:
        self.engine.cancel()
        return True

    def stop(self) -> None:
        self.engine.forget()

    def _build(self) -> None:
        layout = column(self, SMALL)
        row = QHBoxLayout()
        row.setSpacing(LARGE)
        row.addWidget(scrolling(self.modes, self.suggestions, self.forms), 1)
        right = QVBoxLayout()
        top = QHBoxLayout()
        top.addWidget(self.images, 1)
        self.try_button.setIcon(icon("predict"))
        top.addWidget(self.try_button)
        right.addLayout(top)
        right.addWidget(self.picture, 1)
        show_busy(self.bar)
        self.bar.setTextVisible(False)
        self.bar.hide()
        right.addWidget(self.bar)
        set_role(self.status, "muted")
        self.status.setWordWrap(True)
        right.addWidget(self.status)
        row.addLayout(right, 1)
        layout.addLayout(row, 1)

    def _say_whose_values(self) -> None:
        """Whether the values set are the model's own, those of a preview, or the user's."""
        draft = self._draft
        own = draft.card is not None and self.forms.shows(draft.card, draft.card.prediction, draft.card.decode)
        self.subtitle = _OF_PREVIEW if draft.taken else _OF_MODEL if own else _OF_USER

    def _suggest(self) -> None:
        """Say what would suit the first image better than what is set."""
        draft = self._draft
        if draft.card is None or not draft.images:
            self.suggestions.suggest(None)
            return
        try:
            volume = draft.opened(draft.images[0].path, self._services.open_volume)
        except UserError:
            self.suggestions.suggest(None)
            return
        self.suggestions.suggest(self._services.suggest(draft.card, volume))
        self._compare()

    def _compare(self) -> None:
        draft = self._draft
        self.suggestions.compare(self.forms.prediction_values(), self.forms.decode_values(), draft.mode)

    def _on_mode(self, mode: str) -> None:
        self._draft.choose_mode(mode)
        self.forms.show_mode(mode)
        self._compare()

    def _on_suggestion(self, suggestion: Suggestion) -> None:
        if suggestion.mode is not None and any(m.name == suggestion.mode for m in self._draft.modes()):
            self.modes.choose(suggestion.mode)
        self.forms.change(suggestion.prediction, suggestion.decode)

    def _on_prediction(self, values: dict[str, Any]) -> None:
        self._draft.prediction = values
        self._after_change()

    def _on_decode(self, values: dict[str, Any]) -> None:
        self._draft.decode = values
        self._after_change()

    def _after_change(self) -> None:
        if self._request is not None:
            self._ask(soon=True)
        self._compare()
        self.changed.emit()

    def _on_try(self) -> None:
        path = self.images.currentData()
        if path is None:
            return
        try:
            self._volume = self._draft.opened(Path(path), self._services.open_volume)
        except UserError as error:
            self.status.setText(str(error))
            return
        self._ask(soon=False)

    def _ask(self, *, soon: bool) -> None:
        draft, volume = self._draft, self._volume
        if draft.model is None or draft.card is None or volume is None:
            return
        plane = self._plane()
        prediction = in_plane(draft.card, draft.prediction, plane)
        region = middle_region(volume.shape, plane=plane)
        mode = slice_mode(draft.card, flat=volume.is_2d or draft.mode == "slice")
        decode, others = dict(draft.decode), draft.together
        request = PreviewRequest(
            draft.model, draft.device, volume, region, mode, decode, prediction,
            others=others, channels=draft.channels,
        )  # fmt: skip
        self._request = request
        self.engine.request(request, soon=soon)

    def _plane(self) -> Plane:
        """The plane of the slices: xy where the model sees all three directions."""
        draft = self._draft
        if draft.card is None or sees_every_plane(draft.card, draft.mode):
            return Plane.XY
        return plane_of(draft.card, draft.prediction)

    def _on_ready(self, answer: PreviewAnswer) -> None:
        request = answer.request
        card = self._draft.card
        plane = plane_of(card, request.prediction) if card is not None else Plane.XY
        picture = squeeze_slab(request.volume.read(request.region), plane)
        grey = to_uint8(picture, auto_window(picture))
        self.picture.set_picture(outlined(grey, squeeze_slab(answer.labels, plane)))
        where = "Middle slice" if plane is Plane.XY else f"Middle {plane} slice"
        self.status.setText(f"{where}: {answer_text(answer, card)}")

    def _on_failed(self, error: Exception) -> None:
        if isinstance(error, UserError):
            self.status.setText(str(error))
        else:
            self._notifier.unexpected(error)
