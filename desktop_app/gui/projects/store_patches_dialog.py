"""Asks where labelled patches are stored as a data set, and in which folders."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QComboBox, QDialogButtonBox, QFormLayout, QLabel, QWidget

from desktop_app.core.config.patches import LAYOUT_TITLES
from desktop_app.gui.theme.spacing import SMALL, level_titles
from desktop_app.gui.widgets.fitted_dialog import FittedDialog
from desktop_app.gui.widgets.path_chooser import PathChooser
from desktop_app.jobs.patches.store import StoreConfig

_WIDTH = 560  # px, by eye


class StorePatchesDialog(FittedDialog):
    """A folder, and how images and labels lie in it where it is new.

    Args:
        folder: The set of patches.
        parent: The window.
    """

    def __init__(self, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(_WIDTH, parent)
        self._folder = folder
        self.setWindowTitle("Store patches as a data set")
        self.out = PathChooser("folder", "Folder of the data set", placeholder="A new folder, or a data set to add to")
        self.out.line.setAccessibleName("Write to")
        self.layouts, self.words = QComboBox(), QLabel()
        self.layouts.setAccessibleName("Folders")
        for name, title in LAYOUT_TITLES.items():
            self.layouts.addItem(title, name)
        self.words.setWordWrap(True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = self.buttons.addButton("Store", QDialogButtonBox.ButtonRole.AcceptRole)
        rows = QFormLayout()
        rows.setSpacing(SMALL)
        rows.addRow("Write to", self.out)
        rows.addRow("Folders", self.layouts)
        level_titles(rows)
        self.column.addLayout(rows)
        self.column.addWidget(self.words)
        self.column.addStretch(1)
        self.footer.addWidget(self.buttons)
        self.out.path_changed.connect(lambda _path: self._show_ready())
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._show_ready()

    def config(self) -> StoreConfig:
        """What was asked for."""
        return StoreConfig(self._folder, self.out.path() or Path(), self.layouts.currentData(), self._adds())

    def _adds(self) -> bool:
        path = self.out.path()
        return path is not None and path.is_dir() and any(path.iterdir())

    def _show_ready(self) -> None:
        adds = self._adds()
        self.layouts.setEnabled(not adds)
        self.go.setEnabled(self.out.path() is not None)
        text = "Writes the patches that are done with their labels; of a flipbook the labelled slice alone."
        there = " They are added to the data set that is there, in its layout; none of its files is changed."
        self.words.setText(text + there if adds else text)
