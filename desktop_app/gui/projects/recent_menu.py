"""The menu with the projects used last."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from desktop_app.gui.projects.commands import ProjectCommands
from desktop_app.gui.theme import icon


class RecentMenu(QMenu):
    """Filled anew each time it opens; projects that are gone are left out."""

    def __init__(self, commands: ProjectCommands, parent: QWidget | None = None) -> None:
        super().__init__("Recent projects", parent)
        self.setIcon(icon("recent"))
        self.setToolTipsVisible(True)
        self._commands = commands
        self.aboutToShow.connect(self.fill)
        self.triggered.connect(self._on_triggered)

    def fill(self) -> None:
        """List the projects, newest first."""
        self.clear()
        for folder in self._commands.recent():
            if (folder / "project.json").exists():
                action = self.addAction(icon("project"), folder.stem)
                action.setToolTip(str(folder))
                action.setData(str(folder))
        if self.isEmpty():
            self.addAction("No project yet").setEnabled(False)

    def _on_triggered(self, action: QAction) -> None:
        self._commands.open_folder(Path(action.data()))
