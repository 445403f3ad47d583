"""A grey picture with the outlines of predicted and true objects."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop_app.gui.theme import current_colors
from desktop_app.gui.widgets.choice_card import PICTURE_SIZE, Drawing

PREDICTION_COLOR = (255, 150, 30)  # RGB: orange against blue is seen by colour-blind people, too
TRUTH_COLOR = (60, 190, 255)  # RGB
BOTH_COLOR = (255, 255, 255)  # RGB
_WANTED_PX = 560  # of the longer edge: small pictures are enlarged so far


def outlines(labels: NDArray[np.unsignedinteger]) -> NDArray[np.bool_]:
    """Pixels of a label that touch another label or the background, (Y, X) bool."""
    edge = np.zeros(labels.shape, bool)
    down, right = labels[1:] != labels[:-1], labels[:, 1:] != labels[:, :-1]
    edge[1:] |= down
    edge[:-1] |= down
    edge[:, 1:] |= right
    edge[:, :-1] |= right
    result: NDArray[np.bool_] = edge & (labels > 0)
    return result


def _drawn(labels: NDArray[np.unsignedinteger], factor: int) -> NDArray[np.bool_]:
    """Outlines of enlarged labels, two pixels wide."""
    big = np.repeat(np.repeat(labels, factor, 0), factor, 1)
    line = outlines(big)
    if factor > 1:
        wide = line.copy()
        wide[1:] |= line[:-1]
        wide[:, 1:] |= line[:, :-1]
        line = wide & (big > 0)
    return line


def outlined(
    image: NDArray[np.uint8], labels: NDArray[np.unsignedinteger], truth: NDArray[np.unsignedinteger] | None = None
) -> NDArray[np.uint8]:
    """The picture (Y, X, 3) with outlines; small pictures are enlarged first, so that lines stay thin.

    Args:
        image: (Y, X) uint8.
        labels: Predicted labels, (Y, X).
        truth: True labels, (Y, X), or None.
    """
    factor = max(1, round(_WANTED_PX / max(image.shape)))
    big = np.repeat(np.repeat(image, factor, 0), factor, 1)
    picture = np.repeat(big[:, :, None], 3, axis=2)
    predicted = _drawn(labels, factor)
    if truth is not None:
        true = _drawn(truth, factor)
        picture[true] = TRUTH_COLOR
        picture[predicted] = PREDICTION_COLOR
        picture[true & predicted] = BOTH_COLOR
    else:
        picture[predicted] = PREDICTION_COLOR
    return picture


def picture_drawing(picture: NDArray[np.uint8]) -> Drawing:
    """Draws an RGB picture (Y, X, 3) on a card."""
    image = _as_image(picture)

    def draw(painter: QPainter, palette: QPalette) -> None:
        place = _fitted(image, *PICTURE_SIZE)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, image)
        painter.setPen(palette.color(QPalette.ColorRole.Mid))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(place)

    return draw


class PictureView(QWidget):
    """Shows an RGB picture as large as fits, or a sentence while there is none."""

    def __init__(self, empty_text: str = "") -> None:
        super().__init__()
        self._image: QImage | None = None
        self._empty_text = empty_text
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)  # px, by eye

    @property
    def is_empty(self) -> bool:
        """Whether there is no picture."""
        return self._image is None

    def set_picture(self, picture: NDArray[np.uint8] | None) -> None:
        """Show a picture (Y, X, 3) uint8; None shows the sentence again."""
        self._image = None if picture is None else _as_image(picture)
        self.update()

    @property
    def empty_text(self) -> str:
        """The sentence shown while there is no picture."""
        return self._empty_text

    def set_empty_text(self, text: str) -> None:
        """The sentence shown while there is no picture."""
        self._empty_text = text
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(360, 300)  # px, by eye

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._image is None:
            painter.setPen(QColor(current_colors().muted))
            flags = Qt.AlignmentFlag.AlignCenter.value | Qt.TextFlag.TextWordWrap.value
            painter.drawText(self.rect().adjusted(20, 20, -20, -20), flags, self._empty_text)
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(_fitted(self._image, self.width(), self.height()), self._image)
        painter.end()


def _as_image(picture: NDArray[np.uint8]) -> QImage:
    data = np.ascontiguousarray(picture)
    height, width, _ = data.shape
    return QImage(data.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()  # bytes a row


def _fitted(image: QImage, width: int, height: int) -> QRectF:
    scale = min(width / image.width(), height / image.height())
    size = image.width() * scale, image.height() * scale
    return QRectF((width - size[0]) / 2, (height - size[1]) / 2, *size)
