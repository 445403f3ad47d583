"""Changing shortcuts, with a check for keys that two actions want."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QBrush, QColor, QKeySequence
from PySide6.QtWidgets import (
    QHBoxLayout,
    QKeySequenceEdit,
    QLabel,
    QPushButton,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from desktop_app.gui.actions import ActionRegistry
from desktop_app.gui.actions.registry import SEPARATOR, Conflict
from desktop_app.gui.theme import current_colors, set_role
from desktop_app.gui.theme.spacing import MEDIUM, SMALL, pad
from desktop_app.gui.widgets.banner import Banner
from desktop_app.gui.widgets.searchable_tree import SearchableTree

_ID = int(Qt.ItemDataRole.UserRole)


class ShortcutEditor(QWidget):
    """Lists every action with its keys; the chosen one can get others.

    Signals:
        changed: After each change.
    """

    changed = Signal()

    def __init__(self, registry: ActionRegistry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._registry = registry
        self._changed = registry.changed_shortcuts()
        self._titles = {info.id: info.text.rstrip("…") for info in registry.infos()}
        self.tree = SearchableTree(("Action", "Keys"), "Search for an action or a key")
        self.search = self.tree.search
        self.keys = QKeySequenceEdit()
        self.keys.setMaximumSequenceLength(1)
        self.keys.setClearButtonEnabled(True)
        self._back = QPushButton("Default")
        self._back.setAutoDefault(False)
        self._problem = Banner()
        self._rows: dict[str, QTreeWidgetItem] = {}
        self._arrange()
        self._fill()
        self.tree.currentItemChanged.connect(self._on_chosen)
        self.keys.editingFinished.connect(self._on_keys)
        self._back.clicked.connect(self._on_default)
        self.tree.setCurrentItem(next(iter(self._rows.values())))

    def value(self) -> dict[str, str]:
        """Changed shortcuts by action id, as saved in the settings."""
        return dict(self._changed)

    def conflicts(self) -> list[Conflict]:
        """Keys that two actions want now."""
        return self._registry.conflicts(self._changed)

    def choose(self, action_id: str) -> None:
        """Go to an action."""
        self.tree.setCurrentItem(self._rows[action_id])

    def set_keys(self, action_id: str, keys: str) -> None:
        """Give an action one key sequence, or none; portable spelling."""
        self._changed[action_id] = keys
        if keys == SEPARATOR.join(self._default(action_id)):
            del self._changed[action_id]
        self._refresh()

    def reset(self) -> None:
        """All defaults again."""
        self._changed.clear()
        self._refresh()

    def _arrange(self) -> None:
        label = QLabel("Press the new keys:")
        set_role(label, "muted")
        row = QHBoxLayout()
        row.setSpacing(SMALL)
        row.addWidget(label)
        row.addWidget(self.keys, 1)
        row.addWidget(self._back)
        column = QVBoxLayout(self)
        pad(column, MEDIUM, SMALL)
        column.addWidget(self.search)
        column.addWidget(self.tree, 1)
        column.addWidget(self._problem)
        column.addLayout(row)

    def _fill(self) -> None:
        for info in self._registry.infos():
            row = self.tree.add_row((self._titles[info.id], ""), info.tip)
            row.setData(0, _ID, info.id)
            self._rows[info.id] = row
        self._refresh()

    def _refresh(self) -> None:
        conflicts = self.conflicts()
        clashing = {c.first for c in conflicts} | {c.second for c in conflicts}
        colors = current_colors()
        for action_id, row in self._rows.items():
            row.setText(1, ", ".join(_shown(keys) for keys in self._keys(action_id)))
            font = row.font(1)
            font.setBold(action_id in self._changed)
            row.setFont(1, font)
            row.setForeground(1, QBrush(QColor(colors.danger if action_id in clashing else colors.text)))
        self._problem.show_text(self._words(conflicts), "error")
        self._on_chosen(self.tree.currentItem())
        self.changed.emit()

    def _words(self, conflicts: list[Conflict]) -> str:
        if not conflicts:
            return ""
        one = conflicts[0]
        first, second = self._titles[one.first], self._titles[one.second]
        return f"{_shown(one.keys)} is used by “{first}” and by “{second}”. Give one of them other keys."

    def _keys(self, action_id: str) -> tuple[str, ...]:
        if action_id in self._changed:
            return tuple(part for part in self._changed[action_id].split(SEPARATOR) if part)
        return self._default(action_id)

    def _default(self, action_id: str) -> tuple[str, ...]:
        return next(info.shortcuts for info in self._registry.infos() if info.id == action_id)

    def _on_chosen(self, row: QTreeWidgetItem | None) -> None:
        if row is not None:
            keys = self._keys(row.data(0, _ID))
            self.keys.setKeySequence(QKeySequence(keys[0]) if keys else QKeySequence())
            self._back.setEnabled(row.data(0, _ID) in self._changed)

    def _on_keys(self) -> None:
        row = self.tree.currentItem()
        if row is None:
            return
        action_id, keys = row.data(0, _ID), self.keys.keySequence().toString()
        current = self._keys(action_id)
        if keys != (QKeySequence(current[0]).toString() if current else ""):
            self.set_keys(action_id, keys)

    def _on_default(self) -> None:
        row = self.tree.currentItem()
        if row is not None:
            self._changed.pop(row.data(0, _ID), None)
            self._refresh()


def _shown(keys: str) -> str:
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
