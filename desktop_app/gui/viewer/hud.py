"""What lies over a canvas in screen pixels: crosshair, brush ring, outline in progress, scale bar, and words."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from desktop_app.core.imaging.scale_bar import ScaleBar

_INK = QColor(255, 255, 255, 235)
_SHADE = QColor(0, 0, 0, 170)
_MARK = QColor(255, 214, 90)
_MARGIN = 10  # px, by eye
_OVERVIEW = 96  # px: the longer side of the outline of the whole picture, by eye
_LEAST_PART = 3  # px: a part smaller than that would not be seen
_CROSS_REACH = 3  # px to be repainted on either side of a line 2 px wide
_DOT = 4.5  # px, radius of what was clicked: seen on any picture, and hides little of it
_TAG_SIZE = (220, 48)  # px of the corner that holds the name of the plane


@dataclass(frozen=True, slots=True)
class Overview:
    """The seen part of a picture.

    Attributes:
        aspect: Width of the whole picture by its height, as shown.
        left, top, right, bottom: Of the seen part, as shares of the whole, 0 to 1.
    """

    aspect: float
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class HudState:
    """Everything drawn, in logical pixels of the canvas.

    Attributes:
        tag: Short name of what is seen, top left.
        active: Whether this is the one of several views that previews work on.
        bar: Scale bar, bottom left.
        cross: Screen position of the crosshair (x, y); None hides it.
        ring: Brush ring (x, y, radius); None hides it.
        ring_square: Whether it is a square.
        ring_text: Beside the ring while its size changes.
        band: Corners of an outline in progress.
        band_open: Where the outline would go on (the pointer).
        marks: Places that were clicked (x, y), and whether each lies in the slice that is shown.
        frame: Screen rectangle (left, top, right, bottom) that the user has drawn; None hides it.
        message: In the middle, for example why nothing is seen.
        corner: Lines at the top right.
        overview: What part of the image is seen, bottom right, while it is not all of it; None hides it.
    """

    tag: str = ""
    active: bool = False
    bar: ScaleBar | None = None
    cross: tuple[float, float] | None = None
    ring: tuple[float, float, float] | None = None
    ring_text: str = ""
    ring_square: bool = False
    band: tuple[tuple[float, float], ...] = ()
    band_open: tuple[float, float] | None = None
    marks: tuple[tuple[float, float, bool], ...] = ()
    frame: tuple[float, float, float, float] | None = None
    message: str = ""
    corner: str = ""
    overview: Overview | None = None


class Hud(QWidget):
    """Transparent for the mouse; repaints only where something moved."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self._state = HudState()
        self._steady = _steady(self._state)
        self._overview = QImage()
        self._overview_for: tuple[Overview, float, float] | None = None

    @property
    def state(self) -> HudState:
        """What is drawn now."""
        return self._state

    def change(self, state: HudState) -> None:
        """Draw another state; what is below is repainted only around ring, crosshair and tag, if just these moved."""
        old, self._state = self._state, state
        steady, self._steady = self._steady, _steady(state)
        if steady != self._steady or state.band:
            self.update()
            return
        for one in (old, state):
            if (old.ring, old.ring_text) != (state.ring, state.ring_text) and one.ring is not None:
                self.update(_ring_rect(one))
            if old.cross != state.cross and one.cross is not None:
                x, y = (round(c) for c in one.cross)
                self.update(x - _CROSS_REACH, 0, 2 * _CROSS_REACH, self.height())
                self.update(0, y - _CROSS_REACH, self.width(), 2 * _CROSS_REACH)
        if old.tag != state.tag:
            self.update(0, 0, *_TAG_SIZE)

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        state = self._state
        if state.cross is not None:
            self._paint_cross(painter, *state.cross)
        if state.band:
            _paint_band(painter, state)
        _paint_marks(painter, state.marks)
        if state.frame is not None:
            _paint_frame(painter, *state.frame)
        if state.ring is not None:
            _paint_ring(painter, state)
        if state.bar is not None:
            self._paint_bar(painter, state.bar)
        if state.overview is not None:
            self._paint_overview(painter, state.overview)
        if state.tag:
            _paint_words(painter, QPointF(_MARGIN, _MARGIN), state.tag, _MARK if state.active else _INK)
        if state.corner:
            _paint_corner(painter, QRectF(self.rect()), state.corner)
        if state.message:
            painter.setPen(_INK)
            painter.drawText(
                QRectF(self.rect()).adjusted(24, 24, -24, -24),
                Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
                state.message,
            )
        painter.end()

    def _paint_cross(self, painter: QPainter, x: float, y: float) -> None:
        gap, width, height = 14.0, self.width(), self.height()
        for color, thick in ((QColor(0, 0, 0, 90), 2.4), (QColor(255, 214, 90, 190), 1.0)):
            painter.setPen(QPen(color, thick))
            painter.drawLine(QPointF(0, y), QPointF(x - gap, y))
            painter.drawLine(QPointF(x + gap, y), QPointF(width, y))
            painter.drawLine(QPointF(x, 0), QPointF(x, y - gap))
            painter.drawLine(QPointF(x, y + gap), QPointF(x, height))

    def _paint_bar(self, painter: QPainter, bar: ScaleBar) -> None:
        metrics = QFontMetricsF(painter.font())
        width = max(bar.pixels, metrics.horizontalAdvance(bar.text)) + 16
        box = QRectF(_MARGIN, self.height() - _MARGIN - metrics.height() - 15, width, metrics.height() + 15)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_SHADE)
        painter.drawRoundedRect(box, 4, 4)
        left = box.center().x() - bar.pixels / 2
        painter.fillRect(QRectF(left, box.bottom() - 8, bar.pixels, 3), _INK)
        painter.setPen(_INK)
        painter.drawText(box.adjusted(0, 2, 0, -10), Qt.AlignmentFlag.AlignCenter, bar.text)

    def _paint_overview(self, painter: QPainter, seen: Overview) -> None:
        """Bottom right; drawn once, as Qt has several threads fill so many rows of a see-through colour each time."""
        longest = min(_OVERVIEW, 0.25 * min(self.width(), self.height()))
        drawn_for = seen, longest, self.devicePixelRatioF()
        if drawn_for != self._overview_for:
            self._overview, self._overview_for = _overview_image(*drawn_for), drawn_for
        size = self._overview.deviceIndependentSize()
        place = QPointF(self.width() - _MARGIN - size.width(), self.height() - _MARGIN - size.height())
        painter.drawImage(place, self._overview)


def _steady(state: HudState) -> HudState:
    """The state without what moves often and is small."""
    return replace(state, ring=None, ring_text="", cross=None, tag="")


def _overview_image(seen: Overview, longest: float, ratio: float) -> QImage:
    """The outline of the whole picture, and of the seen part in it.

    Args:
        seen: The part.
        longest: Logical pixels of the longer side.
        ratio: Device pixels in a logical one.
    """
    width, height = (longest, longest / seen.aspect) if seen.aspect >= 1 else (longest * seen.aspect, longest)
    image = QImage(math.ceil(width * ratio), math.ceil(height * ratio), QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(_SHADE)
    part = QRectF(
        seen.left * width,
        seen.top * height,
        max(_LEAST_PART, (seen.right - seen.left) * width),
        max(_LEAST_PART, (seen.bottom - seen.top) * height),
    )
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for rectangle, color, thick in ((QRectF(0, 0, width, height), _INK, 1.0), (part, _MARK, 1.6)):
        painter.setPen(QPen(color, thick))
        painter.drawRect(rectangle.adjusted(thick / 2, thick / 2, -thick / 2, -thick / 2))
    painter.end()
    return image


def _paint_words(painter: QPainter, place: QPointF, text: str, ink: QColor = _INK) -> None:
    metrics = QFontMetricsF(painter.font())
    box = QRectF(place.x(), place.y(), metrics.horizontalAdvance(text) + 14, metrics.height() + 6)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_SHADE)
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(ink)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def _paint_corner(painter: QPainter, room: QRectF, text: str) -> None:
    metrics, lines = QFontMetricsF(painter.font()), text.splitlines()
    width = max(metrics.horizontalAdvance(line) for line in lines) + 14
    height = metrics.height() * len(lines) + 8
    box = QRectF(room.right() - width - _MARGIN, room.top() + _MARGIN, width, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_SHADE)
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(_INK)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def _paint_ring(painter: QPainter, state: HudState) -> None:
    if state.ring is None:
        return
    x, y, radius = state.ring
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, thick in ((QColor(0, 0, 0, 150), 2.6), (_INK, 1.2)):
        painter.setPen(QPen(color, thick))
        if state.ring_square:
            painter.drawRect(QRectF(x - radius, y - radius, 2 * radius, 2 * radius))
        else:
            painter.drawEllipse(QPointF(x, y), max(radius, 1.5), max(radius, 1.5))
    if state.ring_text:
        _paint_words(painter, QPointF(x + 12, y + 12), state.ring_text)


def _paint_band(painter: QPainter, state: HudState) -> None:
    corners = [QPointF(*corner) for corner in state.band]
    line = [*corners, QPointF(*state.band_open)] if state.band_open is not None else corners
    painter.setBrush(QColor(255, 255, 255, 28))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawPolygon(QPolygonF(line))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, thick in ((_SHADE, 3.0), (_INK, 1.3)):
        painter.setPen(QPen(color, thick))
        painter.drawPolyline(QPolygonF(line))
    painter.setPen(QPen(_SHADE, 1.0))
    painter.setBrush(_MARK)
    painter.drawEllipse(corners[0], _DOT, _DOT)


def _paint_marks(painter: QPainter, marks: tuple[tuple[float, float, bool], ...]) -> None:
    """A dot for each click; a ring where it was made in another slice."""
    for x, y, here in marks:
        painter.setPen(QPen(_SHADE, 1.0 if here else 4.0))
        painter.setBrush(_MARK if here else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QPointF(x, y), _DOT, _DOT)
        if not here:
            painter.setPen(QPen(_MARK, 2.0))
            painter.drawEllipse(QPointF(x, y), _DOT, _DOT)


def _paint_frame(painter: QPainter, left: float, top: float, right: float, bottom: float) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, thick, style in ((_SHADE, 3.0, Qt.PenStyle.SolidLine), (_MARK, 1.3, Qt.PenStyle.DashLine)):
        painter.setPen(QPen(color, thick, style))
        painter.drawRect(QRectF(QPointF(left, top), QPointF(right, bottom)))


def _ring_rect(state: HudState) -> QRect:
    if state.ring is None:
        return QRect()
    x, y, radius = state.ring
    reach = max(radius, 1.5) + 4  # px for the width of its lines
    box = QRectF(x - reach, y - reach, 2 * reach, 2 * reach)
    if state.ring_text:
        box = box.united(QRectF(x, y, 260, 60))  # px that its words take at most
    left, top = math.floor(box.left()), math.floor(box.top())
    return QRect(left, top, math.ceil(box.right()) - left, math.ceil(box.bottom()) - top)
