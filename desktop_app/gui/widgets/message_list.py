"""Sentences below each other, each with the icon of its level."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from desktop_app.core.job import NoteLevel
from desktop_app.gui.theme import icon
from desktop_app.gui.theme.colors import ColorRole
from desktop_app.gui.theme.spacing import SMALL, SMALL_ICON, TIGHT

_ICONS: dict[NoteLevel, tuple[str, ColorRole]] = {
    "error": ("error", "danger"),
    "warning": ("warning", "warning"),
    "info": ("info", "muted"),
}


class MessageList(QWidget):
    """Shows a few sentences, the gravest first; hides itself when there are none.

    Args:
        limit: How many are shown; the rest is counted.
    """

    def __init__(self, limit: int = 6) -> None:
        super().__init__()
        self._limit = limit
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SMALL)
        self._grid.setVerticalSpacing(TIGHT)
        self._grid.setColumnStretch(1, 1)
        self.texts: list[str] = []
        self.hide()

    def set_messages(self, messages: Sequence[tuple[NoteLevel, str]]) -> None:
        """Show these (level, sentence) pairs instead of the present ones."""
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        levels = list(_ICONS)
        ordered = sorted(messages, key=lambda m: levels.index(m[0]))
        self.texts = [text for _, text in ordered]
        for row, (level, text) in enumerate(ordered[: self._limit]):
            self._add(row, level, text)
        if len(ordered) > self._limit:
            self._add(self._limit, "info", f"… and {len(ordered) - self._limit} more.")
        self.setVisible(bool(ordered))

    def _add(self, row: int, level: NoteLevel, text: str) -> None:
        name, role = _ICONS[level]
        sign, words = QLabel(), QLabel(text)
        sign.setPixmap(icon(name, role).pixmap(SMALL_ICON, SMALL_ICON))
        sign.setAccessibleName(level)
        words.setWordWrap(True)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._grid.addWidget(sign, row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(words, row, 1)
