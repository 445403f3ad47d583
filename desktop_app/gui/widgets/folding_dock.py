"""A dock at the side of the window that folds to a rail of icons."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QScrollArea,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.theme.spacing import ICON, TIGHT
from desktop_app.gui.widgets.scrolled import Scrolled
from desktop_app.gui.widgets.stacked_tabs import StackedTabs

RAIL = 38  # px: an icon and the room around it
_UNBOUND = 16777215  # px, Qt's largest width of a widget
_ACROSS = Qt.Orientation.Horizontal


class FoldingDock(QDockWidget):
    """Holds panels as tabs. Folded, it shows an icon for each, which opens the dock at that panel.

    Args:
        name: For storing where it is.
        title: What it is called.
        width: Of the open dock at first, in pixels.
        window: The main window.

    Signals:
        wanted: The user wishes it open or folded.
    """

    wanted = Signal(bool)

    def __init__(self, name: str, title: str, width: int, window: QMainWindow) -> None:
        super().__init__(title, window)
        self._window, self._width, self._folded = window, width, False
        self.setObjectName(name)
        self.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        self.setTitleBarWidget(QWidget(self))
        self.tabs = QTabWidget()
        self.tabs.setTabBar(StackedTabs())
        self.tabs.setDocumentMode(True)
        self.tabs.setTabBarAutoHide(True)
        self.tabs.tabBar().setAccessibleName(title)
        self.tabs.currentChanged.connect(self._keep_keys)
        self.rail_buttons: list[QToolButton] = []
        self._pages: dict[QWidget, QWidget] = {}
        self._rail = QFrame()
        set_role(self._rail, "rail")
        self._rail.setFixedWidth(RAIL)
        self._column = QVBoxLayout(self._rail)
        self._column.setContentsMargins(TIGHT, TIGHT, TIGHT, TIGHT)
        self._column.setSpacing(TIGHT)
        self._column.addStretch(1)
        self._rail.hide()
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.tabs, 1)
        row.addWidget(self._rail)
        self.setWidget(body)

    @property
    def folded(self) -> bool:
        """Whether only the icons are seen."""
        return self._folded

    def add_panel(self, panel: QWidget, title: str, picture: str, *, scrolled: bool = True) -> None:
        """One more panel at the end.

        Args:
            panel: What the tab holds.
            title: On the tab, and in the tooltip of the icon.
            picture: Meaning of the icon.
            scrolled: Whether it scrolls as a whole where the window is low; not where its own list does.
        """
        page = Scrolled(panel) if scrolled and not isinstance(panel, QScrollArea) else panel
        self.tabs.addTab(page, icon(picture), title)
        button = tool_button(picture, f"Open {title}")
        button.clicked.connect(lambda: self._open(page))
        self._pages[panel] = page
        self._column.insertWidget(len(self.rail_buttons), button)
        self.rail_buttons.append(button)

    def open_panel(self, panel: QWidget) -> None:
        """Show a panel; the dock opens if it was folded."""
        self._open(self._pages[panel])

    def _keep_keys(self) -> None:
        """A panel that opens takes no keys: Qt moves the focus into its first field, where keys of tools are text."""
        focused = self.window().focusWidget()
        if focused is not None and self.tabs.isAncestorOf(focused):
            self.tabs.tabBar().setFocus()

    def _open(self, page: QWidget) -> None:
        self.tabs.setCurrentWidget(page)
        if self._folded:
            self.wanted.emit(True)

    def fold_button(self, picture: str) -> QToolButton:
        """A button that folds the dock, for the corner of its tabs or a panel's own row of buttons."""
        button = tool_button(picture, f"Fold {self.windowTitle().lower()} to icons")
        button.clicked.connect(lambda: self.wanted.emit(False))
        return button

    def least_width(self) -> int:
        """What the open dock needs, in pixels."""
        return max(self.tabs.minimumSizeHint().width(), self.tabs.minimumWidth())

    def set_folded(self, folded: bool) -> None:
        """Fold or open, without a signal; open, it is as wide as it was."""
        if folded == self._folded:
            return
        if folded and self.isVisible():
            self._width = self.width()
        self._folded = folded
        self.tabs.setVisible(not folded)
        self._rail.setVisible(folded)
        self.setMaximumWidth(RAIL if folded else _UNBOUND)
        self.setMinimumWidth(RAIL if folded else 0)
        self._window.resizeDocks([self], [RAIL if folded else self._width], _ACROSS)


def tool_button(picture: str, tip: str) -> QToolButton:
    """A flat button with an icon alone."""
    button = QToolButton()
    button.setIcon(icon(picture))
    button.setIconSize(QSize(ICON, ICON))
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setAutoRaise(True)
    return button
