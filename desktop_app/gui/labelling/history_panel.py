"""All steps of the open labels in a list; a click goes to the state just after one."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QApplication, QLabel, QListView, QVBoxLayout, QWidget

from desktop_app.gui.session import Session
from desktop_app.gui.theme.spacing import pad

_BEGINNING = "Beginning"
_HINT = (
    "Click a step to go back, or forward, to the labels as they were just after it. "
    "What is grey was taken back, until something new is done."
)


class HistoryPanel(QWidget):
    """The list of steps, the newest last.

    Args:
        session: What is open.
        parent: Of the widget.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.model = _Steps(self)
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setUniformItemSizes(True)
        self.list.setAccessibleName("Steps of the labels")
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.hint = QLabel(_HINT)
        self.hint.setWordWrap(True)
        column = QVBoxLayout(self)
        pad(column)
        column.addWidget(self.hint)
        column.addWidget(self.list, 1)
        self.list.clicked.connect(self._on_chosen)
        self.list.activated.connect(self._on_chosen)
        session.history_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        history = self._session.history
        self.list.setEnabled(history is not None)
        if history is None:
            self.model.show_steps([], 0)
            return
        self.model.show_steps([_BEGINNING, *history.titles(), *history.redo_titles()], history.position)
        here = self.model.index(history.position)
        self.list.setCurrentIndex(here)
        self.list.scrollTo(here)

    def _on_chosen(self, index: QModelIndex) -> None:
        QApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
        try:
            self._session.go_to(index.row())
        finally:
            QApplication.restoreOverrideCursor()
        self._show()


class _Steps(QAbstractListModel):
    """Titles; those behind the position are grey."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._titles: list[str] = []
        self._position = 0

    def show_steps(self, titles: list[str], position: int) -> None:
        """Show other steps; as a rule only the last ones differ, and what is in view stays."""
        self.beginResetModel()
        self._titles, self._position = titles, position
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Number of steps, and one for the beginning."""
        return 0 if parent.isValid() else len(self._titles)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Title and colour of a step."""
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self._titles[index.row()]
        if role == Qt.ItemDataRole.ForegroundRole and index.row() > self._position:
            palette = QApplication.palette()
            return palette.color(palette.ColorGroup.Disabled, palette.ColorRole.Text)
        return None
