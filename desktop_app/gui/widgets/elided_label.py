"""A label that shortens its text where there is no room, and tells the whole of it in its tooltip."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QStyle, QStyleOption, QWidget

_LEAST = 40  # px: a few letters and the dots


class ElidedLabel(QLabel):
    """One line of plain text that never makes its window wider.

    Args:
        text: What to say.
        mode: Where letters are left out.
        parent: The widget it stands in.
    """

    def __init__(
        self, text: str = "", mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight, parent: QWidget | None = None
    ) -> None:
        super().__init__(text, parent)
        self._mode, self._tip = mode, ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.setProperty("elided", False)

    def setText(self, text: str) -> None:
        super().setText(text)
        self._say_whole()

    def set_tip(self, tip: str) -> None:
        """What the tooltip says besides the whole text."""
        self._tip = tip
        self._say_whole()

    @property
    def elided(self) -> bool:
        """Whether some of the text is left out now."""
        return self.fontMetrics().horizontalAdvance(self.text()) > self.contentsRect().width()

    def minimumSizeHint(self) -> QSize:
        whole = super().minimumSizeHint()
        return QSize(min(_LEAST, whole.width()), whole.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._say_whole()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter, option, room = QPainter(self), QStyleOption(), self.contentsRect()
        option.initFrom(self)
        self.style().drawPrimitive(QStyle.PrimitiveElement.PE_Widget, option, painter, self)
        shown = self.fontMetrics().elidedText(self.text(), self._mode, room.width())
        painter.drawText(room, int(self.alignment()), shown)
        painter.end()

    def _say_whole(self) -> None:
        self.setProperty("elided", self.elided)
        self.setToolTip("\n".join(part for part in (self.text() if self.elided else "", self._tip) if part))
