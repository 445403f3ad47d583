"""A choice of the way through the images, with a sentence about it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from desktop_app.core.recipes.looks import Mode
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import TIGHT
from desktop_app.gui.widgets.number_fields import CalmComboBox


class ModeChoice(QWidget):
    """Hidden where there is nothing to choose.

    Signals:
        chosen: Name of the mode that the user took.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.combo, self.summary = CalmComboBox(), QLabel()
        self._modes: tuple[Mode, ...] = ()
        heading = QLabel("How to go through the images")
        set_role(heading, "heading")
        heading.setBuddy(self.combo)
        self.combo.setAccessibleName(heading.text())
        self.summary.setWordWrap(True)
        set_role(self.summary, "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(TIGHT)
        for widget in (heading, self.combo, self.summary):
            column.addWidget(widget)
        self.combo.currentIndexChanged.connect(self._on_changed)

    def offer(self, modes: tuple[Mode, ...], mode: str) -> None:
        """Offer these modes, with ``mode`` chosen."""
        self._modes = ()
        self.combo.clear()
        for one in modes:
            self.combo.addItem(one.title, one.name)
        self._modes = modes
        self.combo.setCurrentIndex(max(0, self.combo.findData(mode)) if modes else -1)
        self._say()
        self.setVisible(bool(modes))

    def choose(self, mode: str) -> None:
        """Take a mode, as if the user had."""
        self.combo.setCurrentIndex(self.combo.findData(mode))

    def _say(self) -> None:
        row = self.combo.currentIndex()
        self.summary.setText(self._modes[row].summary if 0 <= row < len(self._modes) else "")

    def _on_changed(self, row: int) -> None:
        if 0 <= row < len(self._modes):
            self._say()
            self.chosen.emit(self._modes[row].name)
