"""The list of steps at the side of a wizard."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop_app.gui.widgets.choice_card import blend

_ROW = 46  # px, by eye
_DOT = 24  # px, by eye
_LEFT = 20  # px, by eye
_NARROW = 10  # px on both sides of the numbers alone, by eye
_TOP = 20  # px, by eye


class StepRail(QWidget):
    """Numbered steps: done ones with a tick, the current one filled; done steps can be clicked."""

    clicked = Signal(int)

    def __init__(self, names: list[str]) -> None:
        super().__init__()
        self._names = names
        self._current = 0
        self._locked = self._narrow = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Steps")

    def set_narrow(self, narrow: bool) -> None:
        """Show the numbers alone; the tooltip then says where the user is."""
        if narrow != self._narrow:
            self._narrow = narrow
            self.setToolTip("\n".join(f"{n}  {name}" for n, name in enumerate(self._names, start=1)) if narrow else "")
            self.updateGeometry()
            self.update()

    def set_current(self, index: int, *, locked: bool = False) -> None:
        """Mark a step as the current one; ``locked`` switches off clicking on earlier steps."""
        self._current, self._locked = index, locked
        self.setAccessibleDescription(f"Step {index + 1} of {len(self._names)}: {self._names[index]}")
        self.setCursor(Qt.CursorShape.ArrowCursor if locked else Qt.CursorShape.PointingHandCursor)
        self.update()

    def sizeHint(self) -> QSize:
        if self._narrow:
            return QSize(_NARROW * 2 + _DOT, self._row() * len(self._names) + 2 * _TOP)
        widest = max(self.fontMetrics().horizontalAdvance(name) for name in self._names)
        return QSize(_LEFT * 2 + _DOT + 14 + widest + 10, self._row() * len(self._names) + 2 * _TOP)

    def minimumSizeHint(self) -> QSize:
        return QSize(self.sizeHint().width(), (_DOT + 4) * len(self._names) + 2 * _TOP)

    def _row(self) -> int:
        """Height of a step: less in a low window."""
        return max(_DOT + 4, min(_ROW, (self.height() - 2 * _TOP) // len(self._names)))  # px between dots

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = int((event.position().y() - _TOP) // self._row())
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
        row = self._row()
        top = _TOP + index * row
        dot = QRectF(_NARROW if self._narrow else _LEFT, top + (row - _DOT) / 2, _DOT, _DOT)
        done, current = index < self._current, index == self._current
        if index + 1 < len(self._names):
            painter.setPen(QPen(accent if done else blend(window, text, 0.25), 2))
            x = round(dot.center().x())
            painter.drawLine(x, round(dot.bottom()) + 3, x, round(dot.bottom()) + row - _DOT - 3)
        painter.setPen(QPen(accent if done or current else blend(window, text, 0.4), 1.6))
        painter.setBrush(accent if current else blend(window, accent, 0.2) if done else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(dot)
        painter.setPen(palette.color(QPalette.ColorRole.HighlightedText) if current else text)
        painter.drawText(dot, Qt.AlignmentFlag.AlignCenter, "✓" if done else str(index + 1))
        if self._narrow:
            return
        font = painter.font()
        font.setBold(current)
        painter.setFont(font)
        painter.setPen(text if done or current else blend(window, text, 0.6))
        place = QRect(_LEFT + _DOT + 14, top, self.width(), row)
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self._names[index])
        font.setBold(False)
        painter.setFont(font)
