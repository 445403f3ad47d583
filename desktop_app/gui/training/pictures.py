"""Small drawings for the cards of the wizard, in the colours of the desktop."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPalette, QPen, QPolygonF

from desktop_app.gui.widgets.choice_card import Drawing, blend, is_dark

# X, y and radii in px of the picture: a drawing.
_NUCLEI = ((22, 24, 9, 7), (44, 18, 8, 8), (60, 36, 9, 7), (36, 42, 10, 8), (17, 46, 6, 6))
_COLORS = ("#F2994A", "#4FB3E8", "#6FCF97", "#C58BE0", "#F2C94C")


def _paper(palette: QPalette) -> QColor:
    base, text = palette.color(QPalette.ColorRole.Base), palette.color(QPalette.ColorRole.Text)
    return blend(base, text, 0.16 if is_dark(palette) else 0.08)  # shares of the ink, by eye: dark paper needs more


def _edge(palette: QPalette) -> QPen:
    base, text = palette.color(QPalette.ColorRole.Base), palette.color(QPalette.ColorRole.Text)
    return QPen(blend(base, text, 0.45), 1.2)  # share of the ink; px


def _sheet(painter: QPainter, palette: QPalette, place: QRectF) -> None:
    painter.setPen(_edge(palette))
    painter.setBrush(_paper(palette))
    painter.drawRoundedRect(place, 5, 5)


def _nuclei(painter: QPainter, dx: float, dy: float, colors: tuple[str, ...]) -> None:
    for (x, y, a, b), color in zip(_NUCLEI, colors, strict=True):
        fill = QColor(color)
        fill.setAlpha(110)
        painter.setBrush(fill)
        painter.setPen(QPen(QColor(color), 1.6))
        painter.drawEllipse(QPointF(x + dx, y + dy), a, b)


def _volume(painter: QPainter, palette: QPalette) -> None:
    for shift in (16, 8, 0):
        _sheet(painter, palette, QRectF(2 + shift, 17 - shift, 72, 54 - 1))
    _nuclei(painter, 0, 12, _COLORS)


def _picture(painter: QPainter, palette: QPalette) -> None:
    _sheet(painter, palette, QRectF(7, 4, 78, 64))
    _nuclei(painter, 6, 4, _COLORS)


def _structures(painter: QPainter, palette: QPalette) -> None:
    _sheet(painter, palette, QRectF(7, 4, 78, 64))
    _nuclei(painter, 6, 4, _COLORS[1:2] * len(_NUCLEI))


def _regions(painter: QPainter, palette: QPalette) -> None:
    _sheet(painter, palette, QRectF(7, 4, 78, 64))
    shapes = (
        ("#4FB3E8", ((8, 44), (28, 34), (50, 46), (84, 36), (84, 63), (80, 67), (12, 67), (8, 63))),
        ("#F2994A", ((8, 9), (12, 5), (44, 5), (50, 20), (36, 32), (8, 42))),
    )
    for color, points in shapes:
        fill = QColor(color)
        fill.setAlpha(120)
        painter.setBrush(QBrush(fill))
        painter.setPen(QPen(QColor(color), 1.6))
        painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in points]))


def _organelles(painter: QPainter, palette: QPalette) -> None:
    for shift in (12, 6, 0):
        _sheet(painter, palette, QRectF(7 + shift, 14 - shift, 66, 54))
    for (x, y, turn), color in zip(((26, 30, 25), (54, 38, -35), (28, 54, -10)), _COLORS, strict=False):
        fill = QColor(color)
        fill.setAlpha(110)
        painter.save()
        painter.translate(x, y)
        painter.rotate(turn)
        painter.setBrush(fill)
        painter.setPen(QPen(QColor(color), 1.6))
        painter.drawRoundedRect(QRectF(-13, -6.5, 26, 13), 6.5, 6.5)
        for fold in (-6, 0, 6):
            painter.drawLine(QPointF(fold, -6.5 if fold else 6.5), QPointF(fold, 2 if fold else -2))
        painter.restore()


def _network(painter: QPainter, palette: QPalette, color: QColor, left: float) -> None:
    columns = ((0, (20, 36, 52)), (18, (12, 28, 44, 60)), (36, (28, 44)))
    dots = [[QPointF(left + x, y) for y in rows] for x, rows in columns]
    painter.setPen(_edge(palette))
    for here, there in pairwise(dots):
        for a in here:
            for b in there:
                painter.drawLine(a, b)
    painter.setPen(QPen(color, 1.4))
    painter.setBrush(blend(palette.color(QPalette.ColorRole.Base), color, 0.45))
    for column in dots:
        for dot in column:
            painter.drawEllipse(dot, 4.2, 4.2)


def _scratch(painter: QPainter, palette: QPalette) -> None:
    _network(painter, palette, QColor(_COLORS[1]), 28)


def _finetune(painter: QPainter, palette: QPalette) -> None:
    _network(painter, palette, QColor(_COLORS[2]), 14)
    pen = QPen(QColor(_COLORS[0]), 2.6)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawLine(QPointF(62, 46), QPointF(84, 24))
    painter.drawLine(QPointF(84, 24), QPointF(73, 25))
    painter.drawLine(QPointF(84, 24), QPointF(83, 35))


DRAWINGS: dict[str, Drawing] = {
    "objects3d": _volume,
    "objects2d": _picture,
    "regions": _regions,
    "organelles": _organelles,
    "structures": _structures,
    "scratch": _scratch,
    "finetune": _finetune,
}
