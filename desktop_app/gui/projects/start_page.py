"""The first page: make, open, go on, or play."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QIcon
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from desktop_app.gui.projects.recent_row import RecentRow
from desktop_app.gui.theme import icon, set_role, theme
from desktop_app.gui.theme.resource_files import resource
from desktop_app.gui.theme.spacing import HUGE, LARGE, MEDIUM, SMALL, TIGHT
from desktop_app.gui.widgets.dropped import local_paths
from desktop_app.gui.widgets.empty_state import EmptyState
from desktop_app.io.projects import PROJECT_SUFFIX

_WIDTH = 860  # px: longer lines are hard to read
_TILE_ICON = 26  # px, by eye
_SAMPLE_WORDS = "Nuclei made by the program, to try everything."


class StartPage(QWidget):
    """Shown while no project is open.

    Signals:
        new_requested: Make a project.
        open_requested: Open one by dialog.
        sample_requested: Make the sample project.
        find_requested: Find nuclei at once, in the image whose ``Path`` was dropped, or None.
        project_chosen: The ``Path`` of a project folder, chosen from the list or dropped.
        forget_requested: A ``Path`` to take off the list.
    """

    new_requested = Signal()
    open_requested = Signal()
    sample_requested = Signal()
    find_requested = Signal(object)
    project_chosen = Signal(object)
    forget_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self._logo = QLabel()
        self.rows: list[RecentRow] = []
        self.find_tile = _Tile("predict", "Find nuclei now", "In any image, without training. Or drop one here.")
        self.new_tile = _Tile("new", "New project", "For your own images.", primary=True)
        self.open_tile = _Tile("open", "Open project", "A folder that ends in .vwproj.")
        self.sample_tile = _Tile("sample", "Sample project", _SAMPLE_WORDS)
        self._arrange()
        self.find_tile.clicked.connect(lambda: self.find_requested.emit(None))
        self.new_tile.clicked.connect(self.new_requested)
        self.open_tile.clicked.connect(self.open_requested)
        self.sample_tile.clicked.connect(self.sample_requested)
        self._logo.setPixmap(QIcon(str(resource("icons", "voxelwright.png"))).pixmap(QSize(64, 64)))  # px, by eye

    def show_recent(self, folders: Sequence[Path]) -> None:
        """List the projects used last, newest first."""
        for row in self.rows:
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = [RecentRow(folder) for folder in folders]
        for place, row in enumerate(self.rows):
            row.chosen.connect(self.project_chosen)
            row.forgotten.connect(self.forget_requested)
            self._list.insertWidget(place, row)
        self._empty.setVisible(not self.rows)

    def show_sample_busy(self, busy: bool) -> None:
        """Say on its tile that the sample project is being made."""
        self.sample_tile.setEnabled(not busy)
        self.sample_tile.say("Being made; this takes a few seconds…" if busy else _SAMPLE_WORDS)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if local_paths(event.mimeData()):  # a web address is for the window
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        dropped = local_paths(event.mimeData())
        projects = [path for path in dropped if path.name.endswith(PROJECT_SUFFIX)]
        if projects:
            self.project_chosen.emit(projects[0])
        else:
            self.find_requested.emit(dropped[0])

    def _arrange(self) -> None:
        title = QLabel("Voxelwright")
        title.setStyleSheet("font-size: 30px; font-weight: 700;")
        motto = QLabel("Segment microscopy images: label a little, train a model, run it on everything.")
        motto.setWordWrap(True)
        set_role(motto, "muted")
        words = QVBoxLayout()
        words.setSpacing(TIGHT)
        words.addWidget(title)
        words.addWidget(motto)
        head = QHBoxLayout()
        head.setSpacing(LARGE)
        head.addWidget(self._logo)
        head.addLayout(words, 1)
        tiles = QHBoxLayout()
        tiles.setSpacing(MEDIUM)
        for tile in (self.new_tile, self.open_tile, self.find_tile, self.sample_tile):
            tiles.addWidget(tile, 1)
        inside = QWidget()
        inside.setMaximumWidth(_WIDTH)
        column = QVBoxLayout(inside)
        column.setContentsMargins(LARGE, HUGE, LARGE, HUGE)
        column.setSpacing(LARGE)
        column.addStretch(1)
        column.addLayout(head)
        column.addSpacing(SMALL)
        column.addLayout(tiles)
        column.addSpacing(SMALL)
        column.addWidget(self._recent_card(), 4)
        column.addStretch(2)
        middle = QWidget()
        middle.setProperty("role", "plain")
        across = QHBoxLayout(middle)
        across.addStretch(1)
        across.addWidget(inside, 100)  # all of a narrow window, so that titles of tiles fit
        across.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(middle)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)

    def _recent_card(self) -> QWidget:
        heading = QLabel("Recent projects")
        set_role(heading, "heading")
        self._empty = EmptyState("recent", "Nothing here yet", "Projects that you open are listed here.")
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        self._list.setContentsMargins(TIGHT, TIGHT, TIGHT, TIGHT)
        self._list.addWidget(self._empty)
        self._list.addStretch(1)
        inside = QWidget()
        inside.setProperty("role", "plain")
        inside.setLayout(self._list)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(inside)
        card = QFrame()
        set_role(card, "card")
        card.setMinimumHeight(140)  # px, by eye
        around = QVBoxLayout(card)
        around.setContentsMargins(1, 1, 1, 1)
        around.addWidget(area)
        frame = QWidget()
        column = QVBoxLayout(frame)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        column.addWidget(heading)
        column.addWidget(card, 1)
        return frame


class _Tile(QToolButton):
    """A large button with an icon, a title and a sentence."""

    def __init__(self, name: str, title: str, text: str, *, primary: bool = False) -> None:
        super().__init__()
        set_role(self, "card")
        self.setProperty("tile", "primary" if primary else "plain")
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        self.setMinimumHeight(112)  # px, by eye
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._name = name
        self._picture = QLabel()
        heading = QLabel(title)
        advice = self._advice = QLabel(text)
        advice.setWordWrap(True)
        set_role(heading, "heading")
        set_role(advice, "muted")
        for label in (self._picture, heading, advice):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        column = QVBoxLayout(self)
        column.setContentsMargins(LARGE, MEDIUM, LARGE, MEDIUM)
        column.setSpacing(TIGHT)
        column.addWidget(self._picture)
        column.addWidget(heading)
        column.addWidget(advice)
        column.addStretch(1)
        theme().changed.connect(self._draw)
        self._draw()

    def say(self, text: str) -> None:
        """Show another sentence."""
        self._advice.setText(text)
        self.setAccessibleDescription(text)

    def sizeHint(self) -> QSize:
        return QSize(150, 112)  # four of them fit beside each other where the window is narrow

    def _draw(self) -> None:
        self._picture.setPixmap(icon(self._name, "accent").pixmap(QSize(_TILE_ICON, _TILE_ICON)))
