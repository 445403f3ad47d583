"""The tool bar of the main window: its buttons lose their words before they leave it for the menu at its end."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QMainWindow, QToolBar, QToolButton

_ICON = QSize(20, 20)
_WORDS, _ICONS = Qt.ToolButtonStyle.ToolButtonTextBesideIcon, Qt.ToolButtonStyle.ToolButtonIconOnly


class WordsBar(QToolBar):
    """Buttons that ``show_words`` show their words where the window is wide enough for all of them."""

    def __init__(self, title: str, window: QMainWindow) -> None:
        super().__init__(title, window)
        self.setObjectName(title.lower())
        self.setMovable(False)
        self.setIconSize(_ICON)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self._wordy: list[QToolButton] = []
        self._whole = 0

    def show_words(self, button: QToolButton) -> None:
        """Show the words of a button beside its icon while there is room."""
        self._wordy.append(button)
        button.setToolButtonStyle(_WORDS)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._with_words:
            self._whole = self.sizeHint().width()
        style = _WORDS if self._whole <= self.width() else _ICONS
        for button in self._wordy:
            if button.toolButtonStyle() != style:
                button.setToolButtonStyle(style)

    @property
    def _with_words(self) -> bool:
        return all(button.toolButtonStyle() == _WORDS for button in self._wordy)
