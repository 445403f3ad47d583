"""Asks where the assistant is that proposes objects from clicks."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QDialogButtonBox, QLabel, QLineEdit, QWidget

from desktop_app.core.config.assistants import AssistantChoice
from desktop_app.gui.theme import set_role
from desktop_app.gui.widgets.fitted_dialog import FittedDialog
from desktop_app.gui.widgets.path_chooser import PathChooser

_WIDTH = 560  # px: a path of usual length
_FILES = {"encoder", "decoder"}


class AssistantDialog(FittedDialog):
    """A field for each thing that must be known, with its advice.

    Args:
        names: Fields of ``AssistantChoice``.
        choice: What is known.
        parent: The window.

    Attributes:
        fields: The editors by name.
    """

    def __init__(self, names: Sequence[str], choice: AssistantChoice, parent: QWidget | None = None) -> None:
        super().__init__(_WIDTH, parent)
        self.setWindowTitle("What proposes objects from clicks")
        self.fields: dict[str, PathChooser | QLineEdit] = {}
        for name in names:
            declared = AssistantChoice.model_fields[name]
            title, advice = QLabel(declared.title), QLabel(declared.description)
            set_role(title, "heading")
            set_role(advice, "muted")
            advice.setWordWrap(True)
            field = self._field(name, str(getattr(choice, name)), declared.title or name)
            self.fields[name] = field
            for widget in (title, field, advice):
                self.column.addWidget(widget)
        self.column.addStretch(1)
        buttons = QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        self.buttons = QDialogButtonBox(buttons)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.footer.addWidget(self.buttons)
        self._check()

    def said(self) -> dict[str, str]:
        """What was entered, by the names of the fields."""
        return {name: _text(field) for name, field in self.fields.items()}

    def _field(self, name: str, value: str, title: str) -> PathChooser | QLineEdit:
        if name in _FILES:
            chooser = PathChooser("file", f"Choose the {title.lower()}", filter="ONNX models (*.onnx);;All files (*)")
            chooser.set_path(value)
            chooser.line.setAccessibleName(title)
            chooser.path_changed.connect(lambda _path: self._check())
            return chooser
        line = QLineEdit(value)
        line.setAccessibleName(title)
        line.textChanged.connect(lambda _text: self._check())
        return line

    def _check(self) -> None:
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(all(self.said().values()))


def _text(field: PathChooser | QLineEdit) -> str:
    if isinstance(field, PathChooser):
        path = field.path()
        return "" if path is None else str(path)
    return field.text().strip()
