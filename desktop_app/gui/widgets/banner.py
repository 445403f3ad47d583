"""A sentence inside a page that cannot be overlooked."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from desktop_app.core.errors import UserError
from desktop_app.gui.theme import icon, set_role, theme
from desktop_app.gui.theme.colors import ColorRole
from desktop_app.gui.theme.spacing import ICON, MEDIUM, SMALL

_Level = Literal["info", "warning", "error", "success"]
_COLORS: dict[_Level, ColorRole] = {"info": "accent", "warning": "warning", "error": "danger", "success": "success"}


class Banner(QFrame):
    """An icon and a text; hidden while the text is empty."""

    def __init__(self, level: _Level = "info", text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._level: _Level = level
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = QHBoxLayout(self)
        row.setContentsMargins(MEDIUM, SMALL, MEDIUM, SMALL)
        row.setSpacing(SMALL)
        row.addWidget(self._picture)
        row.addWidget(self._text, 1)
        theme().changed.connect(self._draw)
        self.show_text(text, level)

    def text(self) -> str:
        """The sentence shown."""
        return self._text.text()

    def show_text(self, text: str, level: _Level = "info") -> None:
        """Say a sentence; an empty one hides the banner."""
        self._level = level
        self._text.setText(text)
        set_role(self, f"banner-{level}")  # type: ignore[arg-type]
        self._draw()
        self.setVisible(bool(text))

    def show_error(self, error: Exception) -> None:
        """Say what failed."""
        self.show_text(str(error) if isinstance(error, UserError) else f"Unexpected problem: {error!r}.", "error")

    def _draw(self) -> None:
        self._picture.setPixmap(icon(self._level, _COLORS[self._level]).pixmap(ICON, ICON))
