"""One project of the recent list."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.theme.spacing import MEDIUM, SMALL


class RecentRow(QFrame):
    """Name, place and date; greyed where the folder is gone.

    Signals:
        chosen: The ``Path``.
        forgotten: The ``Path``, to be taken off the list.
    """

    chosen = Signal(object)
    forgotten = Signal(object)

    def __init__(self, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.folder = folder
        self.exists = (folder / "project.json").exists()
        self.setProperty("role", "row" if self.exists else "gone")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if self.exists else Qt.FocusPolicy.NoFocus)
        self.setToolTip(str(folder))
        self.setAccessibleName(f"Open {folder.stem}")
        picture = QLabel()
        picture.setPixmap(icon("project", "accent" if self.exists else "disabled").pixmap(22, 22))  # px, by eye
        name = QLabel(folder.stem)
        font = name.font()
        font.setWeight(font.Weight.DemiBold)
        name.setFont(font)
        name.setEnabled(self.exists)
        place = QLabel(str(folder.parent) if self.exists else f"{folder.parent} · not there any more")
        set_role(place, "muted")
        when = QLabel(_when(folder) if self.exists else "")
        set_role(when, "muted")
        forget = QToolButton()
        forget.setIcon(icon("close", "muted"))
        forget.setToolTip("Take off this list; the files stay.")
        forget.clicked.connect(self._on_forget)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(name)
        words.addWidget(place)
        row = QHBoxLayout(self)
        row.setContentsMargins(MEDIUM, SMALL, SMALL, SMALL)
        row.setSpacing(MEDIUM)
        row.addWidget(picture)
        row.addLayout(words, 1)
        row.addWidget(when)
        row.addWidget(forget)
        if self.exists:
            self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.exists and event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.pos()):
            self.chosen.emit(self.folder)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.exists and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit(self.folder)
        else:
            super().keyPressEvent(event)

    def _on_forget(self) -> None:
        self.forgotten.emit(self.folder)


def _when(folder: Path) -> str:
    try:
        changed = datetime.fromtimestamp((folder / "project.json").stat().st_mtime)
    except OSError:
        return ""
    days = (datetime.now().date() - changed.date()).days
    if days == 0:
        return f"today, {changed:%H:%M}"
    if days == 1:
        return "yesterday"
    return f"{changed.day} {changed:%B %Y}" if days > 6 else f"{days} days ago"  # a week
