"""Plots of tables: groups, what they come to, and the way back to a row."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from desktop_app.gui.widgets.value_plots import ValuePlots

ROWS = [{"id": n, "size": float(n * n), "kind": "even" if n % 2 == 0 else "odd"} for n in range(1, 11)]


def _plots(qtbot: QtBot) -> ValuePlots:
    plots = ValuePlots()
    qtbot.addWidget(plots)
    plots.set_values(["id", "size", "kind"], ROWS, {}, ("size", ""))
    return plots


def test_a_histogram_counts_every_value_once(qtbot: QtBot) -> None:
    plots = _plots(qtbot)
    (curve,) = plots.plot.getPlotItem().listDataItems()
    assert curve.getData()[1].sum() == 10
    assert plots.numbers.text() == "n = 10, mean 38.5 ± 34.17, median 30.5"


def test_groups_have_a_curve_each_and_a_line_in_numbers(qtbot: QtBot) -> None:
    plots = _plots(qtbot)
    plots.group.setCurrentIndex(plots.group.findData("kind"))
    assert len(plots.plot.getPlotItem().listDataItems()) == 2
    first, second = plots.numbers.text().split("<br>")
    assert "</span> even: n = 5, mean 44" in first
    assert "</span> odd: " in second
    colors = [line.partition("color:")[2].partition("'")[0] for line in (first, second)]
    assert len(set(colors)) == 2, "which group is which is told below the plot, where no point lies"


def test_a_point_tells_its_row_and_is_marked(qtbot: QtBot) -> None:
    plots = _plots(qtbot)
    plots.up.setCurrentIndex(plots.up.findData("id"))
    (points,) = plots.plot.getPlotItem().listDataItems()
    told: list[int] = []
    plots.row_chosen.connect(told.append)
    points.sigClicked.emit(points, [points.points()[3]], None)
    assert told == [3]
    plots.choose(3)
    assert len(plots.plot.getPlotItem().listDataItems()) == 2


def test_what_is_no_number_is_no_value(qtbot: QtBot) -> None:
    plots = ValuePlots()
    qtbot.addWidget(plots)
    plots.set_values(["a", "b"], [{"a": None, "b": 1}, {"a": 2.0}, {"a": "x", "b": 3}])
    assert np.isnan(plots.values("a", [0, 2])).all()
    plots.set_values([], [])
    assert plots.numbers.text() == ""


def test_ticks_say_small_values_as_they_are(qtbot: QtBot) -> None:
    plots = ValuePlots()
    qtbot.addWidget(plots)
    plots.set_values(["a", "b"], [{"a": 1e-4 * n, "b": 1e-5 * n} for n in range(1, 8)], {}, ("a", "b"))
    plots.show()
    for _ in range(2):
        for side in ("bottom", "left"):
            assert plots.plot.getAxis(side).autoSIPrefixScale == 1
        plots.draw()


def test_numbers_are_no_groups(qtbot: QtBot) -> None:
    plots = _plots(qtbot)
    assert [plots.group.itemData(n) for n in range(plots.group.count())] == ["", "kind"]


@pytest.mark.parametrize(("most", "step"), [(1, 1), (2, 1), (6, 1), (7, 2), (30, 5), (31, 10), (6000, 1000)])
def test_counts_have_whole_ticks(qtbot: QtBot, most: int, step: int) -> None:
    plots = ValuePlots()
    qtbot.addWidget(plots)
    plots.set_values(["id"], [{"id": 1.0}] * most + [{"id": 9.0}])
    ticks = [at for _, level in plots.plot.getAxis("left").tickValues(0, most, 300) for at in level]
    assert ticks == list(range(0, most + 1, step))
