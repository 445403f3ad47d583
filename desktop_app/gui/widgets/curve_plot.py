"""Curves that grow while a model learns."""

from __future__ import annotations

import html

import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QFont, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QWidget

from desktop_app.gui.theme import current_colors, theme

_REDRAW_MS = 100  # ten times a second look continuous; more would slow the training
GRID = 0.15  # share of the ink in the lines of a grid; by eye
_PADDING = 0.03  # of the range, so that no curve runs along the frame
_NUMBERS_PADDING = 0.06  # of a fixed range, so that its ends have room for their numbers in a plot of 150 px
_MARKERS_BELOW = 40  # points; with more the marks hide the line
_TITLE_PADDING = 12  # px around title and names together, by eye
_NAMES_ROOM = 0.95  # of the width of the plot, for a line of names
_GAP = "\u00a0" * 4  # between names: spaces that HTML does not make one
_LINES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine)
"""Of curves, each as often as there are colours: no two of them look alike."""
_MARKS = ("■", "╍", "┈")
"""Before the names of such curves."""


class CurvePlot(pg.PlotWidget):
    """Named curves over steps, in the colours of the theme, redrawn at most ten times a second.

    Args:
        title: Shown above, in plain words.
        x_title: Below the axis.
        y_title: Beside the axis.
        y_range: Fixed range, for scores; None fits the curves.

    The names stand below the title, in lines as long as the plot is wide: within the frame they would lie over curves.
    """

    def __init__(
        self,
        title: str = "",
        x_title: str = "Step",
        y_title: str = "",
        y_range: tuple[float, float] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._title = title
        self._axis_titles = {"bottom": x_title, "left": y_title}
        self._points: dict[str, tuple[list[float], list[float]]] = {}
        self._curves: dict[str, pg.PlotDataItem] = {}
        self._stale: set[str] = set()
        self.setMenuEnabled(False)
        self.hideButtons()
        self.setMouseEnabled(x=False, y=False)
        if y_range is not None:
            self.setYRange(*y_range, padding=_NUMBERS_PADDING)
        self._fixed_y = y_range is not None
        self._show_numbers(False)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_REDRAW_MS)
        self._timer.timeout.connect(self._redraw)
        theme().changed.connect(self._restyle)
        self._restyle()

    def add_point(self, curve: str, step: float, value: float) -> None:
        """One more point at the end of a curve; a new name makes a new curve."""
        steps, values = self._points.setdefault(curve, ([], []))
        steps.append(float(step))
        values.append(float(value))
        self._mark(curve)

    def points(self, curve: str) -> tuple[list[float], list[float]]:
        """Steps and values of a curve so far."""
        return self._points.get(curve, ([], []))

    def clear_curves(self) -> None:
        """Start again."""
        for item in self._curves.values():
            self.removeItem(item)
        self._points.clear()
        self._curves.clear()
        self._stale.clear()
        self._timer.stop()
        self._show_numbers(False)
        self._show_title()

    def lines_of_names(self) -> list[list[str]]:
        """The names of the curves as they stand below the title."""
        measure, room = QFontMetrics(QFont()), self.width() * _NAMES_ROOM
        lines: list[list[str]] = []
        for name in self._curves:
            longer = [*lines[-1], name] if lines else [name]
            if lines and measure.horizontalAdvance(_GAP.join(f"{_MARKS[0]} {each}" for each in longer)) <= room:
                lines[-1] = longer
            else:
                lines.append([name])
        return lines

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if getattr(self, "_curves", None):  # pyqtgraph resizes while it is made
            self._show_title()

    def _mark(self, curve: str) -> None:
        self._stale.add(curve)
        if not self._timer.isActive():
            self._timer.start()

    def _redraw(self) -> None:
        new = [name for name in self._points if name not in self._curves]
        for name in new:
            self._curves[name] = self.plot(name=name, antialias=True)
            self._style_curve(name)
        if new:
            self._show_title()
        for name in self._stale:
            steps, values = self._points[name]
            self._curves[name].setData(steps, values, symbol="o" if len(steps) < _MARKERS_BELOW else None)
        self._stale.clear()
        self.setXRange(0.0, max(steps[-1] for steps, _ in self._points.values() if steps), padding=_PADDING)
        self._show_numbers(True)

    def _show_numbers(self, shown: bool) -> None:
        """Numbers along the axes mean nothing before there are points."""
        self.getAxis("bottom").setStyle(showValues=shown)
        self.getAxis("left").setStyle(showValues=shown or self._fixed_y)

    def _restyle(self) -> None:
        colors = current_colors()
        self.setBackground(colors.surface)
        for side in ("bottom", "left"):
            axis = self.getAxis(side)
            axis.setSIPrefixEnableRanges(())  # pyqtgraph 0.14 scales numbers below 1 once when it is told not to
            axis.enableAutoSIPrefix(False)
            axis.setPen(colors.border_strong)
            axis.setTextPen(colors.muted)
            if self._axis_titles[side]:
                axis.setLabel(self._axis_titles[side], color=colors.muted)
        self.showGrid(x=False, y=True, alpha=GRID)
        for name in self._curves:
            self._style_curve(name)
        self._show_title()

    def _show_title(self) -> None:
        """The title, and below it the names of the curves in their colours."""
        lines, item = self.lines_of_names(), self.getPlotItem()
        if item is None:  # the plot is being closed
            return
        small = f"font-size: {QFont().pointSize()}pt"
        words = [html.escape(self._title)] if self._title else []
        words += [f'<span style="{small}">{_GAP.join(map(self._name_in_color, line))}</span>' for line in lines]
        if not words:
            return
        centered = f'<div align="center">{"<br>".join(words)}</div>'
        item.setTitle(centered, color=current_colors().text, size=f"{QFont().pointSize() + 1}pt")
        title = item.titleLabel.item
        title.setTextWidth(-1)
        title.setTextWidth(title.document().idealWidth())  # lines are centred in a width alone
        item.titleLabel.updateMin()
        height = round(item.titleLabel.itemRect().height()) + _TITLE_PADDING
        item.titleLabel.setMaximumHeight(height)
        item.layout.setRowFixedHeight(0, height)

    def _name_in_color(self, name: str) -> str:
        color, turn = self._look(name)
        return f'<span style="color: {color}">{_MARKS[turn]}</span> {html.escape(name)}'

    def _look(self, name: str) -> tuple[str, int]:
        """Colour of a curve, and how often the colours were used up before it."""
        series = current_colors().series
        turn, place = divmod(list(self._curves).index(name), len(series))
        return series[place], turn % len(_LINES)

    def _style_curve(self, name: str) -> None:
        curve, (color, turn) = self._curves[name], self._look(name)
        curve.setPen(pg.mkPen(color, width=2, style=_LINES[turn]))
        curve.setSymbolBrush(color)
        curve.setSymbolPen(None)
        curve.setSymbolSize(5)  # px
