"""The panel that shows at once what a model would do with the open image."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop_app.core.errors import UserError
from desktop_app.core.job import Progress
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.core.recipes.suggestion import Suggestion
from desktop_app.gui.inference.batch_draft import BatchSettings
from desktop_app.gui.inference.model_forms import ModelForms, scrolling
from desktop_app.gui.inference.model_modes import box_modes, gives_classes, map_words
from desktop_app.gui.inference.preview_engine import PreviewAnswer
from desktop_app.gui.inference.preview_place import LABEL_WIDTH, PreviewPlace
from desktop_app.gui.inference.preview_presenter import PreviewPresenter, PreviewViewer
from desktop_app.gui.inference.preview_words import answer_text
from desktop_app.gui.inference.services import InferenceServices, real_services
from desktop_app.gui.inference.suggestion_bar import SuggestionBar
from desktop_app.gui.jobs.runner import JobRunner
from desktop_app.gui.notifications.notifier import Notifier
from desktop_app.gui.session.session import Session
from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.theme.spacing import SMALL, TIGHT
from desktop_app.gui.widgets.empty_state import EmptyState
from desktop_app.gui.widgets.flow_layout import FlowLayout
from desktop_app.gui.widgets.quiet_bar import QuietBar

if TYPE_CHECKING:
    from desktop_app.gui.inference.together_list import TogetherList
    from desktop_app.gui.widgets.size_by_box import SizeByBox

_LOOKING = "The model looks at the image…"


class PreviewPanel(QWidget):
    """Model, place, parameters, and what to do with the preview.

    Signals:
        batch_requested: Model (``Path``) and ``BatchSettings`` to use for a folder.
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
        self.models, self.place, self.forms = QComboBox(), PreviewPlace(), ModelForms(preview=True)
        self.suggestions = SuggestionBar()
        self.others: TogetherList | None = None
        self.box: SizeByBox | None = None
        self.run_button, self.clear_button = QPushButton("Preview"), QPushButton("Clear")
        self.accept_button, self.batch_button = QPushButton("Accept into labels"), QPushButton("Use for a folder…")
        self.keep, self.maps = QCheckBox("Keep what is labelled already"), QCheckBox()
        self.status, self.bar = QLabel(), QuietBar()
        self.empty = EmptyState("model", "No model yet", "Train a model, or import one, to preview it here.")
        self._train_button = self.empty.add_button("Train a model…", "train", primary=True)
        self._body, self._companions, self._boxes = QWidget(), QWidget(), QWidget()
        self._picked = False
        self._build()
        self._connect_signals()
        self._reload_models()

    def choose_model(self, path: Path) -> None:
        """Select a model, for example one that was just trained."""
        self._picked = True
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
        self.presenter.run()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.presenter.watch(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.presenter.watch(False)

    def _build(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.empty)
        outer.addWidget(self._body)
        layout = QVBoxLayout(self._body)
        layout.setContentsMargins(SMALL, SMALL, SMALL, SMALL)
        layout.setSpacing(SMALL)
        layout.addLayout(self._top())
        layout.addWidget(self.bar)
        layout.addWidget(self.status)
        layout.addWidget(scrolling(self.suggestions, self.forms, self._boxes, self._companions), 1)
        layout.addWidget(self.maps)
        layout.addWidget(self.keep)
        layout.addLayout(self._bottom())

    def _top(self) -> QVBoxLayout:
        self.status.setWordWrap(True)
        set_role(self.status, "muted")
        set_role(self.run_button, "primary")
        self.run_button.setIcon(icon("predict", "on_accent"))
        grid = QGridLayout()
        grid.setColumnMinimumWidth(0, LABEL_WIDTH)
        grid.setColumnStretch(1, 1)
        grid.addWidget(QLabel("Model"), 0, 0)
        # a long title must not widen the dock
        self.models.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.models.setMinimumContentsLength(12)  # letters, by eye
        grid.addWidget(self.models, 0, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.run_button, 1)
        buttons.addWidget(self.clear_button)
        column = QVBoxLayout()
        column.setSpacing(TIGHT)
        column.addLayout(grid)
        column.addWidget(self.place)
        column.addLayout(buttons)
        return column

    def _bottom(self) -> FlowLayout:
        self.keep.setChecked(True)
        self.maps.setToolTip("What the network says of each voxel, in the list of layers. It does not run again.")
        self.accept_button.setIcon(icon("done"))
        self.accept_button.setToolTip("Writes the preview into the labels of this image. Undo takes it back.")
        self.batch_button.setIcon(icon("batch"))
        row = FlowLayout(spacing=SMALL)
        row.addWidget(self.accept_button)
        row.addWidget(self.batch_button)
        return row

    def _connect_signals(self) -> None:
        session, presenter = self._session, self.presenter
        session.models_changed.connect(self._reload_models)
        session.project_changed.connect(self._reload_models)
        session.volume_changed.connect(self._on_volume)
        self.models.activated.connect(lambda _row: self._on_picked())
        self.place.changed.connect(self._on_place)
        self.place.draw_wanted.connect(presenter.draw)
        self.forms.prediction_changed.connect(self._on_prediction)
        self.forms.decode_changed.connect(presenter.set_decode)
        self.forms.decode_changed.connect(self._show_box)
        self.forms.changed.connect(self._compare)
        self.suggestions.applied.connect(self._on_suggestion)
        self.maps.toggled.connect(presenter.set_maps)
        self.run_button.clicked.connect(presenter.run)
        self.clear_button.clicked.connect(presenter.clear)
        self.accept_button.clicked.connect(self._on_accept)
        self.batch_button.clicked.connect(self._on_batch)
        self._train_button.clicked.connect(self.train_requested)
        presenter.answered.connect(self._on_answer)
        presenter.failed.connect(self._on_failed)
        presenter.drawing_changed.connect(self._on_drawing)
        presenter.engine.busy_changed.connect(self._on_busy)
        presenter.engine.progressed.connect(self._on_progress)

    def _reload_models(self) -> None:
        titles = self._offered()
        paths, chosen = list(titles), self.presenter.model
        self.models.clear()
        for path, title in titles.items():
            self.models.addItem(title, str(path))
        if chosen is not None and chosen.exists() and chosen not in paths:
            self.models.addItem(chosen.stem, str(chosen))
        index = self.models.findData(str(chosen)) if chosen is not None else -1
        if index >= 0:
            self.models.setCurrentIndex(index)
            self._use_model(chosen) if self.presenter.is_outdated() else self._offer_others()
        else:
            self._use_first(paths)
        self._refresh()

    def _offered(self) -> dict[Path, str]:
        """Models to choose from, with what they are called; none before a project is open."""
        if self._session.open_project is None:
            return {}
        from desktop_app.gui.session.offered_models import model_title, offered_models

        return {path: model_title(path) for path in offered_models(self._session)}

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
        with self._notifier.errors_told():
            self.presenter.choose_model(path)
            self._show_form()
            return
        self.models.setCurrentIndex(self.models.findData(str(self.presenter.model)))

    def _show_form(self) -> None:
        presenter, card = self.presenter, self.presenter.card
        self.forms.show_model(card, presenter.prediction, presenter.decode)
        self._offer_others()
        if card is not None:
            presenter.prediction, presenter.decode = self.forms.prediction_values(), self.forms.decode_values()
        self.place.set_modes(box_modes(card) if card is not None else ())
        self._offer_box()
        self._offer_maps()
        self._on_place()
        self._suggest()
        self._refresh()

    def _offer_others(self) -> None:
        """The models that go with the chosen one; those ticked stay so while they are there."""
        titles, presenter = self._offered(), self.presenter
        fitting = presenter.companions(titles)
        kept = tuple(path for path in presenter.others if path in fitting)
        if kept != presenter.others:
            presenter.set_others(kept)
        if fitting or self.others is not None:
            self._companion_list().offer({path: titles[path] for path in fitting}, kept)

    def _companion_list(self) -> TogetherList:
        """The list of further models, made where there are some for the first time."""
        if self.others is None:
            from desktop_app.gui.inference.together_list import TogetherList

            self.others = TogetherList()
            column = QVBoxLayout(self._companions)
            column.setContentsMargins(0, 0, 0, 0)
            column.addWidget(self.others)
            self.others.chosen.connect(self.presenter.set_others)
        return self.others

    def _offer_box(self) -> None:
        """Let a box over the image set the smallest size, counted as the network sees it."""
        card = self.presenter.card
        self._show_box()
        if card is None:
            return
        recipe = RECIPES[card.recipe]
        volume = self._session.volume
        size = volume.voxel_size if volume is not None else None
        scales = recipe.scales(card, self.presenter.prediction, size) if recipe.sizes_as_seen else (1.0, 1.0, 1.0)
        self._size_box().offer(recipe.decode.model_fields, scales)

    def _show_box(self) -> None:
        card = self.presenter.card
        self._boxes.setVisible(card is not None and not gives_classes(card, self.presenter.decode))

    def _size_box(self) -> SizeByBox:
        """Made for the first model."""
        if self.box is None:
            from desktop_app.gui.widgets.size_by_box import SizeByBox

            self.box = SizeByBox(self.presenter.pick_rectangle, lambda: self._session.volume)
            column = QVBoxLayout(self._boxes)
            column.setContentsMargins(0, 0, 0, 0)
            column.addWidget(self.box)
            self.box.sized.connect(lambda sizes: self.forms.change({}, sizes))
        return self.box

    def _offer_maps(self) -> None:
        words = map_words(self.presenter.card, self.presenter.prediction)
        self.maps.setText(f"Show {words} as layers")
        self.maps.setVisible(bool(words))

    def _suggest(self) -> None:
        self.suggestions.suggest(self.presenter.suggestion())
        self._compare()

    def _compare(self) -> None:
        presenter, place = self.presenter, self.place
        one_slice = not place.place().box
        self.suggestions.compare(presenter.prediction, presenter.decode, place.mode(), one_slice=one_slice)

    def _refresh(self) -> None:
        has_model = self.models.count() > 0
        self.empty.setVisible(not has_model)
        self._body.setVisible(has_model)
        self.run_button.setEnabled(self.presenter.can_run())
        shown = self.presenter.answer is not None
        self.clear_button.setEnabled(shown)
        self.accept_button.setEnabled(shown)
        self.batch_button.setEnabled(self.presenter.card is not None)
        if self._session.volume is None or not shown:
            is_open = self._session.volume is not None
            self.status.setText("Sliders change the preview at once." if is_open else "Open an image to preview it.")

    def _on_picked(self) -> None:
        self._picked = True
        self._use_model(Path(self.models.currentData()))

    def _on_volume(self) -> None:
        first = next(iter(self._offered()), None)
        if not self._picked and first is not None and first != self.presenter.model:
            self.presenter.choose_model(None)
            self._reload_models()
        self._suggest()
        self._on_place()
        self._refresh()

    def _on_place(self) -> None:
        presenter = self.presenter
        presenter.place, presenter.box_mode = self.place.place(), self.place.mode()
        presenter.show_frame()
        if presenter.place.box:
            self.forms.show_mode(presenter.mode)
        else:
            self.forms.show_slice(flat=presenter.is_flat)
        self._compare()

    def _on_suggestion(self, suggestion: Suggestion) -> None:
        self.place.choose_mode(suggestion.mode or "")
        self.forms.change(suggestion.prediction, suggestion.decode)

    def _on_prediction(self, prediction: dict[str, Any]) -> None:
        self.presenter.set_prediction(prediction)
        self._offer_maps()
        self._offer_box()

    def _on_drawing(self, drawing: bool) -> None:
        self.place.set_drawing(drawing)
        if drawing:
            self.status.setText("Draw a rectangle over the image with the left button. Esc: leave it.")
        elif self.presenter.answer is None:
            self._refresh()

    def _on_busy(self, busy: bool) -> None:
        self.bar.show_busy(busy)
        if busy:
            self.bar.doing = _LOOKING
            self.status.setText(_LOOKING)
        else:
            self.clear_button.setText("Clear")
            self.clear_button.setEnabled(self.presenter.answer is not None)
            if self.status.text() == self.bar.doing:
                self._on_answer(self.presenter.answer)

    def _on_progress(self, progress: Progress) -> None:
        self.clear_button.setText("Stop")
        self.clear_button.setEnabled(True)
        self.bar.show_progress(progress)
        self.status.setText(progress.message)

    def _on_answer(self, answer: PreviewAnswer | None) -> None:
        self._refresh()
        if answer is not None:
            self.status.setText(answer_text(answer, self.presenter.card, cut=self.presenter.cut))

    def _on_failed(self, error: Exception) -> None:
        if isinstance(error, UserError):
            self.status.setText(str(error))
        else:
            self._notifier.unexpected(error)

    def _on_accept(self) -> None:
        changed = self.presenter.accept(keep_existing=self.keep.isChecked())
        done = "The preview is now part of the labels. Undo takes it back."
        self._notifier.info(done if changed else "Nothing was changed: everything there is labelled already.")

    def _on_batch(self) -> None:
        presenter = self.presenter
        if presenter.model is not None:
            mode = presenter.mode if presenter.place.box else None
            settings = BatchSettings(dict(presenter.decode), dict(presenter.prediction), mode, presenter.others)
            self.batch_requested.emit(presenter.model, settings)
