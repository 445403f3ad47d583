"""Where is it now?"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QDialogButtonBox, QLabel, QWidget

from desktop_app.core.project import Item
from desktop_app.gui.theme import set_role
from desktop_app.gui.widgets.banner import Banner
from desktop_app.gui.widgets.fitted_dialog import FittedDialog
from desktop_app.gui.widgets.path_chooser import PathChooser
from desktop_app.io.projects import OpenProject


class MissingDialog(FittedDialog):
    """Says which file is gone and asks for its new place."""

    def __init__(self, opened: OpenProject, item: Item, parent: QWidget | None = None) -> None:
        super().__init__(580, parent)  # px wide, by eye
        self.setWindowTitle("Where is it now?")
        was = opened.image_path(item)
        others = len(opened.missing_items()) - 1
        title = QLabel(f"“{item.name}” is not where it was")
        title.setWordWrap(True)
        set_role(title, "heading")
        text = QLabel("It was here:")
        place = QLabel(str(was))
        place.setWordWrap(True)
        set_role(place, "mono")
        self.chooser = PathChooser("file", f"Where is {was.name} now?", placeholder="Choose or drop the file")
        near = next((p for p in was.parents if p.is_dir()), Path.home())
        self.chooser.line.setToolTip(f"The nearest folder that is still there is {near}.")
        hint = QLabel()
        hint.setWordWrap(True)
        set_role(hint, "muted")
        if others > 0:
            count = "One more image is" if others == 1 else f"{others} more images are"
            hint.setText(f"{count} missing, too. Those that moved along are found automatically.")
        self._problem = Banner()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._agree = buttons.addButton("It is here", QDialogButtonBox.ButtonRole.AcceptRole)
        self._agree.setDefault(True)
        for widget in (title, text, place, self.chooser, hint, self._problem):
            self.column.addWidget(widget)
        self.column.addStretch(1)
        self.footer.addWidget(buttons)
        hint.setVisible(others > 0)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.chooser.path_changed.connect(self._check)
        self._check()

    def path(self) -> Path | None:
        """The place given, None if there is nothing at it."""
        path = self.chooser.path()
        return path if path is not None and path.exists() else None

    def _check(self) -> None:
        given = self.chooser.path()
        self._agree.setEnabled(self.path() is not None)
        self._problem.show_text(
            "There is no such file." if given is not None and self.path() is None else "", "warning"
        )
