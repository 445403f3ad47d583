"""A field for a file or folder, with a button that opens the dialog; also takes drops."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QWidget

from desktop_app.gui.theme import icon
from desktop_app.gui.theme.spacing import SMALL
from desktop_app.gui.widgets.dropped import local_paths


class PathChooser(QWidget):
    """Lets the user type, choose or drop a path.

    Args:
        mode: ``file`` or ``folder`` that exists, or ``save`` for a file to be written.
        caption: Title of the dialog.
        filter: Kinds of files, as ``Images (*.tif *.png)``.
        placeholder: Grey text while empty.

    Signals:
        path_changed: The new ``Path``, or None while empty.
    """

    path_changed = Signal(object)

    def __init__(
        self,
        mode: Literal["file", "folder", "save"] = "file",
        caption: str = "Choose",
        *,
        filter: str = "",
        placeholder: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._mode, self._caption, self._filter = mode, caption, filter
        self.line = QLineEdit()
        self.line.setPlaceholderText(placeholder)
        self.line.setClearButtonEnabled(True)
        self.line.setAcceptDrops(False)
        self.button = QPushButton("Browse…")
        self.button.setIcon(icon("folder" if mode == "folder" else "file"))
        self.button.setAutoDefault(False)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        row.addWidget(self.line, 1)
        row.addWidget(self.button)
        self.setAcceptDrops(True)
        self.setFocusProxy(self.line)
        self.line.textChanged.connect(self._on_text)
        self.button.clicked.connect(self._choose)

    def path(self) -> Path | None:
        """The path, None while the field is empty."""
        text = self.line.text().strip().strip('"')
        return Path(text).expanduser() if text else None

    def set_path(self, path: Path | str | None) -> None:
        """Show a path."""
        self.line.setText(str(path) if path else "")

    def _on_text(self) -> None:
        self.path_changed.emit(self.path())

    def _choose(self) -> None:
        start = str(self.path() or Path.home())
        if self._mode == "folder":
            chosen = QFileDialog.getExistingDirectory(self, self._caption, start)
        elif self._mode == "file":
            chosen = QFileDialog.getOpenFileName(self, self._caption, start, self._filter)[0]
        else:
            chosen = QFileDialog.getSaveFileName(self, self._caption, start, self._filter)[0]
        if chosen:
            self.set_path(chosen)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        local = local_paths(event.mimeData())
        if local:
            path = local[0].parent if self._mode == "folder" and local[0].is_file() else local[0]
            self.set_path(path)
            event.acceptProposedAction()
