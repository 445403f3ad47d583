"""Tabs whose words stand below their icons: six of them fit where side by side three would."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QTabBar, QWidget

from desktop_app.gui.theme.spacing import ICON, TIGHT
from desktop_app.gui.theme.theme import current_colors

_SMALLER = 0.85  # of the font of the program: as small as captions in other programs, by eye
_LINE = 2  # px of the line below the open tab


class StackedTabs(QTabBar):
    """Shares its width among all tabs, and is never so narrow that a word is cut off."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setUsesScrollButtons(False)
        self.setElideMode(Qt.TextElideMode.ElideNone)
        self.setExpanding(True)

    def tabSizeHint(self, index: int) -> QSize:
        """As wide as the word of this tab."""
        metrics = QFontMetrics(self._font())
        width = metrics.horizontalAdvance(self.tabText(index)) + 2 * TIGHT
        return QSize(width, TIGHT + ICON + metrics.height() + TIGHT + _LINE)

    def minimumTabSizeHint(self, index: int) -> QSize:
        """The same: a word is read whole or not at all."""
        return self.tabSizeHint(index)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Icon, word, and a line below the open tab."""
        del event
        painter, colors = QPainter(self), current_colors()
        painter.setFont(self._font())
        for index in range(self.count()):
            here, box = index == self.currentIndex(), self.tabRect(index)
            around = QRect(box.left(), box.top() + TIGHT, box.width(), ICON)
            self.tabIcon(index).paint(painter, around)
            lit = here and self.hasFocus()
            painter.setPen(QColor(colors.accent if lit else colors.text if here else colors.muted))
            below = box.adjusted(0, TIGHT + ICON, 0, -_LINE)
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, self.tabText(index))
            if here:
                line = QRect(box.left(), box.bottom() + 1 - _LINE, box.width(), _LINE)
                painter.fillRect(line, QColor(colors.accent))

    def _font(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(max(1.0, self.font().pointSizeF() * _SMALLER))
        return font
