"""The tools in a row, and undo and redo with their steps."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from desktop_app.core.imaging import Volume
from desktop_app.core.labelling.tools import FIRST_TOOL, TOOLS
from desktop_app.gui.actions import ActionRegistry
from desktop_app.gui.session import Session
from desktop_app.gui.theme import icon
from desktop_app.gui.widgets.flow_layout import FlowLayout

_SHOWN_STEPS = 20  # of the undo list: what a menu shows without scrolling
_ICON = QSize(20, 20)


class ToolRow(QWidget):
    """One button per tool; the pressed one is in hand."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        row = FlowLayout(self)
        self._group = QActionGroup(self)
        self.buttons: dict[str, QToolButton] = {}
        for name in TOOLS:
            self.buttons[name] = button = QToolButton()
            button.setIconSize(_ICON)
            button.setAutoRaise(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(button)
        self.undo = _StepsButton("undo", "Undo", "Ctrl+Z", session.undo)
        self.redo = _StepsButton("redo", "Redo", "Ctrl+Y", session.redo)
        row.addWidget(_pair(self.undo, self.redo))
        session.tool_changed.connect(self._on_tool)
        session.history_changed.connect(self._on_history)
        session.volume_changed.connect(self._on_volume)
        self._on_history()

    def connect_actions(self, registry: ActionRegistry) -> None:
        """Give the buttons their actions; one of them is always checked."""
        for name, button in self.buttons.items():
            action = registry.action(f"tool.{name}")
            self._group.addAction(action)
            button.setDefaultAction(action)
        self._on_tool(self._session.tool)
        self._on_volume(self._session.volume)

    def _on_volume(self, volume: Volume | None) -> None:
        """Tools that need depth cannot be taken in a flat image."""
        flat = volume is not None and volume.is_2d
        for name, button in self.buttons.items():
            action = button.defaultAction()
            if action is not None and TOOLS[name].volumes_only:
                action.setEnabled(not flat)
        if flat and TOOLS[self._session.tool].volumes_only:
            self._session.set_tool(FIRST_TOOL)

    def _on_tool(self, name: str) -> None:
        action = self.buttons[name].defaultAction() if name in self.buttons else None
        if action is not None:
            action.setChecked(True)

    def _on_history(self) -> None:
        history = self._session.history
        self.undo.set_steps(history.titles()[::-1] if history is not None else [])
        self.redo.set_steps(history.redo_titles() if history is not None else [])


def _pair(*buttons: QWidget) -> QWidget:
    """Buttons that stay side by side when the row breaks."""
    pair = QWidget()
    row = QHBoxLayout(pair)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(2)
    for button in buttons:
        row.addWidget(button)
    return pair


class _StepsButton(QToolButton):
    """Does one step when clicked; its menu names the steps and does several at once."""

    def __init__(self, picture: str, word: str, keys: str, act: object) -> None:
        super().__init__()
        self._word, self._keys, self._act = word, keys, act
        self._steps: list[str] = []
        self.setIcon(icon(picture))
        self.setIconSize(_ICON)
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        menu = QMenu(self)
        menu.aboutToShow.connect(self._fill_menu)
        self.setMenu(menu)
        self.clicked.connect(lambda _checked=False: self.do(1))

    def set_steps(self, steps: list[str]) -> None:
        """The steps that could be done, the next one first."""
        self._steps = steps
        self.setEnabled(bool(steps))
        tip = f"{self._word} “{steps[0]}”" if steps else self._word
        self.setToolTip(f"{tip} ({self._keys})")

    def do(self, count: int) -> None:
        """Do some steps."""
        if callable(self._act):
            for _ in range(count):
                self._act()

    def _fill_menu(self) -> None:
        menu = self.menu()
        menu.clear()
        for count, title in enumerate(self._steps[:_SHOWN_STEPS], start=1):
            menu.addAction(title).triggered.connect(lambda _checked=False, count=count: self.do(count))
        if len(self._steps) > _SHOWN_STEPS:
            menu.addAction(f"and {len(self._steps) - _SHOWN_STEPS} more").setEnabled(False)
