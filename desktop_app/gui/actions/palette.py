"""All commands in one list that narrows as the user types; Enter runs the chosen one."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QAction, QBrush, QColor, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from desktop_app.gui.actions.action_info import ActionInfo
from desktop_app.gui.actions.registry import ActionRegistry
from desktop_app.gui.theme import current_colors, icon, set_role
from desktop_app.gui.theme.spacing import MEDIUM, SMALL, pad
from desktop_app.gui.widgets.later import later
from desktop_app.gui.widgets.window_place import resize_to_screen

_SIZE = QSize(620, 440)
_ACTION = int(Qt.ItemDataRole.UserRole)
_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_NONE = "No command has all these words. Try another word for it."
_HINT = "Enter runs the chosen command; grey ones cannot be used now."


class CommandPalette(QDialog):
    """Finds a command by its words, its group or its keys, and runs it.

    Args:
        registry: The commands.
        itself: Id of the action that opens this window, which is left out.
        parent: The window that it opens above.
    """

    def __init__(self, registry: ActionRegistry, itself: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Find a command")
        resize_to_screen(self, _SIZE)
        self._registry, self._itself = registry, itself
        self.search = QLineEdit()
        self.search.setPlaceholderText("What do you want to do?")
        self.search.setAccessibleName("Words of the command")
        self.search.addAction(icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.list = QTreeWidget()
        self.list.setColumnCount(3)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setAccessibleName("Commands")
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            self.list.header().setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.hint = QLabel()
        set_role(self.hint, "muted")
        column_of_all = QVBoxLayout(self)
        pad(column_of_all, MEDIUM, SMALL)
        for widget in (self.search, self.list, self.hint):
            column_of_all.addWidget(widget)
        self.search.installEventFilter(self)
        self.search.textChanged.connect(self._fill)
        self.search.returnPressed.connect(self.run_chosen)
        self.list.itemActivated.connect(self.run_chosen)
        self._fill()
        self.search.setFocus()

    def shown(self) -> list[str]:
        """Ids of the commands in the list, the best first."""
        return [row.data(0, _ACTION).id for row in self._rows()]

    def run_chosen(self) -> None:
        """Close, then run the chosen command, if it can be used now."""
        row = self.list.currentItem()
        action = self._registry.action(row.data(0, _ACTION).id) if row is not None else None
        if action is None or not action.isEnabled():
            return
        self.accept()
        # After this window has gone, so that keys and dialogs find the main window again.
        later(action, action.trigger)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in _KEYS:
            self.list.keyPressEvent(event)
            return True
        return False

    def _rows(self) -> list[QTreeWidgetItem]:
        root = self.list.invisibleRootItem()
        return [row for place in range(root.childCount()) if (row := root.child(place)) is not None]

    def _fill(self) -> None:
        words = self.search.text().casefold().split()
        found = []
        for place, info in enumerate(self._registry.infos()):
            rank = match_rank(words, info, self._keys(info))
            if rank is not None and info.id != self._itself:
                usable = self._registry.action(info.id).isEnabled()
                found.append((not usable, rank, place, info))
        self.list.clear()
        for _, _, _, info in sorted(found, key=lambda one: one[:3]):
            self._add(info, self._registry.action(info.id))
        self.hint.setText(_HINT if found else _NONE)
        if found:
            self.list.setCurrentItem(self._rows()[0])

    def _add(self, info: ActionInfo, action: QAction) -> None:
        text = action.text().replace("&", "")
        state = "on" if action.isCheckable() and action.isChecked() else "off" if action.isCheckable() else ""
        row = QTreeWidgetItem(self.list, [text, f"{info.group} · {state}" if state else info.group, self._keys(info)])
        row.setData(0, _ACTION, info)
        row.setIcon(0, action.icon())
        row.setToolTip(0, info.tip)
        colors = current_colors()
        row.setForeground(1, QBrush(QColor(colors.muted)))
        if not action.isEnabled():
            row.setForeground(0, QBrush(QColor(colors.disabled)))
            row.setToolTip(0, f"{info.tip} Cannot be used now.")

    def _keys(self, info: ActionInfo) -> str:
        shown = (QKeySequence(keys) for keys in self._registry.shortcuts(info.id))
        return ",  ".join(keys.toString(QKeySequence.SequenceFormat.NativeText) for keys in shown)


def match_rank(words: list[str], info: ActionInfo, keys: str = "") -> int | None:
    """How well a command fits some words (lower case), 0 the best; None if one of the words is not there.

    A command whose name begins with the words comes first, then those with words that begin so, then the others.
    """
    name = info.text.casefold()
    everything = f"{name} {info.group.casefold()} {info.tip.casefold()} {keys.casefold()}"
    if not all(word in everything for word in words):
        return None
    if name.startswith(" ".join(words)):
        return 0
    if all(any(part.startswith(word) for part in name.split()) for word in words):
        return 1
    return 2 if all(word in name for word in words) else 3
