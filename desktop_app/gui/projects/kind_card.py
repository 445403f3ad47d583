"""A card with a drawing that explains what labels mean."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from desktop_app.core.imaging.label_colors import color_of
from desktop_app.core.labelling.scheme import LabelKind
from desktop_app.gui.theme import current_colors, theme

# X, y and radius as shares of the picture: a drawing.
_CELLS = ((0.17, 0.42, 0.115), (0.36, 0.62, 0.13), (0.37, 0.26, 0.10), (0.60, 0.44, 0.135), (0.82, 0.66, 0.12))
_PICTURE = 110  # px, by eye
_PAD = 12  # px, by eye


class KindCard(QAbstractButton):
    """A choice drawn as a small picture: single objects in many colours, or kinds of tissue in few.

    Args:
        kind: What to draw.
        title: A few words.
        text: One sentence.
    """

    def __init__(self, kind: LabelKind, title: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind, self._text = kind, text
        self.setText(title)
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(270, _PICTURE + 3 * (self.fontMetrics().height() + 4) + 3 * _PAD)

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = current_colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        strong = self.isChecked() or self.hasFocus()
        painter.setPen(QPen(QColor(colors.accent if strong else colors.border_strong), 2 if self.isChecked() else 1))
        painter.setBrush(QColor(colors.accent_soft if self.isChecked() else colors.surface))
        painter.drawRoundedRect(frame, 8, 8)
        picture = QRectF(_PAD, _PAD, self.width() - 2 * _PAD, _PICTURE)
        self._draw_picture(painter, picture)
        self._draw_words(painter, picture.bottom() + _PAD)
        painter.end()

    def _draw_words(self, painter: QPainter, top: float) -> None:
        colors = current_colors()
        line = self.fontMetrics().height() + 4  # px between lines
        font = self.font()
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor(colors.text))
        painter.drawText(QRectF(_PAD, top, self.width() - 2 * _PAD, line), Qt.AlignmentFlag.AlignLeft, self.text())
        painter.setFont(self.font())
        painter.setPen(QColor(colors.text if self.isChecked() else colors.muted))
        place = QRectF(_PAD, top + line, self.width() - 2 * _PAD, 3 * line)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap), self._text)

    def _draw_picture(self, painter: QPainter, frame: QRectF) -> None:
        painter.save()
        clip = QPainterPath()
        clip.addRoundedRect(frame, 6, 6)
        painter.setClipPath(clip)
        painter.fillRect(frame, QColor("#23272e"))
        painter.setPen(Qt.PenStyle.NoPen)
        if self._kind == "classes":
            self._draw_tissue(painter, frame)
        for number, (x, y, radius) in enumerate(_CELLS):
            center = QPointF(frame.left() + x * frame.width(), frame.top() + y * frame.height())
            color = QColor(*color_of(number + 1)) if self._kind == "objects" else QColor(*color_of(2))
            painter.setBrush(color)
            painter.drawEllipse(center, radius * frame.width() * 0.75, radius * frame.width() * 0.62)
        painter.restore()

    def _draw_tissue(self, painter: QPainter, frame: QRectF) -> None:
        painter.setBrush(QColor(*color_of(1)).darker(150))
        band = QPainterPath(QPointF(frame.left(), frame.top() + 0.15 * frame.height()))
        band.cubicTo(
            QPointF(frame.left() + 0.35 * frame.width(), frame.top() - 0.25 * frame.height()),
            QPointF(frame.left() + 0.6 * frame.width(), frame.top() + 0.4 * frame.height()),
            QPointF(frame.right(), frame.top() + 0.1 * frame.height()),
        )
        band.lineTo(frame.bottomRight())
        band.lineTo(frame.bottomLeft())
        painter.drawPath(band)
