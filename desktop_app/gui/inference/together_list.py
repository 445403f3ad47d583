"""Further models that are used together with the chosen one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import SMALL

_MOST_ROWS = 5  # shown without scrolling: as many as a cross-validation usually has
_PATH = Qt.ItemDataRole.UserRole


class TogetherList(QWidget):
    """A list with a box to tick for each model that goes with the chosen one; hidden where there is none.

    Signals:
        chosen: The models that are ticked, a tuple of ``Path``.
    """

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.list = QListWidget()
        title = QLabel("Use it together with")
        set_role(title, "heading")
        words = QLabel(
            "What all of them say is averaged, as for the models of a cross-validation. It takes as many times as long."
        )
        words.setWordWrap(True)
        set_role(words, "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, SMALL, 0, 0)
        layout.setSpacing(SMALL)
        for widget in (title, words, self.list):
            layout.addWidget(widget)
        self.list.itemChanged.connect(lambda _item: self.chosen.emit(self.ticked()))
        self.hide()

    def offer(self, models: Mapping[Path, str], ticked: Sequence[Path]) -> None:
        """Show these models by name, some of them ticked."""
        self.list.blockSignals(True)
        self.list.clear()
        for path, name in models.items():
            item = QListWidgetItem(name, self.list)
            item.setData(_PATH, str(path))
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if path in ticked else Qt.CheckState.Unchecked)
        self.list.blockSignals(False)
        rows = min(_MOST_ROWS, len(models))
        # Px, where no row is there to ask.
        self.list.setFixedHeight(rows * max(20, self.list.sizeHintForRow(0)) + 2 * self.list.frameWidth())
        self.setVisible(bool(models))

    def ticked(self) -> tuple[Path, ...]:
        """The models that are ticked."""
        items = [self.list.item(row) for row in range(self.list.count())]
        return tuple(Path(item.data(_PATH)) for item in items if item.checkState() is Qt.CheckState.Checked)
