"""The actions of a window, made from tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from desktop_app.gui.actions.action_info import ActionInfo
from desktop_app.gui.theme import icon

SEPARATOR = "; "


@dataclass(frozen=True, slots=True)
class Conflict:
    """A key sequence that two actions want.

    Attributes:
        keys: The sequence, portable spelling.
        first: Id of one action.
        second: Id of the other.
    """

    keys: str
    first: str
    second: str


class ActionRegistry(QObject):
    """Makes a ``QAction`` per row of a table and keeps their shortcuts.

    Args:
        window: Owns the actions; their shortcuts work wherever the focus is in it.
        table: The first rows; more come with ``add_table``.

    Signals:
        shortcuts_changed: After other shortcuts took effect.
    """

    shortcuts_changed = Signal()

    def __init__(self, window: QWidget, table: Iterable[ActionInfo] = ()) -> None:
        super().__init__(window)
        self._window = window
        self._infos: dict[str, ActionInfo] = {}
        self._actions: dict[str, QAction] = {}
        self._changed: dict[str, str] = {}
        self.add_table(table)

    def add_table(self, table: Iterable[ActionInfo]) -> None:
        """Make the actions of one more table.

        Raises:
            ValueError: If an id is taken.
        """
        for info in table:
            if info.id in self._infos:
                raise ValueError(f"Two actions are called “{info.id}”")
            action = QAction(info.text, self._window)
            action.setObjectName(info.id)
            action.setCheckable(info.checkable)
            if info.icon:
                action.setIcon(icon(info.icon))
            self._infos[info.id] = info
            self._actions[info.id] = action
            self._window.addAction(action)
            self._dress(info)

    def action(self, action_id: str) -> QAction:
        """The action with an id.

        Raises:
            KeyError: If there is none.
        """
        return self._actions[action_id]

    def connect(self, action_id: str, slot: Callable[..., Any]) -> None:  # type: ignore[override]
        """Call ``slot`` without arguments when the action is triggered."""
        self._actions[action_id].triggered.connect(lambda _checked=False: slot())

    def keep_over(self, action_ids: Iterable[str], widget: QWidget) -> None:
        """Let the keys of these actions act only while the focus is in ``widget``; elsewhere they mean other things."""
        for action_id in action_ids:
            action = self._actions[action_id]
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            self._window.removeAction(action)
            widget.addAction(action)

    def infos(self) -> tuple[ActionInfo, ...]:
        """All rows, in order of their tables."""
        return tuple(self._infos.values())

    def shortcuts(self, action_id: str) -> tuple[str, ...]:
        """Key sequences in use for an action, portable spelling."""
        changed = self._changed.get(action_id)
        if changed is None:
            return self._infos[action_id].shortcuts
        return tuple(part for part in changed.split(SEPARATOR) if part)

    def changed_shortcuts(self) -> dict[str, str]:
        """Those that differ from the defaults, by action id, as saved in the settings."""
        return dict(self._changed)

    def apply_shortcuts(self, changed: Mapping[str, str]) -> None:
        """Use these changed shortcuts, and the defaults for all other actions; unknown ids are passed over."""
        self._changed = {
            action_id: keys
            for action_id, keys in changed.items()
            if action_id in self._infos and keys != SEPARATOR.join(self._infos[action_id].shortcuts)
        }
        for info in self._infos.values():
            self._dress(info)
        self.shortcuts_changed.emit()

    def conflicts(self, changed: Mapping[str, str] | None = None) -> list[Conflict]:
        """Key sequences that two actions would share; with ``changed``, as if those were in use."""
        owner: dict[str, str] = {}
        found = []
        for info in self._infos.values():
            for keys in self._keys_if(info.id, changed):
                spelled = QKeySequence(keys).toString()
                if spelled in owner and owner[spelled] != info.id:
                    found.append(Conflict(spelled, owner[spelled], info.id))
                owner.setdefault(spelled, info.id)
        return found

    def _keys_if(self, action_id: str, changed: Mapping[str, str] | None) -> tuple[str, ...]:
        if changed is None:
            return self.shortcuts(action_id)
        if action_id in changed:
            return tuple(part for part in changed[action_id].split(SEPARATOR) if part)
        return self._infos[action_id].shortcuts

    def _dress(self, info: ActionInfo) -> None:
        action = self._actions[info.id]
        keys = [QKeySequence(k) for k in self.shortcuts(info.id)]
        action.setShortcuts(keys)
        shown = keys[0].toString(QKeySequence.SequenceFormat.NativeText) if keys else ""
        tip = info.tip or info.text.rstrip("…")
        action.setToolTip(f"{tip} ({shown})" if shown else tip)
        action.setStatusTip(info.tip)
