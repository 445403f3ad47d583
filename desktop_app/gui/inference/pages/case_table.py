"""The table of a batch: one row per image."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from desktop_app.core.job import CaseState
from desktop_app.gui.inference.batch_run import BatchRun
from desktop_app.gui.inference.batch_words import case_words, doing_words
from desktop_app.gui.theme import current_colors, icon
from desktop_app.gui.theme.colors import ColorRole

_AnyIndex = QModelIndex | QPersistentModelIndex
_HEADERS = ("Image", "State", "Objects", "Seconds", "")
OBJECTS_COLUMN = 2  # of the headers above, as those below
_NUMBERS, _WORDS = (OBJECTS_COLUMN, 3), 4  # columns: of numbers, and of what is said
_ICONS: dict[CaseState, tuple[str, ColorRole]] = {
    "waiting": ("clock", "muted"),
    "running": ("play", "accent"),
    "done": ("success", "success"),
    "skipped": ("success", "muted"),
    "failed": ("error", "danger"),
    "cancelled": ("stop", "muted"),
}


class CaseTableModel(QAbstractTableModel):
    """Cases of a ``BatchRun``."""

    def __init__(self) -> None:
        super().__init__()
        self._run: BatchRun | None = None
        self._rows = 0

    def set_run(self, run: BatchRun | None) -> None:
        """Show another batch."""
        self.beginResetModel()
        if self._run is not None:
            self._run.case_changed.disconnect(self._on_case)
        self._run = run
        self._rows = len(run.cases) if run is not None else 0
        if run is not None:
            run.case_changed.connect(self._on_case)
        self.endResetModel()

    @property
    def counts_objects(self) -> bool:
        """Whether objects are counted; known from the first image that is done, as a model of classes counts none."""
        done = [case for case in self._run.cases if case.state in ("done", "skipped")] if self._run is not None else []
        return not done or any(case.objects is not None for case in done)

    def rowCount(self, parent: _AnyIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() or self._run is None else self._rows

    def columnCount(self, parent: _AnyIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(_HEADERS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _HEADERS[section]
        return None

    def data(self, index: _AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if self._run is None:
            return None
        case = self._run.cases[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return case_words(case)[index.column()] or (
                doing_words(self._run, case) if index.column() == _WORDS else ""
            )
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 0:
            return icon(*_ICONS[case.state])
        if role == Qt.ItemDataRole.ToolTipRole:
            running = self._run.notes if case.state == "running" else []
            return case.error or "\n".join([case.output or case.name, *case.notes, *running])
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == _WORDS:
            return QColor(current_colors().danger if case.error else current_colors().muted)
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in _NUMBERS:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def _on_case(self, row: int) -> None:
        if row >= self._rows:
            self.beginInsertRows(QModelIndex(), self._rows, row)
            self._rows = row + 1
            self.endInsertRows()
        self.dataChanged.emit(self.index(row, 0), self.index(row, len(_HEADERS) - 1))
