"""The list of steps at the side of a wizard."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop_app.gui.widgets.choice_card import blend

_ROW = 46  # px, by eye
_DOT = 24  # px, by eye
_LEFT = 20  # px, by eye


class StepRail(QWidget):
    """Numbered steps: done ones with a tick, the current one filled; done steps can be clicked."""

    clicked = Signal(int)

    def __init__(self, names: list[str]) -> None:
        super().__init__()
        self._names = names
        self._current = 0
        self._locked = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Steps")

    def set_current(self, index: int, *, locked: bool = False) -> None:
        """Mark a step as the current one; ``locked`` switches off clicking on earlier steps."""
        self._current, self._locked = index, locked
        self.setAccessibleDescription(f"Step {index + 1} of {len(self._names)}: {self._names[index]}")
        self.setCursor(Qt.CursorShape.ArrowCursor if locked else Qt.CursorShape.PointingHandCursor)
        self.update()

    def sizeHint(self) -> QSize:
        widest = max(self.fontMetrics().horizontalAdvance(name) for name in self._names)
        return QSize(_LEFT * 2 + _DOT + 14 + widest + 10, _ROW * len(self._names) + 40)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = int((event.position().y() - 20) // _ROW)
        if not self._locked and 0 <= index < self._current:
            self.clicked.emit(index)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        window, text = palette.color(QPalette.ColorRole.Window), palette.color(QPalette.ColorRole.WindowText)
        painter.fillRect(self.rect(), blend(window, text, 0.05))
        painter.setPen(QPen(blend(window, text, 0.15), 1))
        painter.drawLine(self.rect().topRight(), self.rect().bottomRight())
        for index in range(len(self._names)):
            self._paint_step(painter, index)
        painter.end()

    def _paint_step(self, painter: QPainter, index: int) -> None:
        palette = self.palette()
        accent, window = palette.color(QPalette.ColorRole.Highlight), palette.color(QPalette.ColorRole.Window)
        text = palette.color(QPalette.ColorRole.WindowText)
        top = 20 + index * _ROW
        dot = QRectF(_LEFT, top + (_ROW - _DOT) / 2, _DOT, _DOT)
        done, current = index < self._current, index == self._current
        if index + 1 < len(self._names):
            painter.setPen(QPen(accent if done else blend(window, text, 0.25), 2))
            x = round(dot.center().x())
            painter.drawLine(x, round(dot.bottom()) + 3, x, round(dot.bottom()) + _ROW - _DOT - 3)
        painter.setPen(QPen(accent if done or current else blend(window, text, 0.4), 1.6))
        painter.setBrush(accent if current else blend(window, accent, 0.2) if done else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(dot)
        painter.setPen(palette.color(QPalette.ColorRole.HighlightedText) if current else text)
        painter.drawText(dot, Qt.AlignmentFlag.AlignCenter, "✓" if done else str(index + 1))
        font = painter.font()
        font.setBold(current)
        painter.setFont(font)
        painter.setPen(text if done or current else blend(window, text, 0.6))
        place = QRect(_LEFT + _DOT + 14, top, self.width(), _ROW)
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self._names[index])
        font.setBold(False)
        painter.setFont(font)
