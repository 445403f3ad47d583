"""The object table as Qt sees it: rows in the order and choice of now, each cell made when it is shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from desktop_app.gui.proofreading.columns import COLUMNS, PLACES
from desktop_app.gui.theme import icon
from desktop_app.objects.proofreading.facts import Facts

_Index = QModelIndex | QPersistentModelIndex
_STATE_ICONS = ("", "success", "warning")  # in the order of the states


class ObjectTableModel(QAbstractTableModel):
    """Sorts and narrows columns of numbers, so that a hundred thousand objects are no matter.

    Signals:
        note_written: Number of an object, and its new note.
    """

    note_written = Signal(int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.facts: Facts | None = None
        self.order: NDArray[np.intp] = np.zeros(0, np.intp)
        self._sort, self._descending = "number", False
        self._words, self._state, self._class = "", -1, 0

    def show_facts(self, facts: Facts | None) -> None:
        """Other facts. Rows that are the same objects as before stay where they are."""
        order = self._ordered(facts)
        before, ids = self._ids(), np.zeros(0, np.uint32) if facts is None else facts.rows.ids[order]
        if facts is not None and np.array_equal(before, ids):
            self.facts, self.order = facts, order
            self.dataChanged.emit(self.index(0, 0), self.index(len(order) - 1, len(COLUMNS) - 1))
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(COLUMNS) - 1)
            return
        self.beginResetModel()
        self.facts, self.order = facts, order
        self.endResetModel()

    def narrow(self, words: str, state: int, class_value: int) -> None:
        """Show only the rows with all words, a state (negative: any) and a class (0: any)."""
        self._words, self._state, self._class = words, state, class_value
        self._arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column."""
        if 0 <= column < len(COLUMNS):
            self._sort, self._descending = COLUMNS[column].name, order == Qt.SortOrder.DescendingOrder
            self._arrange()

    def numbers(self, rows: Iterable[int]) -> list[int]:
        """The numbers of the objects in some rows."""
        if self.facts is None:
            return []
        return [int(self.facts.rows.ids[self.order[row]]) for row in rows if 0 <= row < len(self.order)]

    def rows_of(self, numbers: Iterable[int]) -> list[int]:
        """The rows in which some objects are shown, ascending."""
        wanted = np.fromiter(numbers, np.uint32)
        return np.flatnonzero(np.isin(self._ids(), wanted)).tolist()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Number of rows that are shown."""
        return 0 if parent.isValid() else len(self.order)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Number of columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Titles and tips."""
        if orientation == Qt.Orientation.Horizontal and 0 <= section < len(COLUMNS):
            title, tip = COLUMNS[section].words(self.facts)
            if role == Qt.ItemDataRole.DisplayRole:
                return title
            if role == Qt.ItemDataRole.ToolTipRole:
                return tip
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The words of a cell."""
        facts = self.facts
        if facts is None or not index.isValid() or index.row() >= len(self.order):
            return None
        column, place = COLUMNS[index.column()], int(self.order[index.row()])
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole, Qt.ItemDataRole.ToolTipRole):
            return column.text(facts, place)
        if role == Qt.ItemDataRole.TextAlignmentRole and column.right:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.DecorationRole:
            return _picture(facts, place, column.name)
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Notes can be written."""
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() == PLACES["note"] else flags

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Tell of a note that was written."""
        numbers = self.numbers([index.row()])
        if role != Qt.ItemDataRole.EditRole or index.column() != PLACES["note"] or not numbers:
            return False
        self.note_written.emit(numbers[0], str(value))
        return True

    def _ids(self) -> NDArray[np.uint32]:
        return np.zeros(0, np.uint32) if self.facts is None else self.facts.rows.ids[self.order]

    def _arrange(self) -> None:
        self.beginResetModel()
        self.order = self._ordered(self.facts)
        self.endResetModel()

    def _ordered(self, facts: Facts | None) -> NDArray[np.intp]:
        if facts is None:
            return np.zeros(0, np.intp)
        order = facts.order(self._sort, descending=self._descending)
        return order[facts.matching(self._words, self._state, self._class)[order]]


def _picture(facts: Facts, place: int, column: str) -> Any:
    name = ""
    if column == "state":
        name = _STATE_ICONS[int(facts.states[place])]
    elif column == "lock" and facts.locked[place]:
        name = "lock"
    return icon(name, "muted") if name else None
