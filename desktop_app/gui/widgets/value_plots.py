"""Plots of a table of values: how often each value comes, or one against another, by groups."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from desktop_app.gui.theme import current_colors, set_role, theme
from desktop_app.gui.theme.spacing import SMALL, pad
from desktop_app.gui.widgets.curve_plot import GRID
from desktop_app.gui.widgets.number_fields import CalmComboBox

_HISTOGRAM = "How many (histogram)"
_ALL = "All together"
_MOST_GROUPS = 12  # more names than this do not fit beside a plot, and their colours are not told apart
_LEAST_BINS, _MOST_BINS = 5, 60  # bars that are still seen one by one, by eye
_POINT = 7  # px
_LONGEST = 20  # characters of the name of a group in the lines below the plot
_TICKS = 6  # along a count, at most; more would be crowded in the lowest window, by eye


class ValuePlots(QWidget):
    """One plot with the choice of its axes and groups, and what each group comes to in numbers.

    Signals:
        row_chosen: Row of the values whose point was clicked.
    """

    row_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: Sequence[Mapping[str, Any]] = ()
        self._titles: Mapping[str, str] = {}
        self.along, self.up, self.group = CalmComboBox(), CalmComboBox(), CalmComboBox()
        self.plot = pg.PlotWidget()
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.setAccessibleName("Plot of the table")
        self.plot.setToolTip("Click a point to see its object. Wheel: zoom; drag: move; double click: all.")
        self._points: pg.ScatterPlotItem | None = None
        self.numbers = QLabel()
        self.numbers.setWordWrap(True)
        self.numbers.setTextFormat(Qt.TextFormat.RichText)
        set_role(self.numbers, "muted")
        self._chosen: int | None = None
        self._build()
        for box in (self.along, self.up, self.group):
            box.currentIndexChanged.connect(lambda _index: self.draw())
        self.plot.scene().sigMouseClicked.connect(self._on_click)
        theme().changed.connect(self.draw)
        self.draw()

    def set_values(
        self, columns: Sequence[str], rows: Sequence[Mapping[str, Any]], titles: Mapping[str, str] | None = None,
        first: tuple[str, str] = ("", ""),
    ) -> None:  # fmt: skip
        """Plot other values; the choices stay where they still make sense.

        Args:
            columns: Names, in order.
            rows: Values by name.
            titles: Of the columns, by name.
            first: What is drawn at first, along and up; an empty one is the histogram.
        """
        self._rows, self._titles, self._chosen = rows, titles or {}, None
        numeric = [name for name in columns if any(isinstance(row.get(name), int | float) for row in rows)]
        words = [name for name in columns if name not in numeric]
        named = [name for name in words if 1 < len({_text(row.get(name)) for row in rows}) <= _MOST_GROUPS]
        x, y = (next((n for n in numeric if n.startswith(want)), "") if want else "" for want in first)
        self._fill(self.along, [(self._titles.get(n, n), n) for n in numeric], x)
        self._fill(self.up, [(_HISTOGRAM, ""), *((self._titles.get(n, n), n) for n in numeric)], y)
        self._fill(self.group, [(_ALL, ""), *((self._titles.get(n, n), n) for n in named)], "")
        self.draw()

    def choose(self, row: int) -> None:
        """Mark the point of a row."""
        self._chosen = row
        self.draw()

    def draw(self) -> None:
        """Draw what is chosen."""
        self._style()
        self.plot.clear()
        self._points = None
        x, y = self.along.currentData(), self.up.currentData()
        self.plot.setLabel("bottom", self.along.currentText(), color=current_colors().muted)
        self.plot.setLabel("left", self.up.currentText() if y else "Number of objects", color=current_colors().muted)
        groups = self._groups()
        self.plot.getAxis("left").setTickSpacing()
        if x and y:
            self._draw_points(x, y, groups)
        elif x:
            self._draw_bars(x, groups)
        self.numbers.setText("<br>".join(self._in_numbers(x, groups)) if x else "")
        self.plot.autoRange()

    def values(self, name: str, rows: Sequence[int]) -> NDArray[np.float64]:
        """A column of these rows; NaN where there is no number."""
        found = (self._rows[row].get(name) for row in rows)
        return np.array([float(v) if isinstance(v, int | float) else np.nan for v in found])

    def _build(self) -> None:
        choices = QGridLayout()
        choices.setSpacing(SMALL)
        for row, (title, box) in enumerate(
            zip(("Along", "Up", "Groups"), (self.along, self.up, self.group), strict=True)
        ):
            label = QLabel(title)
            label.setBuddy(box)
            box.setAccessibleName(f"{title}: what is plotted")
            choices.addWidget(label, row, 0)
            choices.addWidget(box, row, 1)
        choices.setColumnStretch(1, 1)
        column = QVBoxLayout(self)
        pad(column)
        column.addLayout(choices)
        column.addWidget(self.plot, 1)
        column.addWidget(self.numbers)

    def _fill(self, box: CalmComboBox, entries: list[tuple[str, str]], first: str) -> None:
        before = box.currentData() if box.count() else first
        box.blockSignals(True)
        box.clear()
        for title, name in entries:
            box.addItem(title, name)
        names = [name for _, name in entries]
        box.setCurrentIndex(names.index(before) if before in names else names.index(first) if first in names else 0)
        box.blockSignals(False)

    def _groups(self) -> dict[str, list[int]]:
        """Rows by the name of their group."""
        by = self.group.currentData()
        if not by:
            return {"": list(range(len(self._rows)))} if self._rows else {}
        found: dict[str, list[int]] = {}
        for number, row in enumerate(self._rows):
            found.setdefault(_text(row.get(by)), []).append(number)
        return dict(sorted(found.items()))

    def _draw_points(self, x: str, y: str, groups: dict[str, list[int]]) -> None:
        for number, rows in enumerate(groups.values()):
            color = self._color(number)
            item = pg.ScatterPlotItem(
                self.values(x, rows), self.values(y, rows), data=rows, size=_POINT, pen=None, brush=color
            )  # fmt: skip
            item.sigClicked.connect(self._on_points)
            self.plot.addItem(item)
        if self._chosen is not None:
            place = self.values(x, [self._chosen]), self.values(y, [self._chosen])
            ring = pg.mkPen(current_colors().text, width=2)
            self.plot.addItem(pg.ScatterPlotItem(*place, size=2 * _POINT, pen=ring, brush=None))

    def _draw_bars(self, x: str, groups: dict[str, list[int]]) -> None:
        everything = self.values(x, range(len(self._rows)))
        everything = everything[np.isfinite(everything)]
        if not everything.size:
            return
        edges = np.histogram_bin_edges(everything, "auto")
        bins = min(max(len(edges) - 1, _LEAST_BINS), _MOST_BINS)
        edges = np.histogram_bin_edges(everything, bins)
        most = 1
        for number, rows in enumerate(groups.values()):
            counts, _ = np.histogram(self.values(x, rows), edges)
            most = max(most, int(counts.max()))
            fill = pg.mkColor(self._color(number))
            fill.setAlphaF(0.75 if len(groups) == 1 else 0.3)  # groups shine through each other; by eye
            curve = self.plot.plot(edges, counts, stepMode="center", fillLevel=0, brush=fill, pen=self._color(number))
            curve.setZValue(number)
        self.plot.getAxis("left").setTickSpacing(levels=[(_whole_step(most), 0)])
        if self._chosen is not None:
            at = self.values(x, [self._chosen])[0]
            if np.isfinite(at):
                self.plot.addItem(pg.InfiniteLine(at, pen=pg.mkPen(current_colors().text, width=2)))

    def _in_numbers(self, x: str, groups: dict[str, list[int]]) -> list[str]:
        """A line per group, with its colour: how many, mean, standard deviation and median of what is drawn along.

        They stand below the plot and say what the colours mean; a legend in it would lie over points.
        """
        lines = []
        for number, (name, rows) in enumerate(groups.items()):
            values = self.values(x, rows)
            values = values[np.isfinite(values)]
            if values.size:
                spread = f" ± {values.std(ddof=1):.4g}" if values.size > 1 else ""
                words = f"n = {values.size}, mean {values.mean():.4g}{spread}, median {np.median(values):.4g}"
                mark = f"<span style='color:{self._color(number)}'>■</span> {escape(_short(name))}: "
                lines.append(mark + words if name else words)
        return lines

    def _color(self, number: int) -> str:
        series = current_colors().series
        return series[number % len(series)]

    def _style(self) -> None:
        colors = current_colors()
        self.plot.setBackground(colors.surface)
        for side in ("bottom", "left"):
            axis = self.plot.getAxis(side)
            axis.setPen(colors.border_strong)
            axis.setTextPen(colors.muted)
            axis.setSIPrefixEnableRanges(())  # pyqtgraph 0.14 scales numbers below 1 once when it is told not to
            axis.enableAutoSIPrefix(False)
        self.plot.showGrid(x=False, y=True, alpha=GRID)

    def _on_points(self, _item: object, points: Sequence[pg.SpotItem]) -> None:
        if len(points):
            self.row_chosen.emit(int(points[0].data()))

    def _on_click(self, event: Any) -> None:
        if event.double():
            self.plot.autoRange()


def _short(name: str) -> str:
    """A name that leaves room for numbers in its line; names of images are told apart by their beginning and end."""
    half = _LONGEST // 2
    return name if len(name) <= _LONGEST else f"{name[: half - 1]}…{name[-half:]}"


def _whole_step(most: int) -> int:
    """The distance of ticks along a count, of which there are no halves: 1, 2 or 5 times a power of ten."""
    wanted = max(1.0, most / _TICKS)
    power = 10 ** math.floor(math.log10(wanted))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= wanted)


def _text(value: Any) -> str:
    return "–" if value in (None, "") else str(value)
