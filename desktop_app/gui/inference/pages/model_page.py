"""Second step: the model."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QButtonGroup, QFileDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.config.together import go_together
from desktop_app.core.errors import UserError
from desktop_app.core.imaging.shown_size import ORDER
from desktop_app.core.score_rows import score_title
from desktop_app.gui.inference.batch_draft import BatchDraft, BatchStep
from desktop_app.gui.inference.services import InferenceServices
from desktop_app.gui.inference.together_list import TogetherList
from desktop_app.gui.notifications.notifier import Notifier
from desktop_app.gui.session.offered_models import offered_models
from desktop_app.gui.session.session import Session
from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.theme.spacing import SMALL
from desktop_app.gui.widgets.choice_card import ChoiceCard
from desktop_app.gui.widgets.message_list import MessageList
from desktop_app.gui.widgets.outline_picture import picture_drawing
from desktop_app.gui.widgets.step_page import StepPage, column
from desktop_app.io.models.starters import comes_with_us

_MODELS = "Models (*.vwmodel *.zip model.json);;All files (*)"


class ModelPage(StepPage):
    """One card per model of the project, the newest chosen, and a button to import others."""

    step = "Model"
    title = "Which model?"
    subtitle = "The models of this project, and those that come with Voxelwright. You can import others."

    def __init__(self, draft: BatchDraft, session: Session, notifier: Notifier, services: InferenceServices) -> None:
        super().__init__()
        self._draft, self._session, self._notifier, self._services = draft, session, notifier, services
        self.cards: dict[Path, ChoiceCard] = {}
        self.others = TogetherList()
        self._infos: dict[Path, ModelCard] = {}
        self._made: dict[Path, float] = {}
        self._extra: list[Path] = []
        self._body: QWidget | None = None
        self.messages = MessageList()
        self.import_button = QPushButton("Import a model…")
        self.import_button.setIcon(icon("import"))
        self._layout = column(self, SMALL)
        self._layout.addWidget(self.messages)  # above the models, where a warning is not overlooked
        row = QHBoxLayout()
        row.addWidget(self.import_button)
        row.addStretch(1)
        self._layout.addLayout(row)
        self._layout.addWidget(self.others)
        self._layout.addStretch(1)
        self.import_button.clicked.connect(self._on_import)
        self.others.chosen.connect(self._on_others)

    def enter(self) -> None:
        self._rebuild()

    def problems(self) -> list[str]:
        return self._draft.problems(BatchStep.MODEL)

    def choose(self, path: Path | None) -> None:
        """Use a model; the user is told if its card cannot be read."""
        card = None
        if path is not None:
            with self._notifier.errors_told():
                card = self._services.load_card(path)
        if path != self._draft.model or card is None:
            self._draft.choose_model(path, card)
        self._mark()

    def _paths(self) -> list[Path]:
        paths = offered_models(self._session)
        extra = [*self._extra, *([self._draft.model] if self._draft.model is not None else [])]
        return [*paths, *(p for p in dict.fromkeys(extra) if p not in paths)]

    def _rebuild(self) -> None:
        if self._body is not None:
            self._layout.removeWidget(self._body)
            self._body.hide()
            self._body.deleteLater()
        self.cards.clear()
        self._infos.clear()
        self._made.clear()
        self._body = QWidget()
        layout, group = QVBoxLayout(self._body), QButtonGroup(self._body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SMALL)
        for path in self._paths():
            card = self._card(path)
            group.addButton(card)
            layout.addWidget(card)
        if not self.cards:
            none = QLabel("There is no model in this project yet. Train one, or import one.")
            set_role(none, "muted")
            layout.addWidget(none)
        self._layout.insertWidget(1, self._body)
        if self._draft.model is None and self._made:
            self.choose(max(self._made, key=lambda path: self._made[path]))
        self._mark()

    def _card(self, path: Path) -> ChoiceCard:
        try:
            info = self._services.load_card(path)
        except UserError as error:
            card = ChoiceCard(path.stem, error.message)
            card.setEnabled(False)
        else:
            self._infos[path] = info
            if not comes_with_us(path):  # one of the user's own is more likely meant
                self._made[path] = info.created.timestamp()
            picture = self._services.read_preview(path)
            drawing = None if picture is None else picture_drawing(picture)
            card = ChoiceCard(path.stem, card_text(info), drawing, note=_note(path, info), badge=score_badge(info))
        card.setProperty("model", str(path))
        card.clicked.connect(self._on_clicked)
        self.cards[path] = card
        return card

    def _mark(self) -> None:
        for path, card in self.cards.items():
            card.setChecked(path == self._draft.model)
        self.others.offer(self._going_together(), self._draft.together)
        self.messages.set_messages([("warning", text) for text in self._draft.warnings()])
        self.changed.emit()

    def _going_together(self) -> dict[Path, str]:
        """The models that can be used together with the chosen one, by name; second copies of its weights cannot."""
        card = self._draft.card
        if card is None:
            return {}
        others = (path for path in self._infos if path != self._draft.model)
        return {path: path.stem for path in others if go_together(card, self._infos[path])}

    def _on_others(self, paths: tuple[Path, ...]) -> None:
        self._draft.together = paths
        self.changed.emit()

    def _on_clicked(self) -> None:
        self.choose(Path(self.sender().property("model")))

    def _on_import(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Model", str(Path.home()), _MODELS)
        if chosen:
            self.import_model(Path(chosen))

    def import_model(self, chosen: Path) -> None:
        """Bring a model into the project, or use it where it is if no project is open."""
        path = chosen.parent if chosen.name == "model.json" else chosen
        opened = self._session.open_project
        with self._notifier.errors_told():
            if opened is not None:
                path = self._services.import_model(path, opened.folder / "models")
                self._session.models_changed.emit()
            self._extra.append(path)
            self.choose(path)
            self._rebuild()


def _note(path: Path, card: ModelCard) -> str:
    return f"comes with Voxelwright · {card_note(card)}" if comes_with_us(path) else card_note(card)


def card_text(card: ModelCard) -> str:
    """What a model finds, in one line."""
    what = ", ".join(card.class_names[:4])
    how = "slice by slice" if card.dimensions == 2 else "in volumes"
    return f"{what} · {'objects' if card.label_kind == 'objects' else 'classes'} {how}"


def card_note(card: ModelCard) -> str:
    """What it was made for."""
    channels = f" · {card.input_channels} channels" if card.input_channels > 1 else ""
    voxel = f" · voxels of {card.voxel_size.describe().removesuffix(f' {ORDER}')}" if card.voxel_size.known else ""
    return f"{'imported' if card.imported else 'trained'} {card.created:%d %b %Y}{voxel}{channels}"


def score_badge(card: ModelCard) -> str:
    """The most telling score in words, as the result of a training says it, or nothing."""
    for key in ("f1", "dice"):
        for metric, value in card.metrics.items():
            if metric.rsplit("/", 1)[-1].lower() == key:
                return f"{score_title(key)}: {value:.0%}"
    return ""
