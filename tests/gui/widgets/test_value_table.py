"""Tables of any size sort by what their values are."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_app.gui.widgets.value_table import ValueTable

ROWS = [{"a": 10, "b": "x"}, {"a": 9.5, "b": "Y"}, {"b": "z"}, {"a": None, "b": ""}, {"a": 100, "b": "w"}]


def _order(table: ValueTable) -> list[int]:
    return [table.values.source_row(row) for row in range(table.values.rowCount())]


def test_numbers_sort_as_numbers_and_what_is_empty_stays_last(qtbot: QtBot) -> None:
    table = ValueTable("Table")
    qtbot.addWidget(table)
    table.set_values(["a", "b"], ROWS, {"a": "A"}, {"a": "Advice."})
    assert _order(table) == [0, 1, 2, 3, 4]
    table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    assert _order(table) == [1, 0, 4, 2, 3]
    table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    assert _order(table) == [4, 0, 1, 2, 3]
    table.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert _order(table) == [4, 0, 1, 2, 3]
    header = Qt.Orientation.Horizontal
    assert table.values.headerData(0, header) == "A"
    assert table.values.headerData(0, header, Qt.ItemDataRole.ToolTipRole) == "Advice."


def test_choosing_by_code_tells_nothing_and_by_key_tells_the_row(qtbot: QtBot) -> None:
    table = ValueTable("Table")
    qtbot.addWidget(table)
    table.show()
    table.set_values(["a", "b"], ROWS)
    told: list[int] = []
    table.row_chosen.connect(told.append)
    table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    table.choose(0)
    assert told == []
    table.setFocus()
    qtbot.waitUntil(table.hasFocus)
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert told == [1]
    table.copy_rows()
    assert QApplication.clipboard().text() == "a\tb\n9.5\tY"
