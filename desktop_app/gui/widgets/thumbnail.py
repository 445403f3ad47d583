"""A small picture with labels drawn over it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop_app.core.imaging.label_colors import color_table, folded
from desktop_app.gui.theme import current_colors


class LabelThumbnail(QWidget):
    """Shows a picture fitted into the widget, with an optional label overlay and a caption below.

    Args:
        caption: One short line below.
        opacity: Of the labels, 0 to 1.
    """

    def __init__(self, caption: str = "", opacity: float = 0.5, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self._overlay: QImage | None = None
        self._caption = caption
        self._opacity = opacity
        self.setMinimumSize(96, 96)  # px, by eye
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_picture(self, image: NDArray[np.uint8] | None, labels: NDArray[np.unsignedinteger] | None = None) -> None:
        """Show a picture.

        Args:
            image: ``(Y, X) uint8`` or ``(Y, X, 3) uint8``; None shows nothing.
            labels: ``(Y, X)`` unsigned, 0 is transparent.
        """
        self._image = None if image is None else _picture(image)
        self._overlay = None if labels is None else _label_picture(labels)
        self.update()

    def set_opacity(self, opacity: float) -> None:
        """Change how strongly labels cover the picture, 0 to 1."""
        self._opacity = opacity
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 200)  # px, by eye

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colors = current_colors()
        words = self.fontMetrics().height() + 4 if self._caption else 0
        frame = QRectF(self.rect()).adjusted(0, 0, 0, -words)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.canvas))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawRoundedRect(frame, 6, 6)
        if self._image is not None:
            place = _fitted(frame.adjusted(3, 3, -3, -3), self._image.size())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, place.width() < self._image.width())
            painter.drawImage(place, self._image)
            if self._overlay is not None:
                painter.setOpacity(self._opacity)
                painter.drawImage(place, self._overlay)
                painter.setOpacity(1.0)
        if self._caption:
            painter.setPen(QColor(colors.muted))
            line = QRectF(self.rect()).adjusted(0, self.height() - words, 0, 0)
            text = self.fontMetrics().elidedText(self._caption, Qt.TextElideMode.ElideMiddle, self.width())
            painter.drawText(line, Qt.AlignmentFlag.AlignCenter, text)
        painter.end()


def _fitted(frame: QRectF, size: QSize) -> QRectF:
    scale = min(frame.width() / max(1, size.width()), frame.height() / max(1, size.height()))
    place = QRectF(0, 0, size.width() * scale, size.height() * scale)
    place.moveCenter(frame.center())
    return place


def _picture(image: NDArray[np.uint8]) -> QImage:
    data = np.ascontiguousarray(image)
    rows, columns = data.shape[:2]
    kind = QImage.Format.Format_RGB888 if data.ndim == 3 else QImage.Format.Format_Grayscale8
    return QImage(data.data, columns, rows, data.strides[0], kind).copy()


def _label_picture(labels: NDArray[np.unsignedinteger]) -> QImage:
    colors = np.ascontiguousarray(color_table()[folded(labels)])
    rows, columns = labels.shape
    return QImage(colors.data, columns, rows, columns * 4, QImage.Format.Format_RGBA8888).copy()  # bytes a row
