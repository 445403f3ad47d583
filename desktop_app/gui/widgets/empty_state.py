"""What an empty panel says: why it is empty, and what to do next."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop_app.gui.theme import icon, set_role, theme
from desktop_app.gui.theme.spacing import LARGE, SMALL

_PICTURE = 44  # px, by eye


class EmptyState(QWidget):
    """An icon, a title, a sentence and buttons, in the middle of the panel.

    Args:
        icon_name: Meaning of the icon.
        title: A few words.
        text: What to do next.
    """

    def __init__(self, icon_name: str, title: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.title = QLabel(title)
        self.title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.title.setWordWrap(True)
        set_role(self.title, "heading")
        self.text = QLabel(text)
        self.text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.text.setWordWrap(True)
        set_role(self.text, "muted")
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(SMALL)
        self._buttons.addStretch(1)
        self._buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(SMALL, LARGE, SMALL, LARGE)
        column.setSpacing(SMALL)
        column.addStretch(2)
        for part in (self._picture, self.title, self.text):
            column.addWidget(part)
        column.addLayout(self._buttons)
        column.addStretch(3)
        theme().changed.connect(self._draw)
        self._draw()

    def add_button(self, text: str, icon_name: str | None = None, *, primary: bool = False) -> QPushButton:
        """One more button in the row; connect its ``clicked``."""
        button = QPushButton(text)
        if primary:
            set_role(button, "primary")
        if icon_name:
            button.setIcon(icon(icon_name, "on_accent" if primary else "text"))
        self._buttons.insertWidget(self._buttons.count() - 1, button, 0, Qt.AlignmentFlag.AlignHCenter)
        return button

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Buttons stand below each other where they have no room beside each other."""
        super().resizeEvent(event)
        beside = sum(self._widths()) + 2 * SMALL <= self.width()
        directions = QBoxLayout.Direction
        self._buttons.setDirection(directions.LeftToRight if beside else directions.TopToBottom)

    def minimumSizeHint(self) -> QSize:
        """As narrow as the widest button: the others can stand below it."""
        hint, widest = super().minimumSizeHint(), max(self._widths(), default=0)
        return QSize(min(hint.width(), widest + 2 * SMALL), hint.height())

    def _widths(self) -> list[int]:
        return [button.sizeHint().width() + SMALL for button in self.findChildren(QPushButton)]

    def set_words(self, title: str, text: str) -> None:
        """Say something else."""
        self.title.setText(title)
        self.text.setText(text)

    def _draw(self) -> None:
        self._picture.setPixmap(icon(self._icon_name, "disabled").pixmap(_PICTURE, _PICTURE))
