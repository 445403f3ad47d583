"""The panel that shows at once what a model would do with the open image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from desktop_app.core.config.recipes import RECIPES
from desktop_app.core.errors import UserError
from desktop_app.gui.inference.preview_engine import PreviewAnswer
from desktop_app.gui.inference.preview_presenter import PreviewPresenter, PreviewViewer
from desktop_app.gui.inference.services import InferenceServices, real_services
from desktop_app.gui.jobs.runner import JobRunner
from desktop_app.gui.notifications.notifier import Notifier
from desktop_app.gui.session.session import Session
from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.widgets.empty_state import EmptyState
from desktop_app.gui.widgets.form import ParameterForm
from desktop_app.gui.widgets.number_fields import CalmSpinBox


class PreviewPanel(QWidget):
    """Model, extent, sliders, and what to do with the preview.

    Signals:
        batch_requested: Model (``Path``) and decode settings (``dict``) to use for a folder.
        train_requested: There is no model yet, and the user wants to train one.
    """

    batch_requested = Signal(object, object)
    train_requested = Signal()

    def __init__(
        self,
        session: Session,
        runner: JobRunner,
        viewer: PreviewViewer,
        notifier: Notifier | None = None,
        parent: QWidget | None = None,
        *,
        services: InferenceServices | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._notifier = session, notifier or Notifier()
        self.presenter = PreviewPresenter(session, runner, viewer, services or real_services(), self)
        self.models = QComboBox()
        self.slice_button, self.box_button, self.around = (
            QRadioButton("Visible slice"),
            QRadioButton("Box"),
            CalmSpinBox(),
        )
        self.run_button, self.clear_button = QPushButton("Preview"), QPushButton("Clear")
        self.accept_button, self.batch_button = QPushButton("Accept into labels"), QPushButton("Use for a folder…")
        self.keep = QCheckBox("Keep what is labelled already")
        self.status, self.bar = QLabel(), QProgressBar()
        self.form: ParameterForm[Any] | None = None
        self.empty = EmptyState("model", "No model yet", "Train a model, or import one, to preview it here.")
        self._train_button = self.empty.add_button("Train a model…", "train", primary=True)
        self._body, self._form_place = QWidget(), QVBoxLayout()
        self._build()
        self._connect_signals()
        self._reload_models()

    def choose_model(self, path: Path) -> None:
        """Select a model, for example one that was just trained."""
        self._reload_models()
        index = self.models.findData(str(path))
        if index < 0:
            self.models.addItem(path.stem, str(path))
            index = self.models.count() - 1
        self.models.setCurrentIndex(index)
        self._use_model(path)

    def try_model(self, path: Path) -> None:
        """Select a model and preview it on what is visible."""
        self.choose_model(path)
        self._on_run()

    def _build(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.empty)
        outer.addWidget(self._body)
        layout = QVBoxLayout(self._body)
        layout.setContentsMargins(10, 8, 10, 10)
        layout.setSpacing(8)
        layout.addLayout(self._top())
        layout.addWidget(self.bar)
        layout.addWidget(self.status)
        heading = QLabel("From the model's maps to labels")
        set_role(heading, "heading")
        layout.addWidget(heading)
        area, inner = QScrollArea(), QWidget()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inner.setLayout(self._form_place)
        self._form_place.setContentsMargins(0, 0, 6, 0)
        self._form_place.addStretch(1)
        area.setWidget(inner)
        layout.addWidget(area, 1)
        layout.addWidget(self.keep)
        layout.addLayout(self._bottom())

    def _top(self) -> QGridLayout:
        group = QButtonGroup(self)
        group.addButton(self.slice_button)
        group.addButton(self.box_button)
        self.slice_button.setChecked(True)
        self.around.setRange(1, 64)
        self.around.setValue(self.presenter.around)
        self.around.setPrefix("± ")
        self.around.setSuffix(" slices")
        self.around.setEnabled(False)
        self.bar.setTextVisible(False)
        self.bar.hide()
        self.status.setWordWrap(True)
        set_role(self.status, "muted")
        set_role(self.run_button, "primary")
        self.run_button.setIcon(icon("predict", "on_accent"))
        grid = QGridLayout()
        grid.addWidget(QLabel("Model"), 0, 0)
        grid.addWidget(self.models, 0, 1, 1, 2)
        grid.addWidget(QLabel("On"), 1, 0)
        grid.addWidget(self.slice_button, 1, 1)
        row = QHBoxLayout()
        row.addWidget(self.box_button)
        row.addWidget(self.around)
        row.addStretch(1)
        grid.addLayout(row, 1, 2)
        buttons = QHBoxLayout()
        buttons.addWidget(self.run_button, 1)
        buttons.addWidget(self.clear_button)
        grid.addLayout(buttons, 2, 0, 1, 3)
        grid.setColumnStretch(2, 1)
        return grid

    def _bottom(self) -> QHBoxLayout:
        self.keep.setChecked(True)
        self.accept_button.setIcon(icon("done"))
        self.accept_button.setToolTip("Writes the preview into the labels of this image. Undo takes it back.")
        self.batch_button.setIcon(icon("batch"))
        row = QHBoxLayout()
        row.addWidget(self.accept_button, 1)
        row.addWidget(self.batch_button, 1)
        return row

    def _connect_signals(self) -> None:
        self._session.models_changed.connect(self._reload_models)
        self._session.project_changed.connect(self._reload_models)
        self._session.volume_changed.connect(self._refresh)
        self.models.activated.connect(self._on_model)
        self.box_button.toggled.connect(self._on_extent)
        self.around.valueChanged.connect(self._on_extent)
        self.run_button.clicked.connect(self._on_run)
        self.clear_button.clicked.connect(self.presenter.clear)
        self.accept_button.clicked.connect(self._on_accept)
        self.batch_button.clicked.connect(self._on_batch)
        self._train_button.clicked.connect(self.train_requested)
        self.presenter.answered.connect(self._on_answer)
        self.presenter.failed.connect(self._on_failed)
        self.presenter.engine.busy_changed.connect(self._on_busy)

    def _reload_models(self) -> None:
        opened = self._session.open_project
        paths = opened.models() if opened is not None else []
        chosen = self.presenter.model
        self.models.clear()
        for path in paths:
            self.models.addItem(path.stem, str(path))
        if chosen is not None and chosen.exists() and chosen not in paths:
            self.models.addItem(chosen.stem, str(chosen))
        index = self.models.findData(str(chosen)) if chosen is not None else -1
        if index >= 0:
            self.models.setCurrentIndex(index)
        else:
            self._use_first(paths)
        self._refresh()

    def _use_first(self, paths: list[Path]) -> None:
        """The first model that can be read; damaged ones are spoken of only when the user chooses them."""
        for path in paths:
            try:
                self.presenter.choose_model(path)
            except UserError:
                continue
            self.models.setCurrentIndex(self.models.findData(str(path)))
            self._show_form()
            return
        self.presenter.choose_model(None)
        self._show_form()

    def _use_model(self, path: Path | None) -> None:
        try:
            self.presenter.choose_model(path)
        except UserError as error:
            self._notifier.error(error)
            index = self.models.findData(str(self.presenter.model))
            self.models.setCurrentIndex(index)
            return
        self._show_form()

    def _show_form(self) -> None:
        if self.form is not None:
            self._form_place.removeWidget(self.form)
            self.form.hide()
            self.form.deleteLater()
            self.form = None
        card = self.presenter.card
        if card is not None:
            model = RECIPES[card.recipe].decode
            self.form = ParameterForm(model, model.model_validate(card.decode), compact=True)
            self.presenter.decode = self.form.value().model_dump()
            self.form.changed.connect(self._on_decode)
            self._form_place.insertWidget(0, self.form)
        self._refresh()

    def _refresh(self) -> None:
        has_model = self.models.count() > 0
        self.empty.setVisible(not has_model)
        self._body.setVisible(has_model)
        self.run_button.setEnabled(self.presenter.can_run())
        shown = self.presenter.answer is not None
        self.clear_button.setEnabled(shown)
        self.accept_button.setEnabled(shown)
        self.batch_button.setEnabled(self.presenter.card is not None)
        if self._session.volume is None:
            self.status.setText("Open an image to preview the model on it.")
        elif not shown:
            self.status.setText("Sliders change the preview at once.")

    def _on_model(self) -> None:
        self._use_model(Path(self.models.currentData()))

    def _on_extent(self) -> None:
        self.around.setEnabled(self.box_button.isChecked())
        self.presenter.extent = "box" if self.box_button.isChecked() else "slice"
        self.presenter.around = self.around.value()

    def _on_run(self) -> None:
        self.presenter.run()

    def _on_decode(self, value: Any) -> None:
        self.presenter.set_decode(value.model_dump())

    def _on_busy(self, busy: bool) -> None:
        self.bar.setRange(0, 0)
        self.bar.setVisible(busy)

    def _on_answer(self, answer: PreviewAnswer | None) -> None:
        self._refresh()
        if answer is not None:
            self.status.setText(answer_text(answer))

    def _on_failed(self, error: Exception) -> None:
        if isinstance(error, UserError):
            self.status.setText(str(error))
        else:
            self._notifier.unexpected(error)

    def _on_accept(self) -> None:
        if self.presenter.accept(keep_existing=self.keep.isChecked()):
            self._notifier.info("The preview is now part of the labels. Undo takes it back.")
        else:
            self._notifier.info("Nothing was changed: everything there is labelled already.")

    def _on_batch(self) -> None:
        if self.presenter.model is not None:
            self.batch_requested.emit(self.presenter.model, dict(self.presenter.decode))


def answer_text(answer: PreviewAnswer) -> str:
    """Objects and seconds, in a sentence."""
    if answer.request.decode.get("objects") == "classes":
        found = "1 class" if answer.objects == 1 else f"{answer.objects} classes"
    else:
        found = "1 object" if answer.objects == 1 else f"{answer.objects:,} objects"
    network = f"model {answer.network_seconds:.1f} s, " if answer.network_seconds else ""
    return f"{found} · {network}decoding {answer.decode_seconds:.2f} s"
