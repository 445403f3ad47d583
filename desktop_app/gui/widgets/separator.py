"""A quiet line between groups of controls."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop_app.gui.theme import current_colors


class Separator(QWidget):
    """One pixel wide, in the border colour of the theme."""

    def __init__(self, orientation: Qt.Orientation = Qt.Orientation.Horizontal, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        fixed, free = QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding
        if orientation == Qt.Orientation.Horizontal:
            self.setFixedHeight(9)  # px, by eye
            self.setSizePolicy(free, fixed)
        else:
            self.setFixedSize(9, 20)  # px, by eye
            self.setSizePolicy(fixed, fixed)
        self._horizontal = orientation == Qt.Orientation.Horizontal

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        color = QColor(current_colors().border_strong)
        if self._horizontal:
            painter.fillRect(0, self.height() // 2, self.width(), 1, color)
        else:
            painter.fillRect(self.width() // 2, 0, 1, self.height(), color)
        painter.end()
