"""Every shortcut and mouse gesture on one sheet, with a search field."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from desktop_app.core.labelling.tools import TOOLS
from desktop_app.gui.actions.registry import ActionRegistry
from desktop_app.gui.theme.spacing import LARGE, MEDIUM, pad
from desktop_app.gui.widgets.searchable_tree import SearchableTree
from desktop_app.gui.widgets.window_place import resize_to_screen

GESTURES: tuple[tuple[str, str], ...] = (
    ("Wheel", "Next or previous slice"),
    ("Shift+wheel", "Ten slices on or back"),
    ("Ctrl+wheel", "Zoom at the pointer"),
    ("Space and drag, or middle button", "Move the picture"),
    ("Left button", "Use the tool"),
    ("Alt+left button", "Pick the label under the pointer"),
    ("Shift+click, or Shift and drag", "Centre all views at the pointer"),
    ("R and drag", "Change the brush size"),
    ("Digits 1 to 9", "Choose a class; 0 is background"),
)


class ShortcutSheet(QDialog):
    """Lists what keys and mouse do; typing narrows the list."""

    def __init__(self, registry: ActionRegistry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        resize_to_screen(self, QSize(640, 620))  # px, by eye
        self._registry = registry
        self.tree = SearchableTree(("Action", "Keys"), "Search for an action or a key")
        self.tree.setSelectionMode(SearchableTree.SelectionMode.NoSelection)
        self.search = self.tree.search
        column = QVBoxLayout(self)
        pad(column, LARGE, MEDIUM)
        column.addWidget(self.search)
        column.addWidget(self.tree, 1)
        registry.shortcuts_changed.connect(self._fill)
        self._fill()

    def shown(self) -> list[str]:
        """The actions visible now, in order."""
        return [row.text(0) for row in self.tree.shown()]

    def _fill(self) -> None:
        self.tree.remove_rows()
        for info in self._registry.infos():
            keys = ",  ".join(
                QKeySequence(k).toString(QKeySequence.SequenceFormat.NativeText)
                for k in self._registry.shortcuts(info.id)
            )
            if keys:
                self.tree.add_row((info.text.rstrip("…"), keys), info.tip, info.group)
        for keys, what in GESTURES:
            self.tree.add_row((what, keys), "", "Mouse")
        for tool in TOOLS.values():
            for keys, what in tool.gestures:
                self.tree.add_row((f"{tool.title}: {what}", keys), "", "Mouse")
        self.tree.expandAll()
        self.tree.narrow()
