from __future__ import annotations

from PySide6.QtGui import QFontMetrics
from pytestqt.qtbot import QtBot

from desktop_app.gui.theme import current_colors
from desktop_app.gui.widgets.curve_plot import CurvePlot

LONG = [f"a rather long name of the class {number} (Dice)" for number in range(4)]


def test_names_stand_below_the_title_in_lines_that_fit(qtbot: QtBot) -> None:
    plot = CurvePlot("Scores <of> images")
    qtbot.addWidget(plot)
    plot.resize(500, 300)
    plot.show()
    for name in LONG:
        plot.add_point(name, 10, 0.5)
    qtbot.waitUntil(lambda: [name for line in plot.lines_of_names() for name in line] == LONG)
    label = plot.getPlotItem().titleLabel
    assert len(plot.lines_of_names()) > 1
    assert all(name in label.item.toPlainText() for name in ("Scores <of> images", *LONG))
    assert label.itemRect().width() <= plot.width()
    room = plot.getPlotItem().layout.rowMaximumHeight(0)
    assert label.itemRect().height() <= room
    plot.resize(3000, 300)
    assert plot.lines_of_names() == [LONG]
    assert plot.getPlotItem().layout.rowMaximumHeight(0) < room
    plot.clear_curves()
    assert label.item.toPlainText() == "Scores <of> images"


def test_curves_that_are_taken_away_are_not_drawn(qtbot: QtBot) -> None:
    plot = CurvePlot("Loss")
    qtbot.addWidget(plot)
    plot.add_point("training images", 10, 0.5)
    plot.clear_curves()
    qtbot.wait(300)  # ms: three times what drawing waits for
    assert plot.lines_of_names() == []


def test_no_two_of_many_curves_look_alike_and_they_stand_in_order(qtbot: QtBot) -> None:
    plot = CurvePlot("Loss")
    qtbot.addWidget(plot)
    plot.resize(2000, 300)
    names = [f"part {number}" for number in range(1, 11)]
    for name in names:
        plot.add_point(name, 10, 0.5)
    qtbot.waitUntil(lambda: [name for line in plot.lines_of_names() for name in line] == names)
    pens = [item.opts["pen"] for item in plot.getPlotItem().listDataItems()]
    assert len({(pen.color().name(), pen.style()) for pen in pens}) == len(names)
    words = plot.getPlotItem().titleLabel.item.toPlainText()
    assert words.count("■") == len(current_colors().series)


def test_the_ends_of_a_fixed_range_have_room_for_their_numbers(qtbot: QtBot) -> None:
    plot = CurvePlot("Scores (1 is perfect)", y_range=(0.0, 1.0))
    qtbot.addWidget(plot)
    plot.resize(460, 230)
    plot.show()
    axis = plot.getAxis("left")
    low, high = axis.range
    above = (high - 1.0) / (high - low) * axis.size().height()
    assert above >= QFontMetrics(plot.font()).ascent() / 2
