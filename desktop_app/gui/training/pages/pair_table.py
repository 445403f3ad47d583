"""The table of images with labels, with an editable role."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractItemModel, QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from desktop_app.core.imaging.shown_size import ORDER
from desktop_app.core.project.model import Role
from desktop_app.gui.theme import icon
from desktop_app.gui.training.draft import TrainingDraft
from desktop_app.gui.training.report_words import RowWords, row_words

ROLE_TITLES: dict[Role, str] = {
    "auto": "Automatic",
    "train": "Training",
    "validation": "Validation",
    "test": "Test",
    "unused": "Not used",
}
_HEADERS = ("Image", f"Size {ORDER}", "Voxel size", "Labels", "Used for", "Group")
_ROLE_COLUMN, _GROUP_COLUMN = 4, 5  # places in the table
_GROUP_ADVICE = "Images of one specimen, plate or movie: all of a group are learned from, or all kept aside."
_AnyIndex = QModelIndex | QPersistentModelIndex


class PairTableModel(QAbstractTableModel):
    """Pairs of a draft, with what the check found out about them."""

    role_changed = Signal()
    group_changed = Signal()

    def __init__(self, draft: TrainingDraft) -> None:
        super().__init__()
        self._draft = draft
        self._words: dict[str, RowWords] = {}
        self._groups: dict[str, str] = {}

    def reload(self) -> None:
        """Show the draft's pairs anew."""
        self.beginResetModel()
        report = self._draft.report if self._draft.is_checked else None
        self._words = {row.name: row_words(row) for row in report.rows} if report is not None else {}
        self._groups = {pair.name: pair.group for pair in self._draft.dataset().pairs}
        self.endResetModel()

    def role_now(self, row: int) -> str:
        """The role of a pair: the user's, or the one that the split gave it."""
        pair = self._draft.pairs[row]
        role = self._draft.role_of(pair)
        words = self._words.get(pair.name)
        return words.role if role == "auto" and words is not None and words.role else role

    def rowCount(self, parent: _AnyIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._draft.pairs)

    def columnCount(self, parent: _AnyIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(_HEADERS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _HEADERS[section]
        return None

    def flags(self, index: _AnyIndex) -> Qt.ItemFlag:
        flags = super().flags(index)
        editable = index.column() in (_ROLE_COLUMN, _GROUP_COLUMN)
        return flags | Qt.ItemFlag.ItemIsEditable if editable else flags

    def data(self, index: _AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        pair = self._draft.pairs[index.row()]
        words = self._words.get(pair.name)
        if role == Qt.ItemDataRole.DisplayRole:
            if index.column() == _ROLE_COLUMN:
                return self._role_text(self._draft.role_of(pair), words)
            texts = (pair.name, *((words.size, words.voxel_size, words.contents) if words else ("…", "…", "…")))
            return self._groups.get(pair.name, "") if index.column() == _GROUP_COLUMN else texts[index.column()]
        if role == Qt.ItemDataRole.EditRole and index.column() == _GROUP_COLUMN:
            return self._groups.get(pair.name, "")
        if role == Qt.ItemDataRole.ToolTipRole and index.column() == _GROUP_COLUMN:
            return _GROUP_ADVICE
        if role == Qt.ItemDataRole.EditRole and index.column() == _ROLE_COLUMN:
            return self._draft.role_of(pair)
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 0 and words is not None and words.problem:
            return icon("warning", "warning")
        if role == Qt.ItemDataRole.DecorationRole and index.column() == _ROLE_COLUMN:
            return icon("down", "muted")
        if role == Qt.ItemDataRole.ToolTipRole:
            return (words.problem if words and words.problem else "") or f"{pair.image}\n{pair.labels or '(no labels)'}"
        return None

    def setData(self, index: _AnyIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role == Qt.ItemDataRole.EditRole and index.column() == _GROUP_COLUMN:
            self._draft.groups[self._draft.pairs[index.row()].name] = str(value).strip()
            self.group_changed.emit()
            return True
        if role != Qt.ItemDataRole.EditRole or index.column() != _ROLE_COLUMN:
            return False
        self._draft.roles[self._draft.pairs[index.row()].name] = value
        self.dataChanged.emit(index, index)
        self.role_changed.emit()
        return True

    def _role_text(self, role: Role, words: RowWords | None) -> str:
        if role == "auto" and self._draft.split.folds and words is not None and words.role == "train":
            return "Training and checks in turn"
        if role == "auto" and words is not None and words.role not in ("", "auto"):
            return f"{ROLE_TITLES[words.role]} (automatic)"  # type: ignore[index]
        return ROLE_TITLES[role]


class RoleDelegate(QStyledItemDelegate):
    """A drop-down list for the role."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: _AnyIndex) -> None:
        super().initStyleOption(option, index)
        option.decorationPosition = QStyleOptionViewItem.Position.Right

    def createEditor(self, parent: QWidget, option: Any, index: _AnyIndex) -> QWidget:
        box = QComboBox(parent)
        for role, title in ROLE_TITLES.items():
            box.addItem(title, role)
        box.activated.connect(self._on_activated)
        return box

    def setEditorData(self, editor: QWidget, index: _AnyIndex) -> None:
        if isinstance(editor, QComboBox):
            editor.setCurrentIndex(editor.findData(index.data(Qt.ItemDataRole.EditRole)))
            editor.showPopup()

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: _AnyIndex) -> None:
        if isinstance(editor, QComboBox):
            model.setData(index, editor.currentData(), Qt.ItemDataRole.EditRole)

    def _on_activated(self) -> None:
        editor = self.sender()
        if isinstance(editor, QWidget):
            self.commitData.emit(editor)
            self.closeEditor.emit(editor)


def pair_table_view(model: PairTableModel, parent: QWidget) -> QTableView:
    """A view that shows the model well."""
    view = QTableView()
    view.setModel(model)
    view.setItemDelegateForColumn(_ROLE_COLUMN, RoleDelegate(parent))
    view.verticalHeader().hide()
    view.setShowGrid(False)
    view.setAlternatingRowColors(True)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    triggers = QAbstractItemView.EditTrigger
    view.setEditTriggers(triggers.DoubleClicked | triggers.EditKeyPressed | triggers.AnyKeyPressed)
    view.clicked.connect(view.edit)
    header = view.horizontalHeader()
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    header.setHighlightSections(False)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    view.setAccessibleName("Images with labels")
    return view
