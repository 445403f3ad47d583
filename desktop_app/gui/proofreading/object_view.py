"""The view of the object table: selection by whole rows, a click goes there."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QItemSelection, QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from desktop_app.gui.proofreading.columns import COLUMNS, PLACES
from desktop_app.gui.proofreading.table_model import ObjectTableModel

_ROW_HEIGHT = 24  # px: a line of text and a little air; fixed, so that a hundred thousand rows are laid out at once


class ObjectTableView(QTableView):
    """Shows a model of objects; what is chosen stays chosen whatever becomes of the order.

    Signals:
        chosen: The numbers of the selected objects, that of the current row first.
        opened: The number of the object in a row that was clicked or reached by key.
        lock_wanted: The user double-clicked the lock of a row.
        key_pressed: A key that may mean something for the chosen rows, in Qt's portable spelling.
    """

    chosen = Signal(list)
    opened = Signal(int)
    lock_wanted = Signal()
    key_pressed = Signal(str)

    def __init__(self, model: ObjectTableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._objects = model
        self._by_hand = True
        self.setModel(model)
        self.setAccessibleName("Objects")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        rows = self.verticalHeader()
        rows.hide()
        rows.setDefaultSectionSize(_ROW_HEIGHT)
        rows.setSectionResizeMode(rows.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSortIndicator(PLACES["number"], Qt.SortOrder.AscendingOrder)
        header.setSectionsMovable(True)
        for place, column in enumerate(COLUMNS):
            self.setColumnWidth(place, column.width)
        self.setSortingEnabled(True)
        model.modelReset.connect(self._hide_slices)
        model.headerDataChanged.connect(self._hide_slices)
        self.clicked.connect(lambda index: self._open(index.row()))
        self.doubleClicked.connect(self._on_double_clicked)
        self.selectionModel().selectionChanged.connect(self._on_selected)

    def choose(self, numbers: list[int]) -> None:
        """Select the rows of some objects, without telling."""
        rows = self._objects.rows_of(numbers)
        first = self._objects.rows_of(numbers[:1])
        self._by_hand = False
        selection = QItemSelection()
        last = len(COLUMNS) - 1
        for top, bottom in _spans(rows):
            selection.select(self._objects.index(top, 0), self._objects.index(bottom, last))
        model = self.selectionModel()
        if first:
            model.setCurrentIndex(self._objects.index(first[0], 0), QItemSelectionModel.SelectionFlag.NoUpdate)
        model.select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if first:
            self.scrollTo(self._objects.index(first[0], self.columnAt(0)))
        self._by_hand = True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Delete):
            self.key_pressed.emit(QKeySequence(event.key()).toString())
            return
        before = self.currentIndex().row()
        super().keyPressEvent(event)
        if self.currentIndex().row() != before:
            self._open(self.currentIndex().row())

    def _hide_slices(self) -> None:
        """Objects of a picture without depth are all in its one slice."""
        facts = self._objects.facts
        self.setColumnHidden(PLACES["slices"], facts is not None and facts.shape[0] == 1)

    def _open(self, row: int) -> None:
        numbers = self._objects.numbers([row])
        if numbers:
            self.opened.emit(numbers[0])

    def _on_double_clicked(self, index: object) -> None:
        del index
        if self.currentIndex().column() == PLACES["lock"]:
            self.lock_wanted.emit()

    def _on_selected(self) -> None:
        if not self._by_hand:
            return
        current = self.currentIndex().row()
        ranges = self.selectionModel().selection()
        spans = ranges.toList()
        rows = sorted({row for span in spans for row in range(span.top(), span.bottom() + 1)})
        rows.sort(key=lambda row: row != current)
        self.chosen.emit(self._objects.numbers(rows))


def _spans(rows: list[int]) -> Iterator[tuple[int, int]]:
    """First and last of each stretch of rows that follow each other; ``rows`` ascend."""
    start = 0
    for place in range(1, len(rows) + 1):
        if place == len(rows) or rows[place] != rows[place - 1] + 1:
            yield rows[start], rows[place - 1]
            start = place
