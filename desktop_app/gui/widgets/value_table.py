"""A table of measured values: sorted by any column, any number of rows, one click says which row is meant."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QApplication, QHeaderView, QTableView, QWidget

_AnyIndex = QModelIndex | QPersistentModelIndex
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_DIGITS = ".5g"  # what one can compare at a glance; files have 7


class ValueModel(QAbstractTableModel):
    """Rows of named values; sorting changes the order of the rows shown, never the rows."""

    def __init__(self) -> None:
        super().__init__()
        self.columns: list[str] = []
        self._titles: Mapping[str, str] = {}
        self._advice: Mapping[str, str] = {}
        self._rows: Sequence[Mapping[str, Any]] = ()
        self._order: list[int] = []

    def set_values(
        self, columns: Sequence[str], rows: Sequence[Mapping[str, Any]], titles: Mapping[str, str],
        advice: Mapping[str, str],
    ) -> None:  # fmt: skip
        """Show other values.

        Args:
            columns: Names, in order.
            rows: Values by name; missing ones are empty.
            titles: Above the columns, by name; the name where there is none.
            advice: For the tooltip above a column, by name.
        """
        self.beginResetModel()
        self.columns, self._rows, self._titles, self._advice = list(columns), rows, titles, advice
        self._order = list(range(len(rows)))
        self.endResetModel()

    def values_of(self, row: int) -> Mapping[str, Any]:
        """A row of the values, by the names of the columns."""
        return self._rows[row]

    def source_row(self, shown: int) -> int:
        """Which row of the values stands in a row of the table."""
        return self._order[shown]

    def shown_row(self, source: int) -> int:
        """Where a row of the values stands now."""
        return self._order.index(source)

    def rowCount(self, parent: _AnyIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: _AnyIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        name = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._titles.get(name, name)
        return self._advice.get(name) if role == Qt.ItemDataRole.ToolTipRole else None

    def data(self, index: _AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        value = self._rows[self._order[index.row()]].get(self.columns[index.column()])
        if role == Qt.ItemDataRole.DisplayRole:
            return _words(value)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _LEFT if isinstance(value, str) else _RIGHT
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if not 0 <= column < len(self.columns):
            return
        name, falling = self.columns[column], order == Qt.SortOrder.DescendingOrder
        self.layoutAboutToBeChanged.emit()
        known = [row for row in self._order if self._rows[row].get(name) not in (None, "")]
        empty = [row for row in range(len(self._rows)) if self._rows[row].get(name) in (None, "")]
        known.sort(key=lambda row: _key(self._rows[row][name]), reverse=falling)
        self._order = known + empty
        self.layoutChanged.emit()


class ValueTable(QTableView):
    """Shows a ``ValueModel``; what is empty stays at the end, however it is sorted.

    Signals:
        row_chosen: Row of the values, whenever another one becomes the current one by the user's hand.
    """

    row_chosen = Signal(int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.values = ValueModel()
        self.setModel(self.values)
        self.setAccessibleName(name)
        self.setSortingEnabled(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self._told = True
        self.selectionModel().currentRowChanged.connect(self._on_current)
        self.clicked.connect(self._on_clicked)

    def set_values(
        self, columns: Sequence[str], rows: Sequence[Mapping[str, Any]], titles: Mapping[str, str] | None = None,
        advice: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """Show other values, in their own order; arguments as for the model."""
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.values.set_values(columns, rows, titles or {}, advice or {})
        self.resizeColumnsToContents()

    def choose(self, row: int) -> None:
        """Go to a row of the values without telling."""
        self._told = False
        self.selectRow(self.values.shown_row(row))
        self._told = True

    def copy_rows(self) -> None:
        """The selected rows onto the clipboard, for a spreadsheet."""
        rows = sorted({index.row() for index in self.selectionModel().selectedRows()})
        lines = [[self.values.headerData(c, Qt.Orientation.Horizontal) for c in range(len(self.values.columns))]]
        lines += [[self.values.data(self.values.index(r, c)) for c in range(len(self.values.columns))] for r in rows]
        QApplication.clipboard().setText("\n".join("\t".join(map(str, line)) for line in lines))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_rows()
        else:
            super().keyPressEvent(event)

    def _on_current(self, current: QModelIndex, _before: QModelIndex) -> None:
        by_keys = QApplication.mouseButtons() == Qt.MouseButton.NoButton
        if self._told and by_keys and current.isValid() and self.hasFocus():
            self.row_chosen.emit(self.values.source_row(current.row()))

    def _on_clicked(self, index: QModelIndex) -> None:
        self.row_chosen.emit(self.values.source_row(index.row()))


def _words(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return format(value, _DIGITS) if isinstance(value, float) else str(value)


def _key(value: Any) -> tuple[int, float, str]:
    """Numbers before words."""
    return (1, 0.0, value.casefold()) if isinstance(value, str) else (0, float(value), "")
