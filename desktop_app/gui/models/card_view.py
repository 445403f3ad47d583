"""What a model is, on one page."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QHeaderView,
    QLabel,
    QPushButton,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.networks.registry import network_info
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.core.score_rows import metric_rows
from desktop_app.core.score_trust import trust_of
from desktop_app.core.tuned_model import values_before, values_fitted
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import LARGE, MEDIUM, SMALL, pad
from desktop_app.gui.widgets.banner import Banner
from desktop_app.gui.widgets.thumbnail import LabelThumbnail
from desktop_app.io.models import read_preview
from desktop_app.jobs.models.library import ListedModel

_PREVIEW_HEIGHT = 190  # px, by eye
_BEFORE, _FITTED = "Before it was fitted to labels", "Fitted to labels, not in use"
_SWAPS = {_BEFORE: "Bring these values back", _FITTED: "Use these values again"}
"""What can be done with values that are not in use, by what they are called."""
_SELECT = Qt.TextInteractionFlag.TextSelectableByMouse


def card_facts(card: ModelCard) -> list[tuple[str, str]]:
    """Titles and texts of a card, those that say something."""
    recipe, network = RECIPES.get(card.recipe), network_info(card.network)
    patch = " × ".join(str(n) for n in reversed(card.patch_size))
    kind = "single objects" if card.label_kind == "objects" else "kinds of structure"
    facts = [
        ("Finds", f"{', '.join(card.class_names)} ({kind})"),
        ("Images", f"{card.dimensions}D, {card.input_channels} channel{'s' if card.input_channels > 1 else ''}"),
        ("Voxel size", card.voxel_size.describe()),
        ("Method", recipe.title if recipe else card.recipe),
        ("Network", network.title if network else card.network),
        ("Patch (x, y, z)", f"{patch} px"),
        ("Imported" if card.imported else "Made", f"{card.created:%d %B %Y, %H:%M}"),
        (_BEFORE, values_before(card)),
        (_FITTED, values_fitted(card)),
        ("Licence", card.licence),
        ("Citation", card.citation),
    ]
    return [(title, text) for title, text in facts if text]


class CardView(QScrollArea):
    """Shows a model, or why it cannot be used.

    Signals:
        swap_requested: The values that it had before it was fitted to labels, or the fitted ones, shall be used again.
    """

    swap_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)

    def show_model(self, listed: ListedModel) -> None:
        """Show another model."""
        page = QWidget()
        page.setProperty("role", "plain")
        column = QVBoxLayout(page)
        pad(column, LARGE, MEDIUM)
        title = QLabel(listed.path.stem)
        title.setWordWrap(True)
        set_role(title, "title")
        column.addWidget(title)
        if listed.card is None:
            banner = Banner()
            banner.show_text(listed.problem, "error")
            column.addWidget(banner)
        else:
            self._fill(column, listed, listed.card)
        column.addStretch(1)
        self.setWidget(page)

    def _fill(self, column: QVBoxLayout, listed: ListedModel, card: ModelCard) -> None:
        if card.description:
            words = QLabel(card.description)
            words.setWordWrap(True)
            column.addWidget(words)
        picture = read_preview(listed.path)
        if picture is not None:
            preview = LabelThumbnail()
            preview.setFixedHeight(_PREVIEW_HEIGHT)
            preview.set_picture(picture)
            column.addWidget(preview)
        facts = QFormLayout()
        facts.setHorizontalSpacing(LARGE)
        facts.setVerticalSpacing(SMALL)
        first = [("First named", card.name)] if card.name != listed.path.stem else []
        for name, text in (*card_facts(card), *first, ("File", str(listed.path))):
            caption, value = QLabel(name), QLabel(text)
            set_role(caption, "muted")
            value.setWordWrap(True)
            value.setTextInteractionFlags(_SELECT)
            facts.addRow(caption, value)
            if name in _SWAPS:
                swap = QPushButton(_SWAPS[name])
                set_role(swap, "link")
                swap.clicked.connect(self.swap_requested)
                facts.addRow("", swap)
        column.addLayout(facts)
        if card.metrics:
            heading = QLabel("How well it did on images kept aside")
            set_role(heading, "heading")
            column.addWidget(heading)
            column.addWidget(_table(metric_rows(card)))
            said = QLabel(" ".join(trust_of(card.training).sentences))
            said.setWordWrap(True)
            set_role(said, "muted")
            said.setVisible(bool(said.text()))
            column.addWidget(said)


def _table(rows: list[tuple[str, str]]) -> QTableWidget:
    table = QTableWidget(len(rows), 2)
    table.horizontalHeader().hide()
    table.verticalHeader().hide()
    table.setShowGrid(False)
    table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    table.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
    table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    for row, (name, value) in enumerate(rows):
        table.setItem(row, 0, QTableWidgetItem(name))
        table.setItem(row, 1, QTableWidgetItem(value))
    table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.setFixedHeight(sum(table.rowHeight(r) for r in range(len(rows))) + 4)  # px of its frame
    return table
