"""Curves that grow while a model learns."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QTimer
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QWidget

from desktop_app.gui.theme import current_colors, theme

_REDRAW_MS = 100  # ten times a second look continuous; more would slow the training
GRID = 0.15  # share of the ink in the lines of a grid; by eye
_PADDING = 0.03  # of the range, so that no curve runs along the frame
_MARKERS_BELOW = 40  # points; with more the marks hide the line


class CurvePlot(pg.PlotWidget):
    """Named curves over steps, in the colours of the theme, redrawn at most ten times a second.

    Args:
        title: Shown above, in plain words.
        x_title: Below the axis.
        y_title: Beside the axis.
        y_range: Fixed range, for scores; None fits the curves.
        legend: Place of the names, in pixels from the left (negative: from the right) and from the top (bottom).
    """

    def __init__(
        self,
        title: str = "",
        x_title: str = "Step",
        y_title: str = "",
        y_range: tuple[float, float] | None = None,
        parent: QWidget | None = None,
        legend: tuple[int, int] = (-8, 8),
    ) -> None:
        super().__init__(parent)
        self._title = title
        self._axis_titles = {"bottom": x_title, "left": y_title}
        self._points: dict[str, tuple[list[float], list[float]]] = {}
        self._curves: dict[str, pg.PlotDataItem] = {}
        self._stale: set[str] = set()
        self._legend = self.addLegend(offset=legend)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.setMouseEnabled(x=False, y=False)
        if y_range is not None:
            self.setYRange(*y_range, padding=_PADDING)
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
        self._show_numbers(False)

    def _mark(self, curve: str) -> None:
        self._stale.add(curve)
        if not self._timer.isActive():
            self._timer.start()

    def _redraw(self) -> None:
        for name in sorted(self._stale):
            if name not in self._curves:
                self._curves[name] = self.plot(name=name, antialias=True)
                self._style_curve(name)
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
        if self._title:
            self.setTitle(self._title, color=colors.text, size=f"{QFont().pointSize() + 1}pt")
        self._legend.setLabelTextColor(colors.text)
        for name in self._curves:
            self._style_curve(name)

    def _style_curve(self, name: str) -> None:
        colors = current_colors()
        color = colors.series[list(self._curves).index(name) % len(colors.series)]
        curve = self._curves[name]
        curve.setPen(pg.mkPen(color, width=2))
        curve.setSymbolBrush(color)
        curve.setSymbolPen(None)
        curve.setSymbolSize(5)  # px
