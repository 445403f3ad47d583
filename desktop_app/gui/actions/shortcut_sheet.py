"""Every shortcut and mouse gesture on one sheet, with a search field."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QHeaderView, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from desktop_app.core.labelling.tools import TOOLS
from desktop_app.gui.actions.registry import ActionRegistry
from desktop_app.gui.theme import icon
from desktop_app.gui.theme.spacing import LARGE, MEDIUM, pad

GESTURES: tuple[tuple[str, str], ...] = (
    ("Wheel", "Next or previous slice"),
    ("Shift+wheel", "Ten slices on or back"),
    ("Ctrl+wheel", "Zoom at the pointer"),
    ("Space and drag, or middle button", "Move the picture"),
    ("Left button", "Use the tool"),
    ("Alt+left button", "Pick the label under the pointer"),
    ("Shift+move", "Centre all views at the pointer"),
    ("R and drag", "Change the brush size"),
    ("Digits 1 to 9", "Choose a class; 0 is background"),
)


class ShortcutSheet(QDialog):
    """Lists what keys and mouse do; typing narrows the list."""

    def __init__(self, registry: ActionRegistry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        self.resize(640, 620)
        self._registry = registry
        self._heads: dict[str, QTreeWidgetItem] = {}
        self._groups: dict[str, list[QTreeWidgetItem]] = {}
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search for an action or a key")
        self.search.setClearButtonEnabled(True)
        self.search.addAction(icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.tree = QTreeWidget()
        self.tree.setHeaderLabels(["Action", "Keys"])
        self.tree.setRootIsDecorated(False)
        self.tree.setIndentation(14)
        self.tree.setSelectionMode(QTreeWidget.SelectionMode.NoSelection)
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        column = QVBoxLayout(self)
        pad(column, LARGE, MEDIUM)
        column.addWidget(self.search)
        column.addWidget(self.tree, 1)
        self.search.textChanged.connect(self._narrow)
        registry.shortcuts_changed.connect(self._fill)
        self._fill()

    def shown(self) -> list[str]:
        """The actions visible now, in order."""
        return [row.text(0) for rows in self._groups.values() for row in rows if not row.isHidden()]

    def _fill(self) -> None:
        self.tree.clear()
        self._heads, self._groups = {}, {}
        for info in self._registry.infos():
            keys = ",  ".join(
                QKeySequence(k).toString(QKeySequence.SequenceFormat.NativeText)
                for k in self._registry.shortcuts(info.id)
            )
            if keys:
                self._row(info.group, info.text.rstrip("…"), keys, info.tip)
        for keys, what in GESTURES:
            self._row("Mouse", what, keys, "")
        for tool in TOOLS.values():
            for keys, what in tool.gestures:
                self._row("Mouse", f"{tool.title}: {what}", keys, "")
        self.tree.expandAll()
        self._narrow(self.search.text())

    def _row(self, group: str, what: str, keys: str, tip: str) -> None:
        if group not in self._heads:
            head = QTreeWidgetItem(self.tree, [group])
            font = head.font(0)
            font.setBold(True)
            head.setFont(0, font)
            head.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self._heads[group], self._groups[group] = head, []
        row = QTreeWidgetItem(self._heads[group], [what, keys])
        row.setToolTip(0, tip)
        self._groups[group].append(row)

    def _narrow(self, text: str) -> None:
        wanted = text.casefold().split()
        for group, rows in self._groups.items():
            for row in rows:
                words = f"{group} {row.text(0)} {row.text(1)} {row.toolTip(0)}".casefold()
                row.setHidden(not all(w in words for w in wanted))
            self._heads[group].setHidden(all(row.isHidden() for row in rows))
